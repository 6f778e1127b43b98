"""Promises: reminded of, moved, done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.choices import ReminderState
from portal.models import InboxNotice, Reminder
from startups.actions import coaching
from startups.actions.action_item import item_reminding, promise
from startups.choices import ItemState, SessionState, Side
from startups.models import ActionItem
from startups.panels.goals import promised
from startups.workflow.action_item import item_workflow
from tests.factories.cohorts import (
    make_mentoring,
    make_session,
)
from tests.startups.goals.steps import again, at_nine, make_due, owner_of

pytestmark = pytest.mark.django_db


def test_promise_is_reminded_of_moved_done_and_open_again(place):
    owner, day = owner_of(place), timezone.localdate() + timedelta(days=9)
    item = promise(place=place, what="Call", side=Side.STARTUP, due_on=day, by=owner)
    planned = Reminder.objects.about(item).filter(state=ReminderState.PLANNED).order_by("due_at")
    days = [day + timedelta(days=days) for days in (-3, -1, 1)]
    assert [one.due_at for one in planned] == [at_nine(day, owner) for day in days]
    later = day + timedelta(days=5)
    item_workflow.perform(item, "move", actor=owner, data={"due_on": later})
    assert {one.version for one in planned.all()} == {2}
    assert planned.all().count() == 3
    item_workflow.perform(item, "finish", actor=owner)
    assert planned.all().count() == 0
    item = again(item)
    assert (item.state, item.done_by, bool(item.done_at)) == (ItemState.DONE, owner, True)
    item_workflow.perform(item, "undo", actor=owner)
    assert {one.version for one in planned.all()} == {3}
    item_workflow.perform(item, "drop", actor=owner, reason="No longer needed.")
    assert planned.all().count() == 0


def test_item_of_a_mentor_reminds_the_mentor(place):
    mentor = make_mentoring(place).mentor
    day = timezone.localdate() + timedelta(days=9)
    item = promise(
        place=again(place), what="Introduce", side=Side.MENTOR, due_on=day, mentor=mentor,
        by=mentor.user,
    )  # fmt: skip
    assert {one.recipient for one in Reminder.objects.about(item)} == {mentor.user}
    assert [one.object for one in promised(mentor.user)] == ["Introduce"]


@pytest.mark.parametrize(
    ("kind", "due_in", "written"),
    [
        ("item_3_days", 3, True),
        # After a standstill of the scheduler the latest one alone is written.
        ("item_3_days", 1, False),
        ("item_1_day", -1, False),
        ("item_late", -1, True),
    ],
)
def test_reminder_of_a_promise_is_written_while_it_holds(place, kind, due_in, written):
    owner = owner_of(place)
    far = timezone.localdate() + timedelta(days=9)
    item = promise(place=place, what="Call", side=Side.STARTUP, due_on=far, by=owner)
    day = timezone.localdate(timezone=owner.zone) + timedelta(days=due_in)
    ActionItem.objects.filter(pk=item.pk).update(due_on=day)
    make_due(item, kind, owner)
    item_reminding.write_due()
    item_reminding.write_due()
    letters = InboxNotice.objects.filter(notice="action_item_due")
    assert letters.count() == int(written)
    if written:
        assert ("Was due" in letters[0].subject) is (due_in < 0)


def test_session_that_is_logged_plans_reminders_of_what_was_promised(place):
    mentoring = make_mentoring(place)
    held = timezone.now() - timedelta(hours=2)
    session = make_session(mentoring, starts_at=held)
    day = timezone.localdate() + timedelta(days=9)
    coaching.log_session(
        place=again(place),
        session=session,
        log={"discussed": "Pricing.", "minutes_contact": 60},
        private_note="",
        promises=[{"what": "Call five", "side": Side.STARTUP, "due_on": day}],
        next_at=None,
        key=session.pk,
        by=mentoring.mentor.user,
    )
    item = ActionItem.objects.get(what="Call five")
    assert item.session == session
    assert Reminder.objects.about(item).count() == 3
    assert again(session).state == SessionState.LOGGED
