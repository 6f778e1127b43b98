"""The last second: real commits, real locks, several sessions of the database at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pgtrigger
import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from challenges.choices import ApplicationState
from challenges.models import Application
from challenges.workflow.application import application_workflow
from challenges.workflow.call import call_workflow
from portal import clock
from portal.choices import Role
from portal.workflow import StepRefused
from tests.challenges.last_second import (
    TOO_LATE,
    assert_nothing_was_submitted,
    assert_submitted_once,
    complete_draft,
    other_session,
    set_deadline,
    sleep_until,
    submit,
    until_somebody_waits,
)
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff

pytestmark = pytest.mark.django_db(transaction=True)

WALL = "application_was_in_time"


# -- the deadline passes while a submission waits -------------------------------------------------


@pytest.mark.parametrize("table", ["challenges_application", "challenges_call"])
@pytest.mark.parametrize("change", ["", "SET state = state"])
def test_submission_that_waited_past_the_deadline_is_refused(threads, table, change):
    for seconds in (0.7, 4, 20):  # on a busy machine the time is over before anybody waits
        draft = complete_draft()
        set_deadline(draft.call, clock.database_now() + timedelta(seconds=seconds))
        application = Application.objects.select_related("call").get(pk=draft.pk)
        key = application.pk if table.endswith("application") else application.call_id
        with other_session() as session, session.cursor() as cursor:
            if change:
                cursor.execute(f"UPDATE {table} {change} WHERE id = %s", [str(key)])
            else:
                cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [str(key)])
            waiting = threads(submit, application)
            until_somebody_waits(waiting)
            came_in_time = clock.database_now() < application.until  # and had to wait
            sleep_until(application.until)
            session.commit()
            with pytest.raises(StepRefused, match=TOO_LATE):
                waiting.result(timeout=60)
        assert_nothing_was_submitted(application)
        if came_in_time:
            return
    raise AssertionError("nobody came in time")


def test_submission_that_waited_and_is_still_in_time_is_accepted(threads):
    application = complete_draft()
    with other_session() as session, session.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM challenges_call WHERE id = %s FOR UPDATE", [str(application.call_id)]
        )
        waiting = threads(submit, application)
        until_somebody_waits()
        released_at = clock.database_now()
        session.commit()
        waiting.result(timeout=60)
    assert_submitted_once(application)
    assert application.submitted_at > released_at  # decided after the wait, not before it


def test_submissions_around_the_very_instant_agree_with_the_database(threads):
    deadline = clock.database_now() + timedelta(seconds=2)
    call = make_call(closes_at=deadline)
    drafts = [make_application(call=call, complete=True) for _number in range(16)]
    for draft in drafts:
        assert draft.call.terms_version  # read before the race

    def submit_at(draft, offset):
        connection.ensure_connection()
        sleep_until(deadline + timedelta(milliseconds=offset))
        try:
            submit(draft)
        except StepRefused as refusal:
            return str(refusal)
        return ""

    answers = [threads(submit_at, draft, 10 * number - 150) for number, draft in enumerate(drafts)]
    for draft, answer in zip(drafts, [one.result(timeout=60) for one in answers], strict=True):
        draft.refresh_from_db()
        if answer:
            assert answer.startswith("The deadline")
            assert (draft.state, draft.submitted_at) == (ApplicationState.DRAFT, None)
        else:
            assert draft.submitted_at < draft.deadline == deadline
            assert draft.revisions.count() == 1
    assert not call.applications.filter(submitted_at__gte=deadline).exists()


# -- the deadline moves while a submission is under way -------------------------------------------


def test_moving_the_deadline_waits_for_submissions_in_flight_and_sees_them(threads):
    application = complete_draft()
    call = application.call
    manager = make_staff(call.programme, Role.MANAGER)
    is_decided, may_commit = Event(), Event()

    def submit_slowly():
        with transaction.atomic():
            submit(application)
            is_decided.set()
            assert may_commit.wait(60)

    def move():
        later = call.closes_at + timedelta(days=1)
        with transaction.atomic():
            call_workflow.perform(
                call,
                "move-deadline",
                actor=manager,
                reason="The power failed in Kobe.",
                data={"closes_at": later, "accepts_until": later},
            )
            return call.applications.filter(state=ApplicationState.SUBMITTED).count()

    submission = threads(submit_slowly)
    assert is_decided.wait(60)
    moving = threads(move)
    until_somebody_waits()
    assert not moving.done()
    may_commit.set()
    submission.result(timeout=60)
    assert moving.result(timeout=60) == 1
    application.refresh_from_db()
    assert application.deadline == call.closes_at  # the one that stood when it was decided


@pytest.mark.parametrize("is_moved", [True, False])
def test_deadline_moved_earlier_during_a_submission_counts(threads, is_moved):
    application = complete_draft()
    earlier = clock.database_now() - timedelta(seconds=1)
    with other_session() as session, session.cursor() as cursor:
        cursor.execute(
            "UPDATE challenges_call SET closes_at = %s, accepts_until = %s WHERE id = %s",
            [earlier, earlier, str(application.call_id)],
        )
        waiting = threads(submit, application)
        until_somebody_waits()
        if is_moved:
            session.commit()
            with pytest.raises(StepRefused, match=TOO_LATE):
                waiting.result(timeout=60)
        else:
            session.rollback()
            waiting.result(timeout=60)
    if is_moved:
        assert_nothing_was_submitted(application)
    else:
        assert_submitted_once(application)


# -- no clock but the database's ------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-26, 26])
def test_web_servers_clock_changes_nothing(client, hours):
    in_time, late = complete_draft(seconds_left=600), complete_draft(seconds_left=0)
    client.force_login(in_time.started_by)
    with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=True):
        page = client.get(reverse("challenges:application-check", args=[in_time.pk]))
        assert 'name="accept_terms"' in page.content.decode()
        submit(in_time)
        with pytest.raises(StepRefused, match=TOO_LATE):
            submit(late)
    in_time.refresh_from_db()
    assert abs(in_time.submitted_at - clock.database_now()) < timedelta(minutes=1)
    late.refresh_from_db()
    assert late.state == ApplicationState.DRAFT


def test_application_with_an_extension_is_accepted_until_then():
    application = complete_draft(seconds_left=-60)
    until = clock.database_now() + timedelta(minutes=5)
    Application.objects.filter(pk=application.pk).update(extended_until=until)
    submit(application)
    assert_submitted_once(application)
    assert application.deadline == until


def test_extension_that_is_over_is_too_late_and_an_earlier_one_takes_nothing_away():
    late, in_time = complete_draft(seconds_left=-60), complete_draft()
    just_now = clock.database_now() - timedelta(seconds=1)
    Application.objects.update(extended_until=just_now)
    with pytest.raises(StepRefused, match=TOO_LATE):
        submit(late)
    submit(in_time)
    in_time.refresh_from_db()
    assert in_time.deadline == in_time.call.accepts_until


def test_call_that_opens_later_refuses():
    application = complete_draft(opens_at=clock.database_now() + timedelta(minutes=5))
    with pytest.raises(StepRefused, match="This call opens on"):
        submit(application)
    assert_nothing_was_submitted(application)
    with pytest.raises(IntegrityError) as refused:
        count_one_more(application)
    assert wall_of(refused) == WALL


# -- the second wall ------------------------------------------------------------------------------


def wall_of(refused):
    return refused.value.__cause__.diag.constraint_name


def count_one_more(application):
    Application.objects.filter(pk=application.pk).update(revision_count=F("revision_count") + 1)


def test_database_itself_refuses_a_late_version():
    application = complete_draft(seconds_left=-1)
    with pytest.raises(IntegrityError) as refused:
        count_one_more(application)
    assert wall_of(refused) == WALL
    with pytest.raises(IntegrityError) as refused:
        Application.objects.create(
            call=application.call,
            startup=make_application().startup,
            started_by=application.started_by,
            revision_count=1,
        )
    assert wall_of(refused) == WALL


def test_database_itself_stamps_the_instant_whatever_is_written():
    application = complete_draft()
    wished = clock.database_now() - timedelta(days=3)
    of_application = Application.objects.filter(pk=application.pk)
    of_application.update(submitted_at=wished, deadline=wished + timedelta(days=1))
    assert_nothing_was_submitted(application)
    before = clock.database_now()
    of_application.update(revision_count=1, submitted_at=wished, deadline=wished)
    application.refresh_from_db()
    assert before < application.submitted_at < application.deadline == application.until


def test_check_stands_where_the_trigger_is_switched_off():
    application = complete_draft()
    late = application.until + timedelta(microseconds=1)
    with (
        pgtrigger.ignore("challenges.Application:submitted_in_time"),
        pytest.raises(IntegrityError) as refused,
        transaction.atomic(),
    ):
        Application.objects.filter(pk=application.pk).update(
            submitted_at=late, deadline=application.until
        )
    assert wall_of(refused) == WALL


def test_wall_of_the_database_is_said_in_words(monkeypatch):
    """Whoever breaks the guard one day still cannot submit late, and nothing answers 500."""
    application = complete_draft(seconds_left=-1)
    steps = application_workflow.transitions
    monkeypatch.setitem(steps, "submit", replace(steps["submit"], guards=()))
    with pytest.raises(StepRefused, match=r"^The deadline has passed\. Your draft is kept\.$"):
        submit(application)
    assert_nothing_was_submitted(application)
