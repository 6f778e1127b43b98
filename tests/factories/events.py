"""Events and who comes to them, for tests."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from events.choices import EventKind, EventState, RegistrationState
from events.models import Event, Registration
from portal.choices import Mode
from tests.factories.portal import make_programme, make_user

if TYPE_CHECKING:
    from portal.models import Programme, User

_number = count(1)


def make_event(programme: Programme | None = None, **fields: Any) -> Event:
    """A published Demo Day online in thirty days, two hours long, each guest approved by staff."""
    number = next(_number)
    starts_at = fields.pop("starts_at", timezone.now() + timedelta(days=30))
    fields = {
        "kind": EventKind.DEMO_DAY,
        "title": f"Demo Day {number}",
        "slug": f"demo-day-{number}",
        "summary": "Startups show what they have built.",
        "ends_at": starts_at + timedelta(hours=2),
        "time_zone": "Asia/Tokyo",
        "mode": Mode.ONLINE,
        "join_link": f"https://call.example.org/{number}",
        "state": EventState.PUBLISHED,
        "published_at": timezone.now(),
    } | fields
    return Event.objects.create(
        programme=programme or make_programme(), starts_at=starts_at, **fields
    )


def make_registration(
    event: Event | None = None, user: User | None = None, **fields: Any
) -> Registration:
    """An approved guest."""
    fields = {"state": RegistrationState.APPROVED} | fields
    return Registration.objects.create(
        event=event or make_event(), user=user or make_user(), **fields
    )
