"""Writing planned reminders as they come due: each once, none for an outdated instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from portal import clock, outbox
from portal.choices import ReminderState, Unwritten
from portal.models import Programme, Reminder
from portal.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db import models

    from portal.notices import Notice


@dataclass(frozen=True)
class Reminding:
    """What one kind of record is reminded of.

    ``wanted`` is asked behind the reminder's lock with the record, the reminder and the database's
    clock: whether it still holds (state, version, person), and the facts of the letter; else why it
    does not, or None where nobody asks.
    """

    model: type[models.Model]
    #: The letter by the reminder's kind.
    letters: Mapping[str, Notice]
    #: The record with all that the letter reads, or None where it is gone. It locks the row that
    #: holds the version (``FOR SHARE``) in a statement before the one that reads, so that whoever
    #: moves the instant waits, and none is told of an outdated one.
    find: Callable[[UUID], Any]
    wanted: Callable[[Any, Reminder, datetime], Mapping[str, Any] | Unwritten | None]
    #: Of the same, the records of many reminders at once, where a deadline has many.
    find_many: Callable[[Sequence[Reminder]], Mapping[UUID, Any]] | None = None
    #: The letter where the record says which words it takes.
    letter_of: Callable[[Any, Reminder], Notice] | None = None

    @property
    def at_once(self) -> int:
        """How many are written in one transaction: locks are held for as long as that takes."""
        return 1 if self.find_many is None else 40

    def write_due(self, *, limit: int = 500) -> int:
        """Write the letters that are due; answers how many rows were dealt with."""
        written = 0
        while written < limit and (some := self._write_some()):
            written += some
        return written

    @transaction.atomic
    def _write_some(self) -> int:
        due = list(
            Reminder.objects.due()
            .filter(subject_type=self.model._meta.label_lower, kind__in=list(self.letters))
            .select_related("recipient")
            .select_for_update(of=("self",), skip_locked=True)[: self.at_once]
        )
        if not due:
            return 0
        records = self._find_for(due)
        now = clock.database_now()
        programmes: dict[UUID | None, Programme] = {
            found.pk: found
            for found in Programme.objects.filter(pk__in={one.programme_id for one in due})
        }
        told: list[tuple[Notice, Any, Programme | None]] = []
        for one in due:
            record: Any = records.get(one.subject_id)
            said = self.wanted(record, one, now) if record is not None else Unwritten.ENDED
            if said is None or isinstance(said, Unwritten):
                one.state, one.why_not = ReminderState.CANCELLED, said or ""
                continue
            data = {"recipient": one.recipient, "reminder": str(one.pk), **said}
            step = Step(record=record, actor=None, at=now, data=data)
            notice = self._letter_for(record, one)
            if (at := outbox.held_until(notice, step, one.recipient)) is not None:
                # It is written when it goes: with the words, and the state, of that hour.
                one.due_at = at
                continue
            one.state = ReminderState.SENT
            told.append((notice, step, programmes.get(one.programme_id)))
        outbox.tell_each(told)
        Reminder.objects.bulk_update(due, ["state", "why_not", "due_at"])
        return len(due)

    def _find_for(self, due: Sequence[Reminder]) -> Mapping[UUID, Any]:
        if self.find_many is not None:
            return self.find_many(due)
        return {one.subject_id: self.find(one.subject_id) for one in due}

    def _letter_for(self, record: Any, reminder: Reminder) -> Notice:
        if self.letter_of is not None:
            return self.letter_of(record, reminder)
        return self.letters[reminder.kind]
