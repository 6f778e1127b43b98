"""The dates of a call, moved together to another year: pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from portal import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Every date of a call, in the order in which it comes.
HOURS = ("opens_at", "questions_until", "closes_at", "accepts_until")
DAYS = ("shortlist_on", "review_due_on", "next_news_on", "results_on")
DATES = (*HOURS, *DAYS)

#: How much of a text stands on each side of what was found in it.
AROUND = 50
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
#: Days, years' ordinals and editions, as people write them.
OF_ONE_YEAR = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})\b|\b(?:{_MONTHS})\s+\d{{1,2}}\b"
    r"|\b\d{1,2}(?:st|nd|rd|th)\b|\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
    r"|tenth)\s+(?:edition|call|challenge|batch|round|time)\b|\b(?:batch|edition)\s+\d+\b"
    r"|\d{4}年|\d{1,2}月\d{1,2}日|第\d+[回期]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mention:
    """A place in a text that speaks of one year: what was found, with the words around it."""

    where: str
    before: str
    found: str
    after: str


def weeks_between(before: date, after: date) -> int:
    """By how many whole weeks to move, so that each date keeps its day of the week."""
    return round((after - before).days / 7)


def moved(value: Any, zone: str, weeks: int) -> Any:
    """The same hour of the same day of the week, so many weeks later, on the wall there.

    An hour that the clocks skip or repeat on that day becomes the next one that comes once.
    """
    if value is None:
        return None
    step = timedelta(weeks=weeks)
    if not isinstance(value, datetime):
        return value + step
    wall = value.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + step
    for minutes in range(0, 24 * 60, 15):
        try:
            return clock.instant_in(zone, wall + timedelta(minutes=minutes))
        except ValueError:
            continue
    raise ValueError(f"no hour of {wall:%Y-%m-%d} comes once in {zone}")


def day_of(value: Any, zone: str) -> date | None:
    """The day on which it falls there."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).date()
    day: date = value
    return day


def mentions(texts: Iterable[tuple[str, str]], years: Iterable[int]) -> list[Mention]:
    """Every year, day and edition in texts that were written for one year.

    ``texts`` are pairs of a place in words and a text; ``years`` those of the call that was copied.
    """
    words = "|".join(str(year) for year in sorted(set(years)))
    ofyears = re.compile(rf"(?<!\d)(?:{words})(?!\d)") if words else None
    return [mention for where, text in texts for mention in _mentions_in(where, text, ofyears)]


def _mentions_in(where: str, text: str, years: re.Pattern[str] | None) -> Iterator[Mention]:
    spans = {match.span() for match in OF_ONE_YEAR.finditer(text)}
    if years is not None:
        spans |= {match.span() for match in years.finditer(text)}
    last = -1
    for begin, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if begin < last:
            continue  # inside what was found already
        last = end
        yield Mention(
            where, text[max(begin - AROUND, 0) : begin], text[begin:end], text[end : end + AROUND]
        )


def texts_in(translations: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The words of translations, with their language."""
    for language, words in translations.items():
        for value in words.values():
            if isinstance(value, list):
                yield language, " / ".join(str(one) for one in value)
            else:
                yield language, str(value)
