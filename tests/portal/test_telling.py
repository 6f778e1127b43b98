"""Letters that a step only plans: written by the sweep, once, and none that is overtaken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from challenges.actions.call import move_deadline
from challenges.notices.call import DeadlineMoved
from challenges.workflow.call import call_workflow
from portal.actions.telling import AGAIN_AFTER, tell_due
from portal.choices import OutboxState, ReminderState, Unwritten
from portal.models import InboxNotice, OutboxMessage, Reminder
from portal.tasks import deliver
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member

PLANNED, SENT, CANCELLED = ReminderState.PLANNED, ReminderState.SENT, ReminderState.CANCELLED


@pytest.fixture
def call():
    return make_call(make_programme(), title="Harbour Call")


@pytest.fixture
def manager(call):
    return make_staff(call.programme)


@pytest.fixture
def startup(call):
    return make_application(call).startup


def move(call, manager, days, reason="Power cut."):
    closes_at = timezone.now().replace(microsecond=0) + timedelta(days=days)
    return move_deadline(
        call=call, closes_at=closes_at, accepts_until=None, reason=reason, by=manager
    )


def letters():
    return OutboxMessage.objects.filter(notice="deadline_moved")


def rows():
    return Reminder.objects.filter(kind="deadline_moved")


@pytest.mark.django_db
@pytest.mark.parametrize("more", [0, 2])
def test_step_plans_a_row_each_and_writes_no_letter(call, manager, startup, more):
    for _number in range(more):
        add_member(startup, make_user())
    step = move(call, manager, 40)
    assert not letters().exists()
    assert set(rows().values_list("state", "version")) == {(PLANNED, step.entry.pk)}
    assert rows().count() == 1 + more


@pytest.mark.django_db
def test_letter_says_what_the_step_said(call, manager, startup):
    owner = startup.owners()[0]
    move(call, manager, 40, reason="The cable to Antigua broke.")
    assert tell_due() == 1
    [letter] = letters()
    assert letter.recipient == owner
    assert letter.subject == "New deadline: Harbour Call"
    assert "is later now" in letter.text
    assert "The cable to Antigua broke." in letter.text
    assert "Deadline before" in letter.text
    assert InboxNotice.objects.get(notice="deadline_moved").recipient == owner
    assert rows().get().state == SENT
    assert tell_due() == 0
    assert letters().count() == 1


@pytest.mark.django_db
def test_deadline_that_comes_earlier_says_so(call, manager, startup):
    move(call, manager, 40)
    move(call, manager, 20)
    tell_due()
    [letter] = letters()
    assert "is earlier now" in letter.text
    assert letter.recipient == startup.owners()[0]


@pytest.mark.django_db
def test_second_move_overtakes_what_is_not_written(call, manager, startup):
    first, second = move(call, manager, 40), move(call, manager, 50)
    tell_due()
    [letter] = letters()
    assert f"{second.entry.pk}" in letter.dedup_key
    assert rows().get(version=first.entry.pk).why_not == Unwritten.MOVED
    assert letter.recipient == startup.owners()[0]


@pytest.mark.django_db
def test_second_move_holds_what_has_not_left(call, manager, startup):
    move(call, manager, 40)
    tell_due()
    move(call, manager, 50)
    tell_due()
    assert [letter.state for letter in letters().order_by("created_at")] == [
        OutboxState.HELD_BACK,
        OutboxState.PENDING,
    ]
    assert startup.memberships.count() == 1


@pytest.mark.django_db
def test_who_closed_the_account_meanwhile_is_not_written_to(call, manager, startup):
    left = add_member(startup, make_user())
    move(call, manager, 40)
    left.is_active = False
    left.save(update_fields=["is_active"])
    tell_due()
    assert [letter.recipient for letter in letters()] == [startup.owners()[0]]


@pytest.mark.django_db
def test_cancelled_call_tells_of_that_and_of_no_deadline(call, manager, startup):
    move(call, manager, 40)
    call_workflow.perform(call, "cancel", actor=manager, reason="The donor withdrew.")
    tell_due()
    told = OutboxMessage.objects.exclude(state=OutboxState.HELD_BACK)
    assert [letter.notice for letter in told] == ["call_cancelled"]
    assert told[0].recipient == startup.owners()[0]


@pytest.mark.django_db
def test_letter_that_cannot_be_written_is_tried_again_and_stops_no_other(
    call, manager, startup, monkeypatch
):
    other = make_call(call.programme)
    make_application(other)
    before = timezone.now()
    move(call, manager, 40)
    call_workflow.perform(other, "cancel", actor=manager, reason="x")
    monkeypatch.setattr(DeadlineMoved, "subject", lambda *_: 1 / 0)
    tell_due()
    assert OutboxMessage.objects.filter(notice="call_cancelled").count() == 1
    row = rows().get()
    assert (row.state, row.why_not) == (PLANNED, "")
    assert row.due_at > before + AGAIN_AFTER - timedelta(minutes=1)
    monkeypatch.undo()
    rows().update(due_at=timezone.now() - timedelta(seconds=1))
    tell_due()
    assert letters().get().recipient == startup.owners()[0]


@pytest.mark.django_db
def test_whoever_is_woken_to_deliver_writes_them_too(call, manager, startup):
    move(call, manager, 40)
    deliver()
    assert letters().get().recipient == startup.owners()[0]


@pytest.mark.django_db(transaction=True)
def test_four_writers_write_each_letter_once(call, manager):
    for _number in range(30):
        make_application(call)
    move(call, manager, 40)

    def write():
        try:
            return tell_due()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = [one.result(timeout=60) for one in [pool.submit(write) for _ in range(4)]]
    assert sum(done) == 30
    assert letters().count() == letters().values("recipient").distinct().count() == 30


@pytest.mark.django_db
@pytest.mark.parametrize("more", [0, 3])
def test_writing_costs_as_many_statements_for_all(
    call, manager, startup, more, django_assert_num_queries
):
    for _number in range(more):
        add_member(startup, make_user())
    move(call, manager, 40)
    # Rows, and that none is left; the turn, the lock, the record, the entry, the clock; programme,
    # own words, notices, letters, rows; and three savepoints.
    with django_assert_num_queries(18):
        tell_due()
    assert letters().count() == 1 + more
