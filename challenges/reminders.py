"""Reminders of a deadline: rows planned from it, planned anew when it moves, dropped when met."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from challenges.choices import ApplicationState
from portal.choices import ReminderState
from portal.models import Reminder

if TYPE_CHECKING:
    from datetime import datetime

    from challenges.models import Application, Call

#: How long before the deadline a draft's team is reminded.
BEFORE = {
    "draft_14_days": timedelta(days=14),
    "draft_7_days": timedelta(days=7),
    "draft_3_days": timedelta(days=3),
    "draft_1_day": timedelta(days=1),
}


def plan(application: Application, *, now: datetime) -> None:
    """Plan what is still ahead for a draft, one row for each writer and distance."""
    call = application.call
    ends = max(call.closes_at, application.extended_until or call.closes_at)
    Reminder.objects.bulk_create(
        [
            Reminder(
                kind=kind,
                subject_type=application._meta.label_lower,
                subject_id=application.pk,
                programme_id=call.programme_id,
                recipient=person,
                version=call.deadline_version,
                due_at=ends - distance,
            )
            for person in application.startup.writers()
            for kind, distance in BEFORE.items()
            if ends - distance > now
        ],
        ignore_conflicts=True,
    )


def drop(application: Application) -> None:
    """Cancel what is planned: the work is done or given up."""
    Reminder.objects.about(application).filter(state=ReminderState.PLANNED).update(
        state=ReminderState.CANCELLED
    )


def plan_anew(call: Call, *, now: datetime) -> None:
    """After a deadline moved: cancel the old version's rows and plan the new one's."""
    drafts = call.applications.filter(state=ApplicationState.DRAFT).select_related("startup")
    for application in drafts:
        application.call = call
        drop(application)
        plan(application, now=now)
