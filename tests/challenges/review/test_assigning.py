"""Giving applications to jurors: evenly, to the own jury, never twice."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from challenges.actions.review import assign, spread
from challenges.choices import ApplicationState, AssignmentState as State
from challenges.models import ConflictOfInterest, ReviewAssignment
from portal.choices import Role
from portal.models import OutboxMessage, User
from portal.workflow import StepRefused
from tests.challenges.review.desk import figures
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.reviews import closed_call, given_to, in_review
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db


def test_spread_is_even_complete_and_moves_nothing(programme, manager):
    call = closed_call(programme, reviewers_wanted=2)
    applications = [make_application(call, state=ApplicationState.SUBMITTED) for _n in range(6)]
    jurors = [make_staff(programme, Role.REVIEWER) for _number in range(4)]
    result = spread(applications=applications, by=manager)
    assert len(result.made) == 12
    assert not result.left_out
    loads = [ReviewAssignment.objects.filter(reviewer=juror).count() for juror in jurors]
    assert loads == [3, 3, 3, 3]
    for application in applications:
        assert figures(application)[0] == 2
        assert application.state == ApplicationState.IN_REVIEW
    before = set(ReviewAssignment.objects.values_list("pk", "reviewer"))
    assert not spread(applications=applications, by=manager).made
    assert set(ReviewAssignment.objects.values_list("pk", "reviewer")) == before


def test_spread_leaves_out_members_and_conflicts_and_says_so(programme, manager):
    call = closed_call(programme, reviewers_wanted=2)
    application = make_application(call, state=ApplicationState.SUBMITTED)
    member, conflicted, free = (make_staff(programme, Role.REVIEWER) for _number in range(3))
    add_member(application.startup, member)
    ConflictOfInterest.objects.create(
        application=application, person=conflicted, has_conflict=True, reason="Investor."
    )
    result = spread(applications=[application], by=manager)
    assert [made.reviewer for made in result.made] == [free]
    assert "1 of 2 jurors found" in result.left_out[0]


def test_spread_never_gives_back_what_was_handed_back(programme, manager, juror):
    call = closed_call(programme, reviewers_wanted=1)
    application = in_review(call)
    given_to(application, juror, State.HANDED_BACK)
    assert not spread(applications=[application], by=manager).made
    assert assign(applications=[application], reviewers=[juror], by=manager).made
    assert ReviewAssignment.objects.get().state == State.ASSIGNED


def test_each_juror_gets_one_letter_with_the_number(programme, manager, juror):
    call = closed_call(programme)
    applications = [make_application(call, state=ApplicationState.SUBMITTED) for _n in range(3)]
    assign(applications=applications, reviewers=[juror], by=manager)
    letter = OutboxMessage.objects.get(notice="reviews_assigned")
    assert letter.to_address == juror.email
    assert "3 applications" in letter.text


def test_nothing_is_assigned_while_the_call_is_open(programme, manager, juror):
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    result = assign(applications=[application], reviewers=[juror], by=manager)
    assert not result.made
    assert "can still be changed" in result.left_out[0]


def test_only_the_programmes_own_jury_is_given_anything(programme, manager):
    application = in_review(closed_call(programme))
    strangers = [make_staff(None, Role.REVIEWER), make_user()]
    assert not assign(applications=[application], reviewers=strangers, by=manager).made


@pytest.mark.parametrize("role", Role)
def test_who_may_assign(programme, juror, role):
    application = in_review(closed_call(programme))
    who = make_staff(programme, role)
    if role in {Role.MANAGER, Role.COORDINATOR, Role.CHAIR}:
        assert assign(applications=[application], reviewers=[juror], by=who).made
    else:
        with pytest.raises(StepRefused):
            assign(applications=[application], reviewers=[juror], by=who)


@pytest.mark.django_db(transaction=True)
def test_two_managers_spreading_at_once_assign_no_more_than_wanted():
    programme = make_programme()
    call = closed_call(programme, reviewers_wanted=2)
    applications = [make_application(call, state=ApplicationState.SUBMITTED) for _n in range(3)]
    for _number in range(4):
        make_staff(programme, Role.REVIEWER)
    managers = [make_staff(programme, Role.MANAGER) for _number in range(2)]
    barrier = threading.Barrier(2)

    def go(manager: User) -> None:
        try:
            barrier.wait(60)
            spread(applications=applications, by=User.objects.get(pk=manager.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(manager,)) for manager in managers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ReviewAssignment.objects.count() == 6
    assert [figures(each)[0] for each in applications] == [2, 2, 2]
