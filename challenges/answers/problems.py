"""What is wrong with an answer as it stands: a name for each rule, and its sentence.

Everything typed is kept, right or wrong; these functions say what stands between it and submitting.
The names and the order of the rules are the same in static/portal/rules.js, which gets the
sentences from here; tests/browser/test_rules.py compares the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django_countries import countries

from challenges.answers import money, numbers
from challenges.answers.canonical import chosen, options_of
from challenges.answers.text import SPACE, length_of, limit_of, most_kept
from challenges.choices import LimitUnit, QuestionKind as Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_stubs_ext import StrOrPromise

#: The longest address that browsers and programs agree on.
LONGEST_LINK = 2_000
#: A scheme, a name with at least one point, perhaps a port, and whatever follows. No name or
#: password before the host: an address with one shows another place than it leads to.
_HOST = rf"[^{SPACE}/?#@:\[\]<>\"'\\.]+(?:\.[^{SPACE}/?#@:\[\]<>\"'\\.]+)+"
LINK = re.compile(rf"([hH][tT][tT][pP][sS]?)://{_HOST}(?::[0-9]{{1,5}})?(?:[/?#][^{SPACE}<>\"]*)?")
#: The first year that a date may have.
FIRST_YEAR = 1000

#: The sentence of each rule; a page hands them to its script.
SENTENCES: dict[str, StrOrPromise] = {
    "missing": gettext_lazy("Not answered yet."),
    "no_file": gettext_lazy("Add the file."),
    "lines": gettext_lazy("Write it on one line."),
    "option": gettext_lazy("Choose one of the options."),
    "options": gettext_lazy("Choose among the options. No longer one of them: %(given)s."),
    "most": gettext_lazy("Choose at most %(most)s. You chose %(count)s."),
    "number": gettext_lazy("Write a number, for example 12 or 12.5."),
    "separators": gettext_lazy(
        "Write the number with a point for decimals and without separators for thousands, for"
        " example 1234.5."
    ),
    "smallest": gettext_lazy("The smallest number here is %(number)s."),
    "largest": gettext_lazy("The largest number here is %(number)s."),
    "amount": gettext_lazy("Write the amount."),
    "currency": gettext_lazy("Choose the currency."),
    "currencies": gettext_lazy("Choose one of these currencies: %(currencies)s."),
    "decimals": gettext_lazy("%(currency)s has no more than %(most)s decimals."),
    "whole": gettext_lazy("%(currency)s has no decimals: write a whole number."),
    "day_parts": gettext_lazy("Fill in the day, the month and the year, in figures."),
    "year": gettext_lazy("Write the year with four figures."),
    "day": gettext_lazy("There is no such day. Look at the day and the month."),
    "country": gettext_lazy("Choose a country from the list."),
    "link": gettext_lazy("Write the whole address, for example https://example.org/page."),
    "video": gettext_lazy(
        "Write the whole address of the video; it begins with https://, for example"
        " https://example.org/video."
    ),
    "long_link": gettext_lazy("This address is too long: %(most)s characters at most."),
}


#: The sentences with a number; the page's counter says them in its own way.
COUNTED: dict[str, Callable[[int], str]] = {
    "characters": lambda over: ngettext(
        "%(over)s character over the limit of %(limit)s. All of your text is kept.",
        "%(over)s characters over the limit of %(limit)s. All of your text is kept.",
        over,
    ),
    "words": lambda over: ngettext(
        "%(over)s word over the limit of %(limit)s. All of your text is kept.",
        "%(over)s words over the limit of %(limit)s. All of your text is kept.",
        over,
    ),
}


@dataclass(frozen=True)
class Problem:
    """One rule that an answer does not meet."""

    rule: str
    facts: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.rule in COUNTED:
            return COUNTED[self.rule](int(self.facts["over"])) % self.facts
        return str(SENTENCES[self.rule]) % self.facts


def too_long_to_keep(question: Any, value: str) -> str | None:
    """The sentence for a text so long that it cannot be kept; ``None`` where it can."""
    most = most_kept(question)
    if len(value) <= most:
        return None
    return _(
        "This text has %(count)d characters, and more than %(most)d cannot be kept. It is not"
        " saved: make it shorter, or add it as a file where one is asked for."
    ) % {"count": len(value), "most": most}


def problem_in(question: Any, value: str, *, has_document: bool = False) -> Problem | None:
    """The first rule that the kept text of an answer does not meet."""
    if question.kind == Kind.FILE:
        return Problem("no_file") if question.required and not has_document else None
    if not value.strip():
        return Problem("missing") if question.required else None
    return _OF_KIND[question.kind](question, value)


def problem_with(question: Any, value: str, *, has_document: bool = False) -> str | None:
    """What is wrong with an answer as it stands, in a sentence; ``None`` where nothing is."""
    found = problem_in(question, value, has_document=has_document)
    return None if found is None else str(found)


def _of_text(question: Any, value: str) -> Problem | None:
    limit = limit_of(question)
    over = length_of(value, question.limit_unit) - limit
    if over > 0:
        rule = "words" if question.limit_unit == LimitUnit.WORDS else "characters"
        return Problem(rule, {"over": str(over), "limit": str(limit)})
    if question.kind == Kind.SHORT and "\n" in value:
        return Problem("lines")
    return None


def _of_choice(question: Any, value: str) -> Problem | None:
    return None if value in options_of(question) else Problem("option")


def _of_several(question: Any, value: str) -> Problem | None:
    options, given = options_of(question), chosen(value)
    if gone := [one for one in given if one not in options]:
        return Problem("options", {"given": ", ".join(gone)})
    if question.most and len(given) > question.most:
        return Problem("most", {"most": str(question.most), "count": str(len(given))})
    return None


def _not_a_number(value: str) -> Problem:
    return Problem("separators" if numbers.has_figures(value) else "number")


def _out_of_bounds(question: Any, number: Decimal) -> Problem | None:
    if question.minimum is not None and number < question.minimum:
        return Problem("smallest", {"number": numbers.bound(question.minimum)})
    if question.maximum is not None and number > question.maximum:
        return Problem("largest", {"number": numbers.bound(question.maximum)})
    return None


def _of_number(question: Any, value: str) -> Problem | None:
    number = numbers.as_number(value)
    return _not_a_number(value) if number is None else _out_of_bounds(question, number)


def _of_money(question: Any, value: str) -> Problem | None:
    currency, amount = money.split(value)
    if not amount.strip():
        return Problem("amount")
    number = money.number(currency, amount)
    if number is None:
        return _not_a_number(amount)
    return _of_currency(question, currency, number) or _out_of_bounds(question, Decimal(number))


def _of_currency(question: Any, currency: str, number: str) -> Problem | None:
    if currency not in money.taken(question):
        if not currency or not question.currencies:
            return Problem("currency")
        return Problem("currencies", {"currencies": ", ".join(question.currencies)})
    most = money.DECIMALS.get(currency, money.USUAL_DECIMALS)
    if len(number.partition(".")[2]) <= most:
        return None
    facts = {"currency": currency}
    return Problem("decimals", facts | {"most": str(most)}) if most else Problem("whole", facts)


_PARTS = re.compile(r"([0-9]+)-([0-9]{2})-([0-9]{2})")


def _of_date(_question: Any, value: str) -> Problem | None:
    found = _PARTS.fullmatch(value)
    if not found:
        return Problem("day_parts")
    year, month, day = found.groups()
    if len(year) != len(str(FIRST_YEAR)) or int(year) < FIRST_YEAR:
        return Problem("year")
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return Problem("day")
    return None


def _of_country(_question: Any, value: str) -> Problem | None:
    return None if value in countries else Problem("country")


def _of_link(question: Any, value: str) -> Problem | None:
    if len(value) > LONGEST_LINK:
        return Problem("long_link", {"most": str(LONGEST_LINK)})
    found = LINK.fullmatch(value)
    if question.kind == Kind.VIDEO:
        return None if found and found[1].lower() == "https" else Problem("video")
    return None if found else Problem("link")


_OF_KIND: dict[str, Callable[[Any, str], Problem | None]] = {
    Kind.SHORT: _of_text,
    Kind.LONG: _of_text,
    Kind.CHOICE: _of_choice,
    Kind.CHOICES: _of_several,
    Kind.NUMBER: _of_number,
    Kind.MONEY: _of_money,
    Kind.DATE: _of_date,
    Kind.COUNTRY: _of_country,
    Kind.GOALS: _of_several,
    Kind.MATURITY: _of_choice,
    Kind.LINK: _of_link,
    Kind.VIDEO: _of_link,
}
