"""What the tests here do again and again."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from portal.models import Reminder

if TYPE_CHECKING:
    from startups.models import Place


def again(record: Any) -> Any:
    """The row as another request reads it."""
    return type(record).objects.get(pk=record.pk)


def owner_of(place: Place) -> Any:
    return place.startup.owners()[0]


def words(**changes: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "title": "Ten paying hospitals",
        "measure": "paying hospitals",
        "baseline": Decimal(2),
        "target": Decimal(10),
        "starts_on": today - timedelta(days=30),
        "ends_on": today + timedelta(days=60),
    } | changes


def at_nine(day: Any, person: Any) -> datetime:
    return datetime.combine(day, time(9), person.zone)


def make_due(record: Any, kind: str, person: Any) -> None:
    """What was planned for a day stands as if that day were here."""
    rows = Reminder.objects.about(record).filter(kind=kind, recipient=person)
    assert rows.update(due_at=timezone.now() - timedelta(minutes=1)) == 1
