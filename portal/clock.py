"""Instants in words: one helper for page, letter, calendar and list, so that they never differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

if TYPE_CHECKING:
    from datetime import tzinfo

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def local(instant: datetime, zone: str | tzinfo) -> datetime:
    """The wall clock of a zone; an instant at the edge of the calendar stays in its own."""
    try:
        return instant.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
    except OverflowError:
        return instant


def database_now() -> datetime:
    """The database's clock at this statement: the only clock that decides anything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row: tuple[datetime] = cursor.fetchone()
    return row[0]


def place_of(zone: str) -> str:
    """The place a zone is named after: Asia/Tokyo → Tokyo."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def label_of(instant: datetime, zone: str) -> str:
    """The zone's usual abbreviation at that instant, or UTC+9 where it has none."""
    there = local(instant, zone)
    label = there.tzname() or ""
    return offset_of(there) if label[:1] in "+-" else label


def offset_of(there: datetime) -> str:
    """How far a local time is from UTC: UTC+2, UTC−3, UTC+5:45."""
    offset = there.utcoffset() or timedelta()
    hours, rest = divmod(abs(int(offset.total_seconds())), HOUR)
    sign = "+" if offset >= timedelta() else "−"
    return f"UTC{sign}{hours}" + (f":{rest // MINUTE:02}" if rest else "")


def day_and_hour(instant: datetime, zone: str | tzinfo, *, seconds: bool = False) -> str:
    """Thu 12 Nov 2026, 23:59, without the zone's name; with seconds where they are proof."""
    return date_format(local(instant, zone), "D j M Y, H:i:s" if seconds else "D j M Y, H:i")


def in_words(instant: datetime, zone: str, *, seconds: bool = False) -> str:
    """Thu 12 Nov 2026, 23:59 JST."""
    return f"{day_and_hour(instant, zone, seconds=seconds)} {label_of(instant, zone)}"


def for_reader(instant: datetime, zone: str, reader_zone: str, *, seconds: bool = False) -> str:
    """15:59 your time, Stockholm; with the day where it is another; empty where both agree.

    A reader whose zone is not known reads UTC.
    """
    theirs, ours = local(instant, reader_zone), local(instant, zone)
    if theirs.utcoffset() == ours.utcoffset():
        return ""
    shown = "H:i:s" if seconds else "H:i"
    hour = date_format(theirs, shown if theirs.date() == ours.date() else f"D j M, {shown}")
    if reader_zone == "UTC":  # nobody said where they live: do not call it theirs
        return _("%(hour)s UTC") % {"hour": hour}
    return _("%(hour)s your time, %(place)s") % {"hour": hour, "place": place_of(reader_zone)}


def in_both_zones(instant: datetime, zone: str, reader_zone: str, *, seconds: bool = False) -> str:
    """Thu 12 Nov 2026, 23:59 JST (15:59 your time, Stockholm)."""
    reader = for_reader(instant, zone, reader_zone, seconds=seconds)
    return in_words(instant, zone, seconds=seconds) + (f" ({reader})" if reader else "")


def time_left(seconds: int) -> str:
    """3 d 4 h left, 3 h 12 min left, 12 min left: two units, as people say it."""
    if seconds < MINUTE:
        return _("less than a minute left")
    if seconds < HOUR:
        minutes = seconds // MINUTE
        return ngettext("%d minute left", "%d minutes left", minutes) % minutes
    if seconds < 2 * DAY:
        return _("%(hours)d h %(minutes)02d min left") % {
            "hours": seconds // HOUR,
            "minutes": seconds % HOUR // MINUTE,
        }
    return _("%(days)d days %(hours)d h left") % {
        "days": seconds // DAY,
        "hours": seconds % DAY // HOUR,
    }


@dataclass(frozen=True)
class Deadline:
    """An instant with everything a reader must know of it."""

    instant: datetime
    zone_name: str
    zone_label: str
    text: str
    reader_text: str
    seconds_left: int
    left_text: str
    passed: bool
    after_text: str

    @classmethod
    def at(
        cls, instant: datetime, zone: str, *, now: datetime, reader_zone: str = "", after: str = ""
    ) -> Deadline:
        """Describe ``instant`` (aware) in its own zone and the reader's, seen from ``now``."""
        seconds = int((instant - now).total_seconds())
        return cls(
            instant=instant,
            zone_name=zone,
            zone_label=label_of(instant, zone),
            text=in_words(instant, zone),
            reader_text=for_reader(instant, zone, reader_zone) if reader_zone else "",
            seconds_left=max(seconds, 0),
            left_text=_("closed") if now >= instant else time_left(seconds),
            passed=now >= instant,
            after_text=after,
        )


def days_before(instant: datetime, zone: str, days: int) -> datetime:
    """The same hour on the wall of ``zone`` so many days earlier, also across a change of clocks.

    An hour that is skipped there becomes the one after it, one that comes twice the first.
    """
    there = local(instant, zone)
    wall = (there.replace(tzinfo=None) - timedelta(days=days)).replace(tzinfo=ZoneInfo(zone))
    return wall.astimezone(UTC)


def reader_zone() -> str:
    """The zone in which the present reader lives, as the middleware set it."""
    return timezone.get_current_timezone_name()


def readings_of(zone: str, wall: datetime) -> list[datetime]:
    """What a wall clock in ``zone`` may mean: one instant, or two where the clocks change.

    Of an hour that comes twice they are the first and the second; of one that is skipped it is
    what clocks show that have not been changed yet, or were changed too early.
    """
    naive = wall.replace(tzinfo=None)
    there = ZoneInfo(zone)
    instants = {naive.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return [instant.astimezone(there) for instant in sorted(instants)]


def reading_in_words(instant: datetime, wall: datetime) -> str:
    """01:30 CEST (UTC+2), with the day where it is another than on the wall that was typed."""
    shown = "H:i" if instant.date() == wall.date() else "D j M Y, H:i"
    name, offset = instant.tzname() or "", offset_of(instant)
    words = f"{date_format(instant, shown)} {offset if name[:1] in '+-' else name}"
    return words if name[:1] in "+-" else f"{words} ({offset})"


def instant_in(zone: str, wall: datetime) -> datetime:
    """The instant a wall clock in ``zone`` shows; refuses an hour that comes twice or never.

    Raises:
        ValueError: the clocks change then, so the hour is skipped or repeated; with the choices.
    """
    naive = wall.replace(tzinfo=None)
    if _is_unsure(zone, naive):
        before, after = _beside(zone, naive, -MINUTE), _beside(zone, naive, MINUTE)
        shown = "H:i" if before.date() == naive.date() == after.date() else "D j M, H:i"
        raise ValueError(
            _(
                "The clocks in %(place)s change at that hour. Choose %(before)s or earlier, or"
                " %(after)s or later."
            )
            % {
                "place": place_of(zone),
                "before": date_format(before, shown),
                "after": date_format(after, shown),
            }
        )
    return naive.replace(tzinfo=ZoneInfo(zone))


def _is_unsure(zone: str, naive: datetime) -> bool:
    """Whether that hour comes twice there, or never."""
    there = naive.replace(tzinfo=ZoneInfo(zone))
    return there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset()


def _beside(zone: str, naive: datetime, seconds: int) -> datetime:
    """The nearest minute before or after it that comes once."""
    found = naive.replace(second=0, microsecond=0)
    while _is_unsure(zone, found):
        found += timedelta(seconds=seconds)
    return found
