"""Reading calendars as a calendar program does: by the file alone, the higher SEQUENCE wins."""

from __future__ import annotations

import email
import email.policy
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import icalendar

if TYPE_CHECKING:
    from pathlib import Path

    from bench._day import Hours


@dataclass
class Known:
    """What one reader's calendar holds of the event."""

    sequence: int = -1
    wall: datetime | None = None
    instant: datetime | None = None
    zone: str = ""
    names: set[str] = field(default_factory=set)

    def is_at(self, hours: Hours) -> bool:
        """Whether it ends at this date, at the right hour on the wall there."""
        return (
            self.wall == hours.wall
            and self.instant == hours.starts_at
            and self.zone == hours.zone
            and len(self.names) == 1
        )


def entries_in(text: str) -> list[dict[str, Any]]:
    """The entries of a file; the hour of each as its own VTIMEZONE says, no other knowledge."""
    calendar = icalendar.Calendar.from_ical(text)
    zones = {str(zone["tzid"]): zone.to_tz(lookup_tzid=False) for zone in calendar.timezones}
    found = []
    for event in calendar.events:
        begin = event["dtstart"]
        zone = str(begin.params.get("TZID", "UTC"))
        wall = begin.dt.replace(tzinfo=None)
        found.append(
            {
                "uid": str(event["uid"]),
                "sequence": int(event["sequence"]),
                "zone": zone,
                "wall": wall,
                "instant": wall.replace(tzinfo=zones.get(zone, UTC)).astimezone(UTC),
                "cancelled": event["status"] == "CANCELLED",
            }
        )
    return found


def take(known: Known, entry: dict[str, Any]) -> bool:
    """A program takes what is as new as what it has; whether it did."""
    known.names.add(entry["uid"])
    if entry["sequence"] < known.sequence:
        return False
    known.sequence, known.zone = entry["sequence"], entry["zone"]
    known.wall, known.instant = entry["wall"], entry["instant"]
    return True


@dataclass
class Mailed:
    """What the mail server took."""

    copies: Counter[str]
    calendars: dict[str, Known]
    #: Entries that came with a lower number than one before them.
    late: int = 0


def read_mail(folder: Path, uid: str) -> Mailed:
    """All letters in the order in which they came."""
    files = sorted((folder / "new").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    mailed = Mailed(copies=Counter(), calendars=defaultdict(Known))
    for file in files:
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        mailed.copies[str(message["Message-ID"]).strip("<>").partition("@")[0]] += 1
        for part in message.iter_attachments():
            if part.get_content_type() != "text/calendar":
                continue
            for entry in entries_in(str(part.get_content())):
                if entry["uid"].startswith(uid):
                    mailed.late += not take(mailed.calendars[str(message["To"])], entry)
    return mailed
