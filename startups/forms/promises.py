"""What was promised, one line each, as people type it on a phone: what, whose, by when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from startups.choices import Side
from startups.models import ActionItem

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LINES = 20
#: In front of what the mentor has taken on.
MINE = re.compile(r"^\s*(?:me|mentor|i)\s*[:：]\s*", re.IGNORECASE)
THEIRS = re.compile(r"^\s*(?:they|you|startup)\s*[:：]\s*", re.IGNORECASE)
BULLET = re.compile(r"^\s*(?:[-–—*•·]|\d{1,2}[.)])\s+")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMED = "|".join(MONTHS)
#: A day at the line's end, with or without a word before it.
BEFORE_IT = r"(?:[\s,;(–-]+(?:by|until|till|due|on)\b\.?|[\s,;(–-])\s*"
ISO = re.compile(rf"{BEFORE_IT}(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})\s*[.)]?\s*$", re.IGNORECASE)
DAY_FIRST = re.compile(
    rf"{BEFORE_IT}(\d{{1,2}})\.?\s+({NAMED})[a-z]*\.?(?:,?\s+(\d{{4}}))?\s*[.)]?\s*$",
    re.IGNORECASE,
)
MONTH_FIRST = re.compile(
    rf"{BEFORE_IT}({NAMED})[a-z]*\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(\d{{4}}))?\s*[.)]?\s*$",
    re.IGNORECASE,
)
#: Further ahead than this is a slip of the finger.
YEARS_AHEAD = 2


@dataclass(frozen=True)
class Promise:
    """One line as it was understood."""

    what: str
    side: Side
    due_on: date | None


def promises_in(text: str, today: date) -> Iterator[Promise]:
    """Each line as a promise; a day without a year is the next such day.

    Raises:
        ValidationError: a day that does not exist, is over or too far, or too much text.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise forms.ValidationError(_("At most %(most)d lines.") % {"most": MOST_LINES})
    for line in lines:
        plain = BULLET.sub("", line)
        side = Side.MENTOR if MINE.match(plain) else Side.STARTUP
        plain = MINE.sub("", THEIRS.sub("", plain))
        what, due_on = _split(plain, today)
        longest = ActionItem._meta.get_field("what").max_length or 0
        if len(what) > longest:
            raise forms.ValidationError(
                _("One line has at most %(most)d characters: “%(line)s…”. Make two of it.")
                % {"most": longest, "line": what[:40]}
            )
        if what:
            yield Promise(what, side, due_on)


def _split(line: str, today: date) -> tuple[str, date | None]:
    if found := ISO.search(line):
        year, month, day = (int(part) for part in found.groups())
        return _what(line, found), _day(line, year, month, day, today)
    if found := DAY_FIRST.search(line):
        return _what(line, found), _named(line, found[1], found[2], found[3], today)
    if found := MONTH_FIRST.search(line):
        return _what(line, found), _named(line, found[2], found[1], found[3], today)
    return line, None


def _what(line: str, found: re.Match[str]) -> str:
    return line[: found.start()].strip(" ,;(–-")


def _named(line: str, day: str, month: str, year: str | None, today: date) -> date:
    number = MONTHS.index(month[:3].lower()) + 1
    if year:
        return _day(line, int(year), number, int(day), today)
    over = (number, int(day)) < (today.month, today.day)
    return _day(line, today.year + over, number, int(day), today)


def _day(line: str, year: int, month: int, day: int, today: date) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise forms.ValidationError(
            _("The day in “%(line)s” does not exist. Write it like 2026-12-01.") % {"line": line}
        ) from None
    if found < today or found.year > today.year + YEARS_AHEAD:
        raise forms.ValidationError(
            _("The day in “%(line)s” is over or too far away. Write a day that is to come.")
            % {"line": line}
        )
    return found


class PromisesField(forms.CharField):
    """A field of lines; its value is what was understood."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, **kwargs: object) -> None:
        super().__init__(
            label=gettext_lazy("Who does what by when"),
            required=False,
            max_length=6000,
            help_text=gettext_lazy(
                "One line each: “Call five hospitals by 2026-12-01”. "
                "“me:” before what you do yourself."
            ),
        )
