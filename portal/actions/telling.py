"""Writing the letters of a step that may have ten thousand readers, from the rows it planned."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction

from portal import clock, outbox
from portal.choices import ReminderState, Unwritten
from portal.models import AuditEntry, ClockNow, Programme, Reminder
from portal.notices import spread_notices
from portal.workflow import Step, lock_in_turn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from portal.notices import Notice

logger = logging.getLogger(__name__)

#: So many letters are written in one transaction: whoever takes the next step waits for one.
AT_ONCE = 200
#: One that failed is tried again so much later.
AGAIN_AFTER = timedelta(minutes=10)


def tell_soon() -> int:
    """A first part, for whoever is woken to deliver; it may be a thread beside the pages."""
    return tell_due(limit=AT_ONCE * 5)


def tell_due(*, limit: int = 5_000, among: QuerySet[Reminder] | None = None) -> int:
    """Write the letters that steps have planned; answers how many rows were dealt with."""
    rows = Reminder.objects.all() if among is None else among
    told = 0
    while told < limit and (some := _tell_some(rows)):
        told += some
    return told


@transaction.atomic
def _tell_some(among: QuerySet[Reminder]) -> int:
    notices = spread_notices()
    due = list(
        among.filter(kind__in=list(notices), state=ReminderState.PLANNED, due_at__lte=ClockNow())
        .order_by("due_at")
        .select_related("recipient")
        .select_for_update(of=("self",), skip_locked=True)[:AT_ONCE]
    )
    alike: dict[tuple[str, str, Any, int], list[Reminder]] = defaultdict(list)
    for row in due:
        alike[row.kind, row.subject_type, row.subject_id, row.version].append(row)
    for (kind, _type, _key, _version), rows in sorted(alike.items()):
        try:
            with transaction.atomic():
                _tell(notices[kind], rows)
        except Exception:
            # One that cannot be written must not stand in the way of all others.
            logger.exception("a planned letter could not be written: %s", kind)
            for row in rows:
                row.state, row.due_at = ReminderState.PLANNED, row.due_at + AGAIN_AFTER
    Reminder.objects.bulk_update(due, ["state", "why_not", "due_at"])
    return len(due)


def _tell(notice: Notice, rows: Sequence[Reminder]) -> None:
    """One letter each, or none where a later step has overtaken this one."""
    step = _taken_again(rows[0])
    if step is None or not notice.holds(step):
        for row in rows:
            row.state, row.why_not = ReminderState.CANCELLED, Unwritten.MOVED
        return
    for row in rows:
        row.state = ReminderState.SENT
    readers = [row.recipient for row in rows if row.recipient.is_active]
    key = rows[0].programme_id
    programme = Programme.objects.filter(pk=key).first() if key is not None else None
    outbox.tell_readers(notice, step, readers, programme=programme)


def _taken_again(row: Reminder) -> Step[Any] | None:
    """The step as the trail tells it, on its record as it is now and while nobody can change it."""
    model = apps.get_model(row.subject_type)
    lock_in_turn(model, row.subject_id)
    record = model._default_manager.filter(pk=row.subject_id).first()
    entry = AuditEntry.objects.filter(pk=row.version).select_related("actor").first()
    if record is None or entry is None:
        return None
    now: datetime = clock.database_now()
    step: Step[Any] = Step(
        record=record,
        actor=entry.actor,
        at=now,
        reason=entry.reason,
        from_state=entry.from_state,
        facts=dict(entry.facts),
    )
    step.entry = entry
    return step
