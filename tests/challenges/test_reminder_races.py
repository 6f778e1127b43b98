"""Reminders under load: real commits, three schedulers, and people who act at that moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from challenges import reminders
from challenges.actions.call import move_deadline
from challenges.actions.reminding import remind_due
from challenges.models import Application
from challenges.workflow.application import application_workflow
from portal import actions
from portal.choices import OutboxState, ReminderState, Role
from portal.models import Heartbeat, OutboxMessage, Reminder
from startups.notices import MemberDeparted
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff
from tests.factories.startups import add_member
from tests.letters import Stage

pytestmark = pytest.mark.django_db(transaction=True)
SCHEDULERS = 3


@pytest.fixture
def threads():
    """Threads with a session of the database each, closed before the tables are emptied."""
    with ThreadPoolExecutor(8) as pool:

        def start(work):
            def run():
                try:
                    return work()
                finally:
                    connections.close_all()

            return pool.submit(run)

        yield start


@pytest.fixture
def call():
    return make_call(make_programme(), closes_at=timezone.now() + timedelta(days=20))


def make_due(*kinds):
    """These are due at this very moment, whatever their version."""
    Reminder.objects.filter(kind__in=kinds, state=ReminderState.PLANNED).update(
        due_at=timezone.now() - timedelta(seconds=1)
    )


def test_moved_thrice_with_three_schedulers_none_is_written_twice_or_outdated(threads, call):
    manager = make_staff(call.programme, Role.MANAGER)
    for _number in range(6):
        add_member(make_application(call).startup)
    reminders.plan_anew(call, now=timezone.now())
    gate = Barrier(SCHEDULERS + 1)

    def scheduler():
        gate.wait()
        for _round in range(5):
            Heartbeat.objects.filter(name=reminders.PLANNER).delete()
            reminders.plan_due()
            remind_due()

    def staff():
        gate.wait()
        for days in (10, 20, 30):
            make_due("draft_14_days")
            closes_at = timezone.now() + timedelta(days=20 + days)
            move_deadline(
                call=call, closes_at=closes_at, accepts_until=None, reason="x", by=manager
            )

    for done in [*(threads(scheduler) for _number in range(SCHEDULERS)), threads(staff)]:
        done.result(timeout=60)
    call.refresh_from_db()
    assert call.deadline_version == 4
    rows = Reminder.objects.filter(kind__startswith="draft")
    assert not rows.exclude(version=4).filter(state=ReminderState.PLANNED).exists()
    assert rows.filter(version=4).count() == 12 * 6
    written = OutboxMessage.objects.filter(notice="draft_reminded")
    keys = {key.split(":")[1] for key in written.values_list("dedup_key", flat=True)}
    assert len(keys) == written.count() == rows.filter(state=ReminderState.SENT).count()
    # None has not left that speaks of an outdated deadline.
    waiting = written.filter(state=OutboxState.PENDING)
    current = {str(key) for key in rows.filter(version=4).values_list("pk", flat=True)}
    assert {key.split(":")[1] for key in waiting.values_list("dedup_key", flat=True)} <= current


def test_submitted_while_three_schedulers_write_no_letter_is_left_to_leave(threads, call):
    applications = [make_application(call, complete=True) for _number in range(8)]
    Application.objects.update(completeness=100)
    reminders.plan_anew(call, now=timezone.now())
    make_due("draft_3_hours")
    gate = Barrier(SCHEDULERS + 1)

    def scheduler():
        gate.wait()
        remind_due()

    def team():
        gate.wait()
        for application in applications:
            application_workflow.perform(
                application,
                "submit",
                actor=application.started_by,
                data={"terms_version": call.terms_version},
            )

    for done in [*(threads(scheduler) for _number in range(SCHEDULERS)), threads(team)]:
        done.result(timeout=60)
    remind_due()
    assert not Reminder.objects.filter(
        kind__startswith="draft", state=ReminderState.PLANNED
    ).exists()
    letters = OutboxMessage.objects.filter(notice="complete_draft_reminded")
    assert not letters.filter(state=OutboxState.PENDING).exists()
    sent = Reminder.objects.filter(state=ReminderState.SENT, kind="draft_3_hours").count()
    assert letters.count() == sent


def test_three_schedulers_write_one_digest(threads):
    on = Stage()
    actions.choose_mail(user=on.owner, stopped=[], only_mandatory=False, in_digest=True)
    from django.db import transaction  # noqa: PLC0415

    from portal import outbox  # noqa: PLC0415

    for _number in range(5):
        with transaction.atomic():
            outbox.tell(
                MemberDeparted(), on.step(on.startup, actor=on.editor), programme=on.programme
            )
    OutboxMessage.objects.update(available_at=timezone.now() - timedelta(seconds=1))
    gate = Barrier(SCHEDULERS)

    def scheduler():
        gate.wait()
        return actions.write_digests()

    found = [threads(scheduler) for _number in range(SCHEDULERS)]
    assert sum(done.result(timeout=60) for done in found) == 1
    digest = OutboxMessage.objects.get(notice="digest")
    assert digest.told.count() == 5
