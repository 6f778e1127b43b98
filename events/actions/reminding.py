"""Writing to guests as their letters come due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.choices import EventState, Reminded
from events.models import Event
from events.notices.reminder import GUEST_LETTERS
from events.reminders import THANKS_UNTIL, due_times
from portal.actions.reminding import Reminding
from portal.workflow import lock_in_turn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from portal.models import Reminder


def find(key: UUID) -> Event | None:
    """The event, while nobody can move it."""
    lock_in_turn(Event, key)
    return Event.objects.select_related("programme").filter(pk=key).first()


def wanted(event: Event, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
    """Whether the letter still holds: this version, taking place, this guest, not too late."""
    if event.state != EventState.PUBLISHED or reminder.version != event.version:
        return None
    if not event.registrations.approved().filter(user=reminder.recipient_id).exists():
        return None
    if reminder.kind == Reminded.THANKS:
        return {} if event.ends_at <= now < event.ends_at + THANKS_UNTIL else None
    if event.starts_at <= now:
        return None
    # After a day without a scheduler the nearest letter is enough.
    ahead = [at for kind, at in due_times(event) if kind != Reminded.THANKS]
    planned = dict(due_times(event))[reminder.kind]
    return None if any(planned < at <= now for at in ahead) else {}


guest_reminding = Reminding(model=Event, letters=GUEST_LETTERS, find=find, wanted=wanted)
