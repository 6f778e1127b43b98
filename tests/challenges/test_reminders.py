"""Reminders of a call's deadline: who is told what and when, and when nobody is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from challenges import reminders
from challenges.actions.call import move_deadline
from challenges.actions.reminding import remind_due
from challenges.choices import ApplicationState, CallState
from challenges.models import Application, Collaborator
from challenges.workflow.application import application_workflow
from challenges.workflow.call import call_workflow
from portal.choices import OutboxState, ReminderState, Role, Unwritten
from portal.models import InboxNotice, OutboxMessage, Reminder
from startups.choices import MemberRole
from startups.models import Contact, Membership
from tests.challenges.due import complete, draft_of, due, states
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db

PLANNED, SENT, CANCELLED = ReminderState.PLANNED, ReminderState.SENT, ReminderState.CANCELLED


@pytest.fixture
def call(programme):
    return make_call(programme, closes_at=timezone.now() + timedelta(days=20))


# -- the ladder -----------------------------------------------------------------------------------


def test_ladder_is_counted_on_the_wall_clock_of_the_call(programme):
    zone = ZoneInfo("Europe/Zurich")
    # The clocks go forward on 28 March 2027: the same hour on the wall, not so many times 24 hours.
    ends = datetime(2027, 4, 1, 18, tzinfo=zone)
    found = reminders.instants(
        ends, "Europe/Zurich", "Europe/Zurich", datetime(2027, 1, 1, tzinfo=UTC)
    )
    assert found["7_days"] == datetime(2027, 3, 25, 18, tzinfo=zone)
    assert ends.astimezone(UTC) - found["7_days"].astimezone(UTC) == timedelta(days=7, hours=-1)
    assert ends - found["3_hours"] == timedelta(hours=3)
    assert list(found) == ["14_days", "7_days", "3_days", "1_day", "3_hours", "1_hour"]


def test_everybody_who_may_write_is_reminded_and_nobody_else(call):
    startup = make_startup()
    owner = startup.owners()[0]
    editor = add_member(startup, make_user())
    add_member(startup, make_user(), role=MemberRole.VIEWER)
    gone = add_member(startup, make_user(is_active=False))
    helper = make_user()
    application = make_application(call, startup)
    Collaborator.objects.create(
        application=application,
        email=helper.email,
        token_hash="x",
        invited_by=owner,
        expires_at=timezone.now(),
        user=helper,
    )
    reminders.plan(application, now=timezone.now())
    people = set(Reminder.objects.about(application).values_list("recipient", flat=True))
    assert people == {owner.pk, editor.pk, helper.pk}
    assert gone.pk not in people
    assert Reminder.objects.about(application).count() == 3 * 6


def test_draft_complete_draft_and_changed_submission_read_differently(call):
    bare, full = make_application(call), make_application(call)
    complete(full)
    changed = make_application(call, state=ApplicationState.SUBMITTED, edited_at=call.closes_at)
    for application in (bare, full, changed):
        reminders.plan(application, now=timezone.now())
    due("draft_3_hours", "changed_3_hours")
    assert remind_due() == 3
    letters = {letter.subject_id: letter for letter in OutboxMessage.objects.all()}
    assert letters[bare.pk].notice == "draft_reminded"
    assert letters[full.pk].notice == "complete_draft_reminded"
    assert "NOT submitted" in letters[full.pk].subject
    assert "/check/" in letters[full.pk].text
    assert letters[changed.pk].notice == "changes_reminded"
    assert "version 1 counts" in letters[changed.pk].text


def test_last_hour_speaks_only_to_the_complete(call):
    bare, full = draft_of(call), draft_of(call)
    complete(full)
    due("draft_1_hour")
    remind_due()
    assert states(bare)["draft_1_hour"] == (CANCELLED, Unwritten.INCOMPLETE)
    assert states(full)["draft_1_hour"] == (SENT, "")
    assert OutboxMessage.objects.get().subject_id == full.pk


def test_required_answers_are_not_all_that_may_be_missing(call):
    application = draft_of(call)
    complete(application)
    Contact.objects.all().delete()
    due("draft_3_hours")
    remind_due()
    assert OutboxMessage.objects.get().notice == "draft_reminded"


def test_of_two_that_are_due_the_later_one_is_enough(call):
    full, bare = draft_of(call), draft_of(call)
    complete(full)
    due("draft_3_hours", "draft_1_hour")
    remind_due()
    assert states(full)["draft_3_hours"] == (CANCELLED, Unwritten.OVERTAKEN)
    assert states(full)["draft_1_hour"] == (SENT, "")
    # To an incomplete draft the last hour says nothing, so it silences nothing.
    assert states(bare)["draft_3_hours"] == (SENT, "")
    assert OutboxMessage.objects.count() == 2


# -- nothing outdated, nothing late, nothing twice ------------------------------------------------


def test_each_due_row_is_written_once(call):
    draft_of(call)
    due("draft_7_days")
    assert remind_due() == 1
    assert remind_due() == 0
    reminders.plan_due()
    reminders.plan(Application.objects.get(), now=timezone.now())
    assert remind_due() == 0
    assert OutboxMessage.objects.count() == InboxNotice.objects.count() == 1


def test_moved_deadline_plans_anew_and_holds_back_what_has_not_left(call, manager):
    application = draft_of(call)
    due("draft_14_days")
    remind_due()
    due("draft_7_days")  # found by a scheduler only after the move
    later = call.closes_at + timedelta(days=30)
    move_deadline(call=call, closes_at=later, accepts_until=None, reason="x", by=manager)
    letter = OutboxMessage.objects.get(notice="draft_reminded")
    assert (letter.state, letter.why_not) == (OutboxState.HELD_BACK, "outdated")
    rows = Reminder.objects.about(application)
    assert set(rows.filter(version=1, state=PLANNED)) == set()
    assert set(rows.filter(version=1).exclude(state=SENT).values_list("why_not", flat=True)) == {
        Unwritten.MOVED
    }
    assert rows.filter(version=2, state=PLANNED).count() == 6
    due("draft_3_days")
    remind_due()
    assert OutboxMessage.objects.filter(notice="draft_reminded").count() == 2


def test_row_of_an_outdated_version_is_never_written(call):
    application = draft_of(call)
    due("draft_3_days")
    # As a scheduler sees it that took the row before somebody moved the deadline.
    type(call).objects.filter(pk=call.pk).update(deadline_version=2)
    remind_due()
    assert states(application)["draft_3_days"] == (CANCELLED, Unwritten.MOVED)
    assert not OutboxMessage.objects.exists()


def test_team_with_more_time_follows_its_own_deadline(call):
    application = draft_of(call)
    until = call.closes_at + timedelta(days=30)
    Application.objects.filter(pk=application.pk).update(extended_until=until, extension_version=1)
    application.refresh_from_db()
    reminders.plan(application, now=timezone.now())
    rows = Reminder.objects.about(application).filter(state=PLANNED)
    assert set(rows.values_list("version", flat=True)) == {application.deadline_mark}
    assert rows.get(kind="draft_3_hours").due_at == until - timedelta(hours=3)


def test_nothing_is_written_after_the_deadline(call):
    application = draft_of(call)
    due("draft_3_hours")
    past = timezone.now() - timedelta(seconds=2)
    type(call).objects.filter(pk=call.pk).update(closes_at=past, accepts_until=past)
    remind_due()
    assert states(application)["draft_3_hours"] == (CANCELLED, Unwritten.LATE)
    assert not OutboxMessage.objects.exists()


def test_submitting_cancels_what_is_planned_and_what_has_not_left(call):
    application = draft_of(call)
    complete(application)
    due("draft_14_days")
    remind_due()
    OutboxMessage.objects.update(state=OutboxState.DIGEST)
    with CaptureQueriesContext(connection) as asked:
        reminders.drop(application)
    assert len(asked) == 1
    assert OutboxMessage.objects.get().state == OutboxState.HELD_BACK
    assert not Reminder.objects.about(application).filter(state=PLANNED).exists()
    assert states(application)["draft_1_day"] == (CANCELLED, Unwritten.DONE)


def test_submission_drops_its_reminders(call):
    application = draft_of(call)
    complete(application)
    person = application.started_by
    application_workflow.perform(
        application, "submit", actor=person, data={"terms_version": call.terms_version}
    )
    assert not Reminder.objects.about(application).filter(state=PLANNED).exists()


def test_cancelled_call_reminds_nobody(call, manager):
    application = draft_of(call)
    reminders.plan_anew(call, now=timezone.now())
    assert Reminder.objects.about(call).filter(state=PLANNED).count() == 3
    call_workflow.perform(call, "cancel", actor=manager, reason="The donor withdrew.")
    assert not Reminder.objects.filter(state=PLANNED).exclude(kind="call_cancelled").exists()
    assert states(application)["draft_1_day"] == (CANCELLED, Unwritten.ENDED)


# -- people come and go ---------------------------------------------------------------------------


def plan_again():
    """As the sweep does ten minutes later."""
    from portal.models import Heartbeat  # noqa: PLC0415

    Heartbeat.objects.filter(name=reminders.PLANNER).update(
        at=timezone.now() - reminders.AGAIN_AFTER
    )
    return reminders.plan_due()


def test_who_joins_gets_theirs_and_who_leaves_gets_none(call):
    application = draft_of(call)
    due("draft_14_days")
    remind_due()
    joined = add_member(application.startup, make_user())
    plan_again()
    mine = Reminder.objects.about(application).filter(recipient=joined)
    assert mine.filter(state=PLANNED).count() == 6
    Membership.objects.filter(user=joined).delete()
    due("draft_7_days")
    remind_due()
    assert mine.get(kind="draft_7_days").why_not == Unwritten.LEFT
    assert not OutboxMessage.objects.filter(recipient=joined).exists()
    plan_again()
    assert not mine.filter(state=PLANNED).exists()
    # Back again: what was cancelled ahead of its time holds again, and what is over does not.
    add_member(application.startup, joined)
    plan_again()
    assert set(mine.filter(state=PLANNED).values_list("kind", flat=True)) == {
        "draft_14_days", "draft_3_days", "draft_1_day", "draft_3_hours", "draft_1_hour",
    }  # fmt: skip


def test_changes_after_submitting_are_reminded_of_until_they_are_submitted(call):
    application = make_application(call, state=ApplicationState.SUBMITTED)
    plan_again()
    assert not Reminder.objects.about(application).exists()
    # The factory hands in eight days before the deadline.
    Application.objects.filter(pk=application.pk).update(edited_at=call.closes_at)
    plan_again()
    assert {row.partition("_")[0] for row in states(application)} == {"changed"}
    Application.objects.filter(pk=application.pk).update(edited_at=None)
    due("changed_3_days")
    remind_due()
    assert states(application)["changed_3_days"] == (CANCELLED, Unwritten.DONE)
    plan_again()
    assert {state for state, _why in states(application).values()} == {CANCELLED}


def test_ten_minutes_pass_between_two_plans(call):
    draft_of(call)
    assert reminders.plan_due() == 1
    assert reminders.plan_due() == 0
    assert plan_again() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_planning_costs_as_much_for_three_drafts_as_for_one(call, count, django_assert_num_queries):
    for _number in range(count):
        make_application(call)
    with django_assert_num_queries(15):
        reminders.plan_anew(call, now=timezone.now())
    assert Reminder.objects.filter(state=PLANNED).count() == count * 6


# -- those who run the call -----------------------------------------------------------------------


def test_staff_are_told_a_week_before_at_closing_and_the_day_after(programme, manager, call):
    coordinator = make_staff(programme, Role.COORDINATOR)
    make_staff(programme, Role.REVIEWER)
    reminders.plan_anew(call, now=timezone.now())
    rows = Reminder.objects.about(call)
    assert set(rows.values_list("recipient", flat=True)) == {manager.pk, coordinator.pk}
    mine = {row.kind: row.due_at for row in rows.filter(recipient=manager)}
    assert mine == reminders.nominal_for_staff(call)
    assert mine["call_closed"] == call.accepts_until
    for completeness in (10, 60, 100):
        make_application(call, completeness=completeness)
    make_application(call, state=ApplicationState.SUBMITTED)
    make_application(call, state=ApplicationState.WITHDRAWN)
    due("call_7_days", recipient=manager)
    remind_due()
    letter = OutboxMessage.objects.get()
    assert letter.recipient == manager
    assert "1 application submitted" in letter.subject
    for line in (
        "Submitted: 1", "Complete, NOT submitted: 1", "Drafts half done or more: 1",
        "Drafts less than half done: 1",
    ):  # fmt: skip
        assert line in letter.text


def test_jurors_are_asked_for_only_where_they_lack(call, manager):
    make_application(call)
    reminders.plan_anew(call, now=timezone.now())
    over = timezone.now() - timedelta(days=1)
    type(call).objects.filter(pk=call.pk).update(closes_at=over, accepts_until=over)
    due("call_1_day_after")
    remind_due()
    assert states(call)["call_1_day_after"] == (CANCELLED, Unwritten.DONE)
    make_application(call, state=ApplicationState.SUBMITTED)
    Reminder.objects.filter(kind="call_1_day_after").update(state=PLANNED, why_not="")
    remind_due()
    assert "lacks one" in OutboxMessage.objects.get().subject


def test_whoever_runs_it_no_longer_is_told_nothing(call, manager):
    reminders.plan_anew(call, now=timezone.now())
    manager.staff_roles.update(ended_at=timezone.now() - timedelta(minutes=1))
    due("call_7_days")
    remind_due()
    assert states(call)["call_7_days"] == (CANCELLED, Unwritten.LEFT)


def test_published_again_the_call_tells_its_staff(call, manager):
    call_workflow.perform(call, "unpublish", actor=manager, reason="A fact is wrong.")
    assert not Reminder.objects.about(call).filter(state=PLANNED).exists()
    type(call).objects.filter(pk=call.pk).update(state=CallState.PUBLISHED)
    call.refresh_from_db()
    reminders.plan_anew(call, now=timezone.now())
    assert Reminder.objects.about(call).filter(state=PLANNED).count() == 3
