"""What a guest has before them: events on the home page, in the calendar, in planned letters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from events.actions.registration import give_up_places
from events.actions.reminding import guest_reminding
from events.models import Event, Registration
from portal import clock
from portal.registry import Waiting, registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User
    from portal.registry import CalendarEntry

SHOWN = 10
#: How long an event that is over stays in the calendar that is read again and again.
KEPT = timedelta(days=90)


def my_events(user: User) -> Iterator[Waiting]:
    """Events one is registered for, the next one first."""
    own = Registration.objects.standing().filter(user=user, event__in=Event.objects.ahead())
    for registration in own.select_related("event").order_by("event__starts_at")[:SHOWN]:
        event = registration.event
        yield Waiting(
            verb=str(registration.get_state_display()),
            object=event.title,
            url=event.get_absolute_url(),
            note=event.where,
            when=clock.in_both_zones(event.starts_at, event.time_zone, user.time_zone),
        )


def my_calendar(user: User) -> Iterator[CalendarEntry]:
    """What one is registered for; a cancelled event stays as cancelled, until it goes away."""
    coming = (
        Registration.objects.approved()
        .filter(user=user, event__ends_at__gt=clock.database_now() - KEPT)
        .select_related("event")
    )
    yield from (registration.calendar_entry() for registration in coming)


registry.under_way.append(my_events)
registry.calendar.append(my_calendar)
registry.due.append(guest_reminding.write_due)
registry.at_closing.append(give_up_places)
