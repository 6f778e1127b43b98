"""The life of a mentor's assignment to a startup, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from portal.models import ClockNow
from portal.workflow import Step, Transition, Workflow
from startups.choices import MentoringState
from startups.models import CoachingSession, Mentoring
from startups.notices.coaching import MentoringEnded
from startups.workflow.coaching import session_workflow

if TYPE_CHECKING:
    from django.db.models import QuerySet


def with_both_sides(rows: QuerySet[Mentoring]) -> QuerySet[Mentoring]:
    """With what rules and letters read of it."""
    return rows.select_related(
        "place__startup", "place__cohort__programme", "mentor__user", "mentor__programme"
    )


def note_the_end(step: Step[Mentoring]) -> dict[str, Any]:
    """When it ended, by the database's clock."""
    del step
    return {"ended_at": ClockNow()}


def cancel_what_was_planned(step: Step[Mentoring]) -> None:
    """Nobody waits for a mentor who does not come any more."""
    ahead = CoachingSession.objects.ahead().filter(
        place=step.record.place_id, mentor=step.record.mentor_id
    )
    for session in ahead.order_by("pk"):
        session_workflow.perform(session, "cancel", actor=None, reason=step.reason)


mentoring_workflow: Workflow[Mentoring] = Workflow(
    Mentoring,
    Transition(
        name="end",
        label=_("End the coaching"),
        permission="startups.end_mentoring",
        sources={MentoringState.ACTIVE},
        target=MentoringState.ENDED,
        changes=note_the_end,
        effects=(cancel_what_was_planned,),
        notices=(MentoringEnded(),),
        reads=with_both_sides,
        needs_reason=True,
        destructive=True,
    ),
)
