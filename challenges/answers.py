"""What is wrong with an answer, what is missing, how copies are laid out: pure functions.

Everything typed is kept, right or wrong; these functions say what stands between it and submitting.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext
from django_countries import countries

from challenges.choices import QuestionKind
from startups.choices import FundingStage, ProductStage, SizeBand, StartupKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

#: What is longer than so many times its limit is not kept at all, but never less than the floor.
TIMES_THE_LIMIT = 20
KEPT_AT_LEAST = 20_000

#: Figures alone, with one decimal separator if any: 1234, 1234.5, 0,125.
PLAIN = re.compile(r"(\d+)(?:[.,](\d+))?")
#: The same with thousands in groups of three; decimals are set off by another sign: 1,234.5.
GROUPED = re.compile(r"(\d{1,3}(?:([.,' ])\d{3})(?:\2\d{3})*)(?:(?!\2)[.,](\d+))?")
#: One sign with three figures behind it may be either: 12.500 is 12 and a half, or a thousand times
#: as much. A nought in front settles it, as in 0.125.
AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


@dataclass(frozen=True)
class Missing:
    """One thing that stands between a draft and its submission."""

    question: Any
    section: str
    label: str
    problem: str


def normal(value: str) -> str:
    """The text as we count and keep it: one character for a line's end, composed letters."""
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))


def mark_of(value: str) -> str:
    """A short mark of a text: the page sends back the one of what it showed."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def mark_shown(question: Any, value: str) -> str:
    """The mark of a text as a browser shows it in the question's field, and sends it back."""
    if question.kind == QuestionKind.CHOICE and value not in question.options:
        value = ""  # a choice that was taken away since cannot be shown
    if question.kind in {QuestionKind.SHORT, QuestionKind.NUMBER}:
        value = value.replace("\n", "")  # a field of one line drops their ends
    return mark_of(value)


def as_number(value: str) -> Decimal | None:
    """The number somebody typed if it can be read in one way only, else ``None``.

    Thousands may stand in groups (spaces, points, commas, apostrophes), decimals behind a point or
    a comma. What reads as one number in one country and as another in the next is none.
    """
    text = re.sub(r"[\s\u00a0\u202f]", " ", value.strip()).replace("’", "'")
    sign = "-" if text[:1] in {"-", "\u2212"} else ""
    text = text.lstrip("+-\u2212")
    if len(value.strip()) - len(text) > 1 or AMBIGUOUS.fullmatch(text):
        return None
    if plain := PLAIN.fullmatch(text):
        return Decimal(f"{sign}{plain[1]}.{plain[2] or 0}")
    if grouped := GROUPED.fullmatch(text):
        return Decimal(f"{sign}{grouped[1].replace(grouped[2], '')}.{grouped[3] or 0}")
    return None


def most_kept(question: Any) -> int:
    """How many characters of an answer we keep at most; far more than it may have in the end."""
    return max(KEPT_AT_LEAST, TIMES_THE_LIMIT * int(question.character_limit))


def too_long_to_keep(question: Any, value: str) -> str | None:
    """The sentence for a text so long that it cannot be kept; ``None`` where it can."""
    most = most_kept(question)
    if len(value) <= most:
        return None
    return _(
        "This text has %(count)d characters, and more than %(most)d cannot be kept. It is not"
        " saved: make it shorter, or add it as a file where one is asked for."
    ) % {"count": len(value), "most": most}


def problem_with(question: Any, value: str, *, has_document: bool = False) -> str | None:
    """What is wrong with an answer as it stands, in a sentence; ``None`` where nothing is."""
    if question.kind == QuestionKind.FILE:
        return _("Add the file.") if question.required and not has_document else None
    if not value.strip():
        return _("Not answered yet.") if question.required else None
    if question.kind == QuestionKind.CHOICE:
        return None if value in question.options else _("Choose one of the options.")
    if question.kind == QuestionKind.NUMBER:
        return _problem_with_number(question, value)
    return _problem_with_text(question, value)


def _problem_with_text(question: Any, value: str) -> str | None:
    surplus = len(value) - question.character_limit
    if surplus > 0:
        return ngettext(
            "%(count)d character over the limit of %(limit)d. All of your text is kept.",
            "%(count)d characters over the limit of %(limit)d. All of your text is kept.",
            surplus,
        ) % {"count": surplus, "limit": question.character_limit}
    if question.kind == QuestionKind.SHORT and "\n" in value:
        return _("Write it on one line.")
    return None


def _problem_with_number(question: Any, value: str) -> str | None:
    number = as_number(value)
    if number is None and not any(character.isdigit() for character in value):
        return _("Write a number, for example 12 or 12.5.")
    if number is None:
        return _(
            "Write the number with a point for decimals and without separators for thousands, for"
            " example 1234.5."
        )
    if question.minimum is not None and number < question.minimum:
        return _("The smallest number here is %(number)s.") % {"number": bound(question.minimum)}
    if question.maximum is not None and number > question.maximum:
        return _("The largest number here is %(number)s.") % {"number": bound(question.maximum)}
    return None


def bound(number: Decimal | float) -> str:
    """A bound as people write it, without the noughts that the column adds."""
    return f"{Decimal(str(number)).normalize():f}"


def missing_from(questions: Iterable[Any], answers: Mapping[UUID, Any]) -> list[Missing]:
    """Every question whose answer stands in the way of submitting, in the order of the form."""
    found = []
    for question in questions:
        answer = answers.get(question.pk)
        problem = problem_with(
            question,
            answer.value if answer else "",
            has_document=bool(answer and answer.holds_file),
        )
        if problem:
            found.append(Missing(question, question.section, question.label, problem))
    return found


def progress(questions: Iterable[Any], answers: Mapping[UUID, Any]) -> tuple[int, int]:
    """How many are answered, of those that are required or answered.

    An optional question that nobody answered is neither done nor missing; where a section has no
    others, nothing of it is done.
    """
    asked = list(questions)
    lacking = {missing.question.pk for missing in missing_from(asked, answers)}
    given = {pk for pk, answer in answers.items() if answer.is_given}
    counted = [question for question in asked if question.required or question.pk in given]
    done = sum(question.pk in given and question.pk not in lacking for question in counted)
    return done, len(counted) or len(asked)


def completeness(questions: Iterable[Any], answers: Mapping[UUID, Any]) -> int:
    """How much of what is required stands, in per cent; 100 where nothing is in the way."""
    required = [question for question in questions if question.required]
    if not required:
        return 100
    lacking = {missing.question.pk for missing in missing_from(required, answers)}
    return round(100 * (len(required) - len(lacking)) / len(required))


def by_section(copies: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Answers under the heads of their sections."""
    found: dict[str, list[dict[str, Any]]] = {}
    for copy in copies:
        found.setdefault(copy["section"], []).append(copy)
    return list(found.items())


def documents_in(copies: Iterable[dict[str, Any]]) -> set[str]:
    """The keys of the files that were handed in with these answers."""
    return {copy["document"]["id"] for copy in copies if copy.get("document")}


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
        found["country"] = countries.name(found["country"]) or found["country"]
    if found.get("founded_on"):
        found["founded_on"] = date_format(date.fromisoformat(found["founded_on"]), "j M Y")
    return found
