"""What guests are told before an event and after it: rows planned from its instants."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from events.choices import RegistrationState, Reminded
from portal import clock
from portal.choices import OutboxState, ReminderState
from portal.models import OutboxMessage, Reminder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from uuid import UUID

    from events.models import Event
    from portal.models import User
    from portal.workflow import Step

#: How many days before an event its guests are reminded, at the hour at which it begins.
DAYS = {Reminded.DAYS_14: 14, Reminded.DAYS_7: 7, Reminded.DAY_1: 1}
#: When a guest is thanked on the morning after, on the wall of the event's zone.
MORNING = time(10)
#: After this a word of thanks comes too late to be written.
THANKS_UNTIL = timedelta(days=7)
#: The key of a reminder as its letter's own key names it.
UUID_LENGTH = 36
#: Before every instant there is: what is owed is planned although it is due.
ANY_TIME = datetime.min.replace(tzinfo=UTC)
#: What other apps do when an event is published, moved or cancelled, in the same transaction: the
#: verb and the step being taken. They register themselves, as panels do.
followers: list[Callable[[str, Step[Event]], None]] = []


def due_times(event: Event) -> Iterator[tuple[str, datetime]]:
    """When each kind of letter is due, by the hours of the event's own zone."""
    for kind, days in DAYS.items():
        yield kind, clock.days_before(event.starts_at, event.time_zone, days)
    yield Reminded.HOUR_1, event.starts_at - timedelta(hours=1)
    day_after = clock.local(event.ends_at, event.time_zone).date() + timedelta(days=1)
    morning = datetime.combine(day_after, MORNING, tzinfo=event.zone)
    yield Reminded.THANKS, morning.astimezone(UTC)


def plan_for_guests(event: Event, *, now: datetime, guests: Collection[User] | None = None) -> None:
    """Plan what is still ahead for each approved guest, or for those named; more than once is once.

    Call it behind the event's lock. What was due already and is not written yet stays owed where
    the instant is the same as before, as after a change of the link alone.
    """
    people = list(guests) if guests is not None else _approved(event)
    times = [(str(kind), at) for kind, at in due_times(event)]
    wanted = [(kind, person, at) for kind, at in times for person in people]
    owed = _owed(event, now)
    Reminder.objects.plan(event, wanted, version=event.version, now=now)
    late = [(kind, one, at) for kind, one, at in wanted if (kind, one.pk, at) in owed]
    Reminder.objects.plan(event, late, version=event.version, now=ANY_TIME)
    # Who cancelled and comes after all gets again what is still ahead.
    Reminder.objects.about(event).filter(
        kind__in=Reminded.values,
        recipient__in=people,
        version=event.version,
        state=ReminderState.CANCELLED,
        due_at__gt=now,
    ).update(state=ReminderState.PLANNED)


def drop_for_guest(event: Event, guest: User) -> None:
    """Cancel what is planned for one guest, who does not come."""
    Reminder.objects.filter(kind__in=Reminded.values, recipient=guest).drop(event)


def _owed(event: Event, now: datetime) -> set[tuple[str, UUID, datetime]]:
    """What was due by an earlier version and has not left: not written, or still in the outbox.

    A letter that is being handed over at this moment has left; the others are held back when their
    version is dropped.
    """
    if event.version == 1:
        return set()
    waiting = OutboxMessage.objects.about(event).filter(state=OutboxState.PENDING)
    keys = waiting.select_for_update(skip_locked=True).values_list("dedup_key", flat=True)
    written = {part for key in keys for part in key.split(":")[1:2] if len(part) == UUID_LENGTH}
    due = Reminder.objects.about(event).filter(
        kind__in=Reminded.values, due_at__lte=now, version__lt=event.version
    )
    due = due.filter(Q(state=ReminderState.PLANNED) | Q(state=ReminderState.SENT, pk__in=written))
    return set(due.values_list("kind", "recipient_id", "due_at"))


def _approved(event: Any) -> list[User]:
    rows = event.registrations.filter(state=RegistrationState.APPROVED).select_related("user")
    return [row.user for row in rows.order_by("created_at")]
