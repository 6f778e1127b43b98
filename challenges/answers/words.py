"""How answers and facts read for people: words for codes, in the reader's language."""

from __future__ import annotations

import contextlib
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_countries import countries

from challenges.answers import money, numbers
from challenges.answers.canonical import chosen
from challenges.answers.problems import LINK
from challenges.choices import Maturity, QuestionKind as Kind
from portal import reading
from portal.choices import Goal
from startups.choices import FundingStage, ProductStage, SizeBand, StartupKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from django.utils.safestring import SafeString

#: Facts of a submitted copy that are kept as codes, with the words for them.
CODED = {
    "kind": StartupKind,
    "size_band": SizeBand,
    "product_stage": ProductStage,
    "funding_stage": FundingStage,
}


def facts_in_words(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a submitted copy as people read them: labels, countries and days for codes."""
    found = dict(facts)
    for name, choices in CODED.items():
        if name in found:
            found[name] = str(dict(choices.choices).get(found[name], found[name]))
    if found.get("country"):
        found["country"] = country(found["country"])
    if found.get("founded_on"):
        found["founded_on"] = day(found["founded_on"])
    return found


def country(code: str) -> str:
    """The name of a country, as the United Nations write it where ISO writes otherwise."""
    return str(countries.name(code) or code)


def day(value: str) -> str:
    """A date as people write it; what is none stays."""
    with contextlib.suppress(ValueError):
        return date_format(date.fromisoformat(value), "j M Y")
    return value


def goal(number: str) -> str:
    """A Sustainable Development Goal with its number."""
    if number not in {str(one.value) for one in Goal}:
        return number
    return _("%(number)s – %(name)s") % {"number": number, "name": Goal(int(number)).label}


def maturity(value: str, *, with_level: bool = False) -> str:
    """How far a solution is, in plain words; for those who judge it with the level beside it."""
    if value not in Maturity.values:
        return value
    stage = Maturity(value)
    return f"{stage.label} ({stage.level})" if with_level else str(stage.label)


def number(value: str) -> str:
    """A number with its thousands apart; what is none stays as typed."""
    kept = numbers.plain(value)
    return value if kept is None else numbers.grouped(kept)


_OF_KIND: dict[str, Callable[[str], str]] = {
    Kind.NUMBER: number,
    Kind.MONEY: money.in_words,
    Kind.DATE: day,
    Kind.COUNTRY: country,
    Kind.GOALS: lambda value: "\n".join(goal(one) for one in chosen(value)),
    Kind.MATURITY: maturity,
}


def in_words(
    kind: str,
    value: str,
    *,
    unit: str = "",
    options: Mapping[str, str] | None = None,
    with_level: bool = False,
) -> str:
    """A kept answer as people read it.

    ``options`` are the translations of what can be chosen; ``with_level`` is for staff and jury.
    """
    if not value.strip():
        return ""
    if kind == Kind.MATURITY:
        return maturity(value, with_level=with_level)
    if kind in {Kind.CHOICE, Kind.CHOICES}:
        return "\n".join((options or {}).get(one, one) for one in value.split("\n"))
    text = _OF_KIND[kind](value) if kind in _OF_KIND else value
    return f"{text} {unit}" if unit and kind == Kind.NUMBER else text


def label_of(question: Any) -> str:
    """The question in the reader's language."""
    return translated(question).label if question.translations else str(question.label)


def label_marked(question: Any) -> SafeString:
    """The question as HTML that says in which language it is."""
    words = translated(question)
    return reading.marked(words.label, words.language_of("label"))


def value_in_words(question: Any, value: str) -> str:
    """A draft's answer as its team reads it."""
    options = translated(question).options if question.translations else None
    return in_words(question.kind, value, unit=question.unit, options=options)


def value_marked(question: Any, value: str) -> SafeString:
    """One choice as HTML that says in which language it is."""
    words = value_in_words(question, value)
    is_chosen = question.kind in {Kind.CHOICE, Kind.CHOICES}
    return reading.marked(
        words, translated(question).language_of_option(value) if is_chosen else ""
    )


def copy_in_words(copy: Mapping[str, Any], *, with_level: bool = False) -> str:
    """An answer of a submitted copy as people read it; a file by its name."""
    if copy.get("document"):
        return str(copy["document"]["name"])
    return in_words(
        copy.get("kind", ""),
        copy.get("value") or "",
        unit=copy.get("unit") or "",
        with_level=with_level,
    )


def link_in(copy: Mapping[str, Any]) -> str:
    """The address that an answer is, if it can be opened without harm; else nothing."""
    if copy.get("kind") not in {Kind.LINK, Kind.VIDEO}:
        return ""
    value = str(copy.get("value") or "")
    return value if LINK.fullmatch(value) else ""


class Translated:
    """The words of a question for a reader; what nobody translated stays in the call's own."""

    def __init__(self, question: Any, wanted: Sequence[str]) -> None:
        found = question.translations or {}
        #: The call's own language; empty where the question was read without its call.
        self.base: str = getattr(question, "base_language", "")
        self.language = reading.best(found, self.base, wanted)
        words = self._words = found.get(self.language) or {}
        self.label = words.get("label") or question.label
        self.help = words.get("help") or question.help
        self.section = words.get("section") or question.section
        others = words.get("options") or []
        if len(others) != len(question.options):
            others = question.options
        #: For each option as it is kept, how it reads.
        self.options = {
            own: other or own for own, other in zip(question.options, others, strict=True)
        }

    def language_of(self, part: str) -> str:
        """The language of ``label``, ``help`` or ``section``."""
        return self.language if self._words.get(part) else self.base

    def language_of_option(self, own: str) -> str:
        """The language in which an option reads."""
        # What reads as it is kept may be a translation that is alike: its own language is right.
        return self.language if self.options.get(own, own) != own else self.base


def translated(question: Any, language: str | None = None) -> Translated:
    """The words of a question for the reader; a preview names the language on the question."""
    named = language or getattr(question, "language", None)
    return Translated(question, (named,) if named else reading.order())


def languages_of(call: Any, rows: Iterable[Any]) -> list[str]:
    """The languages in which a call's questions or rules can be read, its own first."""
    said = list(rows)
    others = dict.fromkeys(code.lower() for code in call.languages[1:])
    return [
        call.base_language,
        *(code for code in others if any(_has_words(row.translations, code) for row in said)),
    ]


def _has_words(translations: Mapping[str, Any] | None, code: str) -> bool:
    words = (translations or {}).get(code) or {}
    return any(any(one) if isinstance(one, list) else one for one in words.values())
