"""Reminders of evidence that ends: rows planned when it is accepted, dropped when replaced."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from portal.models import Reminder

if TYPE_CHECKING:
    from procurement.models import Evidence

#: How many days before it ends, by the reminder's kind.
BEFORE = {
    "evidence_60_days": 60,
    "evidence_30_days": 30,
    "evidence_7_days": 7,
    "evidence_0_days": 0,
}
#: A piece of evidence never comes to end on another day: another day is another piece.
VERSION = 1
#: A country has no one zone, so each reads it at this hour of their own.
AT = time(9)


def plan(piece: Evidence, *, now: datetime) -> None:
    """Plan what is still ahead, for each who writes for the organisation."""
    if piece.expires_on is None:
        return
    Reminder.objects.plan(
        piece,
        [
            (
                kind,
                person,
                datetime.combine(piece.expires_on - timedelta(days=days), AT, person.zone),
            )
            for person in piece.file.startup.writers()
            for kind, days in BEFORE.items()
        ],
        version=VERSION,
        now=now,
    )


def drop(piece: Evidence) -> None:
    """Cancel what is planned: something newer stands, or it is not good any more."""
    Reminder.objects.drop(piece)
