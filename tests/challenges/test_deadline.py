"""The last second: real commits, real locks, several sessions of the database at once."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event

import pgtrigger
import pytest
import time_machine
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from challenges.actions.application import submit_application
from challenges.choices import ApplicationState
from challenges.models import Application, Call
from challenges.workflow.application import application_workflow
from challenges.workflow.call import call_workflow
from portal import clock
from portal.choices import Role
from portal.models import AnsweredRequest, AuditEntry, InboxNotice, OutboxMessage
from portal.workflow import StepRefused
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db(transaction=True)

WALL = "application_was_in_time"
#: What the first wall says, the guard; the database's own wall has another sentence.
TOO_LATE = "The deadline passed on"


@pytest.fixture
def threads():
    """Threads with a session of the database each, closed before the tables are emptied."""
    with ThreadPoolExecutor(16) as pool:

        def start(work, *args, **kwargs):
            def run():
                try:
                    return work(*args, **kwargs)
                finally:
                    connections.close_all()

            return pool.submit(run)

        yield start


@contextmanager
def other_session():
    """A second session of the database, in a transaction that the test ends."""
    session = connection.get_new_connection(connection.get_connection_params())
    try:
        yield session
    finally:
        session.close()


def until_somebody_waits():
    """Return when another session waits for a lock."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


def sleep_until(instant):
    """Return when the database's clock has passed ``instant``."""
    while (left := (instant - clock.database_now()).total_seconds()) >= 0:
        time.sleep(left + 0.002)


def complete_draft(seconds_left=3600.0, **call):
    """A draft with nothing missing, the deadline so far away by the database's clock."""
    closes_at = clock.database_now() + timedelta(seconds=seconds_left)
    return make_application(call=make_call(closes_at=closes_at, **call), complete=True)


def submit(application, by=None, key=None):
    """Submit as the owner does; a fresh record, as every request has."""
    return submit_application(
        application=Application.objects.get(pk=application.pk),
        key=key or uuid.uuid4(),
        terms_version=application.call.terms_version,
        by=by or application.started_by,
    )


def set_deadline(call, instant):
    Call.objects.filter(pk=call.pk).update(closes_at=instant, accepts_until=instant)


def assert_nothing_was_submitted(application):
    application.refresh_from_db()
    assert application.state == ApplicationState.DRAFT
    assert (application.revision_count, application.submitted_at) == (0, None)
    assert not application.revisions.exists()
    assert not OutboxMessage.objects.exists()
    assert not AnsweredRequest.objects.exists()


def assert_submitted_once(application, readers=1):
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert application.submitted_at < application.deadline
    assert application.revisions.get().submitted_at == application.submitted_at
    assert AuditEntry.objects.about(application).filter(verb="submit").count() == 1
    for letters in (OutboxMessage.objects.about(application), InboxNotice.objects.all()):
        assert letters.count() == readers
        assert letters.values("recipient").distinct().count() == readers


# -- the deadline passes while a submission waits -------------------------------------------------


@pytest.mark.parametrize("table", ["challenges_application", "challenges_call"])
@pytest.mark.parametrize("change", ["", "SET state = state"])
def test_submission_that_waited_past_the_deadline_is_refused(threads, table, change):
    application = complete_draft(seconds_left=0.7)
    key = application.pk if table.endswith("application") else application.call_id
    with other_session() as session, session.cursor() as cursor:
        if change:
            cursor.execute(f"UPDATE {table} {change} WHERE id = %s", [str(key)])
        else:
            cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [str(key)])
        waiting = threads(submit, application)
        until_somebody_waits()
        assert clock.database_now() < application.until  # it came in time, and had to wait
        sleep_until(application.until)
        session.commit()
        with pytest.raises(StepRefused, match=TOO_LATE):
            waiting.result(timeout=5)
    assert_nothing_was_submitted(application)


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
        waiting.result(timeout=5)
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
    for draft, answer in zip(drafts, [one.result(timeout=10) for one in answers], strict=True):
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
            assert may_commit.wait(10)

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
    assert is_decided.wait(10)
    moving = threads(move)
    until_somebody_waits()
    assert not moving.done()
    may_commit.set()
    submission.result(timeout=5)
    assert moving.result(timeout=5) == 1
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
                waiting.result(timeout=5)
        else:
            session.rollback()
            waiting.result(timeout=5)
    if is_moved:
        assert_nothing_was_submitted(application)
    else:
        assert_submitted_once(application)


# -- once, however often it is asked for ----------------------------------------------------------


def test_many_clicks_at_once_submit_once_and_all_get_the_receipt(threads):
    application = complete_draft()
    add_member(application.startup, role=MemberRole.VIEWER)
    user, barrier = application.started_by, Barrier(4)
    url = reverse("challenges:application-check", args=[application.pk])
    data = {
        "key": str(uuid.uuid4()),
        "terms_version": application.call.terms_version,
        "accept_terms": "on",
    }

    def click():
        browser = Client()
        browser.force_login(user)
        barrier.wait(10)
        return browser.post(url, data)["Location"]

    clicks = [threads(click) for _number in range(4)]
    receipt = reverse("challenges:application-receipt", args=[application.pk])
    assert {one.result(timeout=10) for one in clicks} == {receipt}
    assert_submitted_once(application, readers=2)


def test_two_members_who_submit_at_once_submit_once(threads):
    application = complete_draft()
    colleague = add_member(application.startup)
    barrier = Barrier(2)

    def click(by):
        barrier.wait(10)
        try:
            submit(application, by=by)
        except StepRefused as refusal:
            return str(refusal)
        return ""

    clicks = [threads(click, by) for by in (application.started_by, colleague)]
    said = sorted(one.result(timeout=10) for one in clicks)
    assert said[0] == ""
    assert "Received" in said[1] or "Nothing has changed" in said[1] or "Submitted" in said[1]
    assert_submitted_once(application, readers=2)


def test_second_click_after_the_deadline_still_gets_the_receipt():
    application = complete_draft()
    key = uuid.uuid4()
    submit(application, key=key)
    set_deadline(application.call, clock.database_now())
    submit(application, key=key)  # its first answer was lost on the way
    with pytest.raises(StepRefused, match=TOO_LATE):
        submit(application)
    assert_submitted_once(application)


# -- no clock but the database's ------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-26, 26])
def test_web_servers_clock_changes_nothing(client, hours):
    in_time, late = complete_draft(seconds_left=5), complete_draft(seconds_left=0)
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


# -- a database that is busy ----------------------------------------------------------------------


def test_lock_that_takes_too_long_is_answered_503_and_nothing_is_lost():
    application = complete_draft()
    browser = Client(raise_request_exception=False)
    browser.force_login(application.started_by)
    url = reverse("challenges:application-check", args=[application.pk])
    data = {
        "key": str(uuid.uuid4()),
        "terms_version": application.call.terms_version,
        "accept_terms": "on",
    }
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    with other_session() as session, session.cursor() as other:
        other.execute(
            "SELECT 1 FROM challenges_call WHERE id = %s FOR UPDATE", [str(application.call_id)]
        )
        response = browser.post(url, data)
        assert (response.status_code, response["Retry-After"]) == (503, "2")
        assert "carried out once" in response.content.decode()
        assert_nothing_was_submitted(application)
        session.rollback()
    response = browser.post(url, data)
    assert response["Location"] == reverse("challenges:application-receipt", args=[application.pk])
    assert_submitted_once(application)
