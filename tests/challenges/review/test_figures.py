"""The figures of the list: how many read, how many are done, the mean."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import connection

from challenges.actions.review import assign
from challenges.choices import AssignmentState as State
from challenges.models import Review, ReviewAssignment
from challenges.workflow.application import application_workflow
from challenges.workflow.review import assignment_workflow
from portal.choices import Role
from portal.models import User
from portal.workflow import StepRefused
from tests.challenges.review.desk import figures
from tests.factories.portal import make_programme, make_staff
from tests.factories.reviews import closed_call, fill, given_to, in_review

pytestmark = pytest.mark.django_db


def test_figures_follow_each_step(programme, application, manager):
    first, second = (make_staff(programme, Role.REVIEWER) for _number in range(2))
    assign(applications=[application], reviewers=[first, second], by=manager)
    assert figures(application) == (2, 0, None)
    one, two = (ReviewAssignment.objects.get(reviewer=each) for each in (first, second))
    for assignment, juror, level in ((one, first, 5), (two, second, 2)):
        assignment_workflow.perform(assignment, "confirm", actor=juror)
        fill(assignment, juror, level)
        assignment_workflow.perform(assignment, "submit-review", actor=juror)
    assert figures(application) == (2, 2, Decimal("62.50"))
    with pytest.raises(StepRefused, match="You have seen what others gave"):
        assignment_workflow.perform(one, "reopen", actor=first)
    assignment_workflow.perform(one, "open-again", actor=manager, reason="Wrong line.")
    assert figures(application) == (2, 1, Decimal("25.00"))
    assignment_workflow.perform(one, "submit-review", actor=first)
    assignment_workflow.perform(two, "declare-conflict", actor=second, reason="I know the founder.")
    assert figures(application) == (1, 1, Decimal("100.00"))
    assert Review.objects.filter(assignment=two).exists()  # stored, but it does not count
    assignment_workflow.perform(one, "cancel", actor=manager, reason="Too late.")
    assert figures(application) == (0, 0, None)


@pytest.mark.django_db(transaction=True)
def test_figures_are_right_when_all_jurors_submit_at_once():
    programme = make_programme()
    application = in_review(closed_call(programme))
    jurors = [make_staff(programme, Role.REVIEWER) for _number in range(4)]
    assignments = [given_to(application, juror, State.READING) for juror in jurors]
    for level, (assignment, juror) in enumerate(zip(assignments, jurors, strict=True), start=1):
        fill(assignment, juror, level)
    barrier = threading.Barrier(len(jurors))
    failures: list[BaseException] = []

    def submit(assignment: ReviewAssignment, juror: User) -> None:
        try:
            barrier.wait(60)
            assignment_workflow.perform(
                assignment, "submit-review", actor=User.objects.get(pk=juror.pk)
            )
        except BaseException as error:  # noqa: BLE001 -- shown by the test
            failures.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=submit, args=pair) for pair in zip(assignments, jurors, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert figures(application) == (4, 4, Decimal("37.50"))


def test_withdrawing_takes_the_jurors_off(programme, juror):
    application = in_review(closed_call(programme))
    assignment = given_to(application, juror, State.READING)
    owner = application.startup.owners()[0]
    application_workflow.perform(application, "withdraw", actor=owner)
    assignment.refresh_from_db()
    assert assignment.state == State.CANCELLED
    assert figures(application)[0] == 0
