"""The steps of a review: who takes which from where, and what they ask for."""

from __future__ import annotations

import pytest

from challenges.actions.review import save_review
from challenges.choices import ApplicationState, AssignmentState as State
from challenges.models import Application, ConflictOfInterest, ReviewAssignment
from challenges.workflow.review import assignment_workflow
from portal.choices import Role
from portal.models import AuditEntry
from portal.workflow import StepRefused
from tests.challenges.review.desk import person
from tests.factories.reviews import closed_call, fill, given_to, in_review
from tests.steps import attempt

pytestmark = pytest.mark.django_db


STEPS = {
    "confirm": {State.ASSIGNED: State.READING},
    "declare-conflict": dict.fromkeys((State.ASSIGNED, State.READING, State.DONE), State.CONFLICT),
    "submit-review": {State.READING: State.DONE},
    "reopen": {State.DONE: State.READING},
    "open-again": {State.DONE: State.READING},
    "hand-back": dict.fromkeys((State.ASSIGNED, State.READING), State.HANDED_BACK),
    "cancel": dict.fromkeys((State.ASSIGNED, State.READING, State.DONE), State.CANCELLED),
    "assign-again": dict.fromkeys((State.HANDED_BACK, State.CANCELLED), State.ASSIGNED),
}


MAY = {
    "confirm": {"own"},
    "declare-conflict": {"own"},
    "submit-review": {"own"},
    "reopen": {"own"},
    "open-again": {"manager", "coordinator", "chair"},
    "hand-back": {"own"},
    "cancel": {"manager", "coordinator", "chair"},
    "assign-again": {"manager", "coordinator", "chair"},
}


WHO = (
    "own",
    "former",
    "other juror",
    "elsewhere",
    "founder",
    "nobody",
    *(role.value for role in Role),
)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("who", WHO)
def test_every_step_by_every_role_from_every_state(programme, juror, who, state):
    application = in_review(closed_call(programme))
    assignment = given_to(application, juror, state)
    if state == State.READING:
        fill(assignment, juror)
    actor = person(who, application, juror)
    for name, ways in STEPS.items():
        allowed = who in MAY[name] and state in ways
        refusal = attempt(assignment_workflow, assignment, name, actor, reason="Because.")
        assert (refusal is None) == allowed, f"{name} from {state} by {who}: {refusal}"
        if refusal is not None:
            assert refusal.permission == (who not in MAY[name])
        else:
            assignment.refresh_from_db()
            assert assignment.state == ways[state]
            # Back to where it was, for the next step.
            ReviewAssignment.objects.filter(pk=assignment.pk).update(state=state)
            assignment.refresh_from_db()


@pytest.mark.parametrize(
    "state",
    [ApplicationState.WITHDRAWN, ApplicationState.SELECTED, ApplicationState.SUBMITTED],
)
def test_nothing_is_reviewed_after_withdrawal_results_or_before_the_start(programme, juror, state):
    application = in_review(closed_call(programme))
    assignment = given_to(application, juror, State.READING)
    fill(assignment, juror)
    Application.objects.filter(pk=application.pk).update(state=state)
    with pytest.raises(StepRefused):
        assignment_workflow.perform(assignment, "submit-review", actor=juror)
    with pytest.raises(StepRefused, match="Nothing was saved"):
        fill(assignment, juror, level=1)


def test_conflict_needs_a_reason_and_is_kept(application, juror):
    assignment = given_to(application, juror)
    with pytest.raises(StepRefused, match="Say why"):
        assignment_workflow.perform(assignment, "declare-conflict", actor=juror)
    assignment_workflow.perform(
        assignment, "declare-conflict", actor=juror, reason="My sister works there."
    )
    kept = ConflictOfInterest.objects.get(application=application, person=juror)
    assert (kept.has_conflict, kept.reason) == (True, "My sister works there.")


def test_confirming_is_kept_as_a_declaration(application, juror):
    given_to(application, juror, State.READING)
    kept = ConflictOfInterest.objects.get(application=application, person=juror)
    assert kept.has_conflict is False


def test_review_with_a_criterion_without_level_is_refused(application, juror):
    assignment = given_to(application, juror, State.READING)
    first, *_rest = application.call.criteria.all()
    save_review(
        assignment=assignment,
        scores={first: 2, _rest[0]: None},
        comment="",
        feedback="",
        version=1,
        by=juror,
    )
    with pytest.raises(StepRefused, match="Give a level for: Team"):
        assignment_workflow.perform(assignment, "submit-review", actor=juror)


def test_steps_are_written_down_without_words_of_the_review(application, juror):
    given_to(application, juror, State.DONE)
    entries = AuditEntry.objects.filter(subject_type="challenges.reviewassignment")
    assert [entry.verb for entry in entries] == ["confirm", "submit-review"]
    assert "Solid" not in str([entry.facts for entry in entries])
