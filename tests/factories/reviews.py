"""Applications in front of a jury, as far as a test needs them reviewed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from challenges.actions.review import save_review
from challenges.choices import ApplicationState, AssignmentState as State
from challenges.models import Application, Call, Review, ReviewAssignment
from challenges.workflow.review import assignment_workflow
from tests.factories.challenges import make_application, make_call

if TYPE_CHECKING:
    from portal.models import Programme, User


def closed_call(programme: Programme | None = None, **fields: Any) -> Call:
    """A call whose deadline has passed."""
    now = timezone.now()
    return make_call(
        programme,
        **({"opens_at": now - timedelta(days=30), "closes_at": now - timedelta(days=1)} | fields),
    )


def in_review(call: Call | None = None, **fields: Any) -> Application:
    """A submitted application of a closed call that the jury reads."""
    return make_application(
        call or closed_call(), **({"state": ApplicationState.IN_REVIEW} | fields)
    )


def given_to(
    application: Application, juror: User, state: State = State.ASSIGNED
) -> ReviewAssignment:
    """The application in a juror's hands, brought to ``state`` by the steps that lead there."""
    assignment = ReviewAssignment.objects.create(
        application=application, reviewer=juror, assigned_by=juror
    )
    if state in {State.READING, State.DONE}:
        assignment_workflow.perform(assignment, "confirm", actor=juror)
        if state == State.DONE:
            fill(assignment, juror)
            assignment_workflow.perform(assignment, "submit-review", actor=juror)
    elif state == State.CONFLICT:
        assignment_workflow.perform(
            assignment, "declare-conflict", actor=juror, reason="I advise them."
        )
    elif state == State.HANDED_BACK:
        assignment_workflow.perform(assignment, "hand-back", actor=juror)
    elif state == State.CANCELLED:
        ReviewAssignment.objects.filter(pk=assignment.pk).update(state=State.CANCELLED)
    assignment.refresh_from_db()
    return assignment


def fill(assignment: ReviewAssignment, juror: User, level: int = 3, **words: Any) -> Review:
    """Give every criterion a level."""
    version = Review.objects.get(assignment=assignment).version
    return save_review(
        assignment=assignment,
        scores=dict.fromkeys(assignment.application.call.criteria.all(), level),
        comment=words.get("comment", "Solid."),
        feedback=words.get("feedback", "Show the costs."),
        version=words.get("version", version),
        by=juror,
    )
