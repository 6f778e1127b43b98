"""Writing planned reminders as they come due: each once, none for an outdated instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from portal import clock, outbox
from portal.choices import ReminderState
from portal.models import Programme, Reminder
from portal.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db import models

    from portal.notices import Notice


@dataclass(frozen=True)
class Reminding:
    """What one kind of record is reminded of.

    ``wanted`` is asked behind the reminder's lock with the record, the reminder and the database's
    clock: whether it still holds (state, version, person), and the facts of the letter, or None.
    """

    model: type[models.Model]
    #: The letter by the reminder's kind.
    letters: Mapping[str, Notice]
    #: The record with all that the letter reads, or None where it is gone. It locks the row that
    #: holds the version (``FOR SHARE``) in a statement before the one that reads, so that whoever
    #: moves the instant waits, and none is told of an outdated one.
    find: Callable[[UUID], Any]
    wanted: Callable[[Any, Reminder, datetime], Mapping[str, Any] | None]

    def write_due(self, *, limit: int = 500) -> int:
        """Write the letters that are due; answers how many rows were dealt with."""
        written = 0
        while written < limit and self._write_next():
            written += 1
        return written

    @transaction.atomic
    def _write_next(self) -> bool:
        reminder = (
            Reminder.objects.due()
            .filter(subject_type=self.model._meta.label_lower, kind__in=list(self.letters))
            .select_related("recipient")
            .select_for_update(of=("self",), skip_locked=True)
            .first()
        )
        if reminder is None:
            return False
        record, now = self.find(reminder.subject_id), clock.database_now()
        said = self.wanted(record, reminder, now) if record is not None else None
        if said is not None:
            data = {"recipient": reminder.recipient, "reminder": str(reminder.pk), **said}
            key = reminder.programme_id
            programme = Programme.objects.filter(pk=key).first() if key else None
            step = Step(record=record, actor=None, at=now, data=data)
            outbox.tell(self.letters[reminder.kind], step, programme=programme)
        reminder.state = ReminderState.CANCELLED if said is None else ReminderState.SENT
        reminder.save(update_fields=["state"])
        return True
