"""Calendar entries as calendar programs read them: iCalendar (RFC 5545) with whole time zones.

Everything is published (METHOD:PUBLISH), never asked (REQUEST): a REQUEST makes the reader's
program send an answer to the organiser, and nobody here reads such answers; who comes is known from
registrations, places and sessions. A newer entry replaces the older one by its UID and the higher
SEQUENCE, and a cancelled one says STATUS:CANCELLED.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from icalendar import (
    Calendar,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vText,
    vUri,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.registry import CalendarEntry

CONTENT_TYPE = "text/calendar; charset=utf-8"
METHOD = "PUBLISH"
#: How often a calendar program may ask again; more often it learns nothing.
REFRESH = "PT1H"

_STEP = timedelta(hours=6)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")


def as_ics(
    entries: Iterable[CalendarEntry], *, name: str = "", method: str = METHOD, refresh: str = ""
) -> str:
    """The entries as one calendar, with each zone they are spoken of in."""
    known = list(entries)
    calendar = Calendar()
    calendar.add("prodid", f"-//{_host()}//{_one_line(settings.SITE_NAME)}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if method:
        calendar.add("method", method)
    if name:
        calendar.calendar_name = _one_line(name)
    if refresh:
        calendar.add("refresh-interval", vText(refresh), parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", vText(refresh))
    for zone in _zones(known):
        calendar.add_component(zone)
    for entry in known:
        calendar.add_component(_event(entry))
    return str(calendar.to_ical(), "utf-8")


def ics_response(entries: Iterable[CalendarEntry], filename: str) -> HttpResponse:
    """The entries as a file that the reader's calendar program opens."""
    answer = HttpResponse(as_ics(entries), content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer


def etag_of(text: str) -> str:
    """What tells one state of a calendar from the next."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", str(text)).split())


def _lines(text: str) -> str:
    return _CONTROL.sub(" ", str(text).replace("\r\n", "\n").replace("\r", "\n")).strip()


def _event(entry: CalendarEntry) -> Event:
    """One entry; without an end it stands at an instant and blocks no time."""
    zone = ZoneInfo(entry.zone)
    event = Event()
    summary = _one_line(entry.summary)
    event.add("uid", f"{entry.uid}@{_host()}")
    event.add("sequence", entry.sequence)
    # Not the hour of writing: the same entry is the same text each time it is read.
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("dtstart", _to_the_second(entry.starts_at).astimezone(zone))
    if entry.ends_at is not None:
        event.add("dtend", _to_the_second(entry.ends_at).astimezone(zone))
    event.add(
        "summary",
        _("Cancelled: %(what)s") % {"what": summary} if entry.cancelled else summary,
    )
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.cancelled or not entry.ends_at else "OPAQUE")
    event.add("organizer", _organizer())
    if entry.location:
        event.add("location", _one_line(entry.location))
    address = f"{settings.SITE_URL}{entry.path}" if entry.path else ""
    # Several programs do not show the URL; in the description everybody finds it.
    said = "\n\n".join(part for part in (_lines(entry.description), address) if part)
    if said:
        event.add("description", said)
    if address:
        event.add("url", vUri(address))
    return event


def _organizer() -> vCalAddress:
    """Who publishes (RFC 5546 asks for one): the portal, at the address its letters come from."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    organizer = vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = _one_line(settings.SITE_NAME)
    return organizer


def _to_the_second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _zones(entries: list[CalendarEntry]) -> list[Timezone]:
    """Each zone the entries need, from the year before the first to the year after the last."""
    instants = [at for entry in entries for at in (entry.starts_at, entry.ends_at) if at]
    if not instants:
        return []
    first, last = min(instants).year - 1, max(instants).year + 1
    names = sorted({entry.zone for entry in entries} - {"UTC"})
    return [_zone(name, first, last) for name in names]


@lru_cache(maxsize=256)
def _zone(name: str, first: int, last: int) -> Timezone:
    """A zone with every change of its clocks in those years.

    icalendar's own `add_missing_timezones` writes the beginning of summer time an hour late (it
    reads the hour after the gap where the standard asks for the one before) and can miss a change
    that lasts some weeks, so each change is sought here and said to the second.
    """
    zone = ZoneInfo(name)
    begin = datetime(first, 1, 1, tzinfo=UTC)
    timezone = Timezone()
    timezone.add("tzid", name)
    changes: dict[tuple[timedelta, timedelta, str, bool], list[datetime]] = {}
    for before, after in _changes(zone, begin, datetime(last + 1, 1, 1, tzinfo=UTC)):
        was, there = before.astimezone(zone).utcoffset(), after.astimezone(zone)
        becomes = there.utcoffset()
        assert was is not None
        assert becomes is not None
        kind = (was, becomes, there.tzname() or name, bool(there.dst()))
        # The hour that the clock shows before it is moved.
        changes.setdefault(kind, []).append((after + was).replace(tzinfo=None))
    for (was, becomes, label, is_summer), walls in changes.items():
        part = TimezoneDaylight() if is_summer else TimezoneStandard()
        part.add("dtstart", walls[0])
        if walls[1:]:
            part.add("rdate", walls[1:])
        part.add("tzname", label)
        part.TZOFFSETFROM = was
        part.TZOFFSETTO = becomes
        timezone.add_component(part)
    return timezone


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterable[tuple[datetime, datetime]]:
    """The first instant, then each at which the clocks change, with the one a second before."""
    yield begin, begin
    steps = int((end - begin) / _STEP)
    for early, late in pairwise(begin + _STEP * step for step in range(steps + 1)):
        if _shown(zone, early) == _shown(zone, late):
            continue
        before, after = early, late
        while after - before > timedelta(seconds=1):
            middle = before + timedelta(seconds=int((after - before).total_seconds() // 2))
            same = _shown(zone, middle) == _shown(zone, early)
            before, after = (middle, after) if same else (before, middle)
        yield before, after


def _shown(zone: ZoneInfo, instant: datetime) -> tuple[timedelta | None, str | None]:
    there = instant.astimezone(zone)
    return there.utcoffset(), there.tzname()
