"""Hours in which nobody wants a letter that can wait: it comes before them or after.

Pure: what is asked is the instant, the reader's zone and the deadline. The hours are settings, so
that an installation may move them or, with the same hour twice, do without.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings

if TYPE_CHECKING:
    from datetime import date, time, tzinfo

#: What goes before the hours begin goes so much earlier, so that ten thousand letters have left.
AHEAD = timedelta(minutes=15)
#: A letter that is held must leave its reader so long before the deadline.
ENOUGH = timedelta(minutes=30)
DAY = timedelta(days=1)


def _zone(zone: str | tzinfo) -> tzinfo:
    return ZoneInfo(zone) if isinstance(zone, str) else zone


def _instant(day: date, wall: time, zone: tzinfo) -> datetime:
    """When a clock on the wall there shows that; an hour that is skipped becomes the one after."""
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def night_of(at: datetime, zone: str | tzinfo) -> tuple[datetime, datetime] | None:
    """Beginning and end of the quiet hours there in which an instant lies, or just before which."""
    begin, end = settings.QUIET_FROM, settings.QUIET_UNTIL
    if begin == end:
        return None
    there = _zone(zone)
    today = at.astimezone(there).date()
    # Through midnight, and where the clocks change by a day (they did), also of the day before.
    for day in (today - DAY, today, today + DAY):
        begins = _instant(day, begin, there)
        ends = _instant(day if begin < end else day + DAY, end, there)
        if begins - AHEAD <= at < ends:
            return begins, ends
    return None


def is_quiet(at: datetime, zone: str | tzinfo) -> bool:
    """Whether an instant lies in the quiet hours there."""
    night = night_of(at, zone)
    return night is not None and night[0] <= at < night[1]


def awake(
    at: datetime, zone: str | tzinfo, *, before: datetime | None = None, now: datetime | None = None
) -> datetime:
    """When a letter that is due at ``at`` goes to a reader in ``zone``.

    It is held to the end of the quiet hours; where that were past the deadline ``before``, or leave
    no time, it goes before they begin. Where even that is past by ``now``, it goes when it is due.
    """
    night = night_of(at, zone)
    if night is None:
        return at
    begins, ends = night
    if before is None or ends + ENOUGH <= before:
        return max(at, ends) if at >= begins else at
    # Whatever is due in the minutes before the hours comes along, so that the order is kept.
    early = begins - AHEAD
    return at if now is not None and early <= now else early


def next_digest(now: datetime, zone: str | tzinfo) -> datetime:
    """When the next letter of the day goes to a reader there."""
    there = _zone(zone)
    today = now.astimezone(there).date()
    days = (today + number * DAY for number in (-1, 0, 1, 2))
    return next(at for day in days if (at := _instant(day, settings.DIGEST_AT, there)) > now)
