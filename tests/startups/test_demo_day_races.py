"""Demo Day under load: real commits, several schedulers and desks at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from events.models import Event
from portal import clock
from portal.actions.letters import sweep
from portal.choices import ReminderState, Role
from portal.models import AuditEntry, OutboxMessage, Reminder
from portal.workflow import StepRefused
from startups.actions.pitch import freeze_due, hand_in_deck
from startups.actions.stage import end_pitch, start_pitch
from startups.models import DemoDay, Pitch
from startups.reminders.demo_day import instants_of, plan_demo_day, plan_due, write_due
from tests.factories.cohorts import make_cohort, make_demo_day, make_mentoring, make_pitch
from tests.factories.files import make_pdf
from tests.factories.portal import make_programme, make_staff
from tests.startups.test_demo_day_letters import begins_in, make_due, move, owner_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def threads():
    """Threads with a session of the database each, closed before the tables are emptied."""
    with ThreadPoolExecutor(12) as pool:

        def start(work, *args, **kwargs):
            def run():
                try:
                    return work(*args, **kwargs)
                finally:
                    connections.close_all()

            return pool.submit(run)

        yield start


def sleep_until(instant):
    while (left := (instant - clock.database_now()).total_seconds()) >= 0:
        time.sleep(left + 0.002)


@pytest.fixture
def programme():
    return make_programme()


def test_moved_thrice_with_three_schedulers_each_letter_is_written_once(threads, programme):
    manager = make_staff(programme, Role.MANAGER)
    demo_day = make_demo_day(make_cohort(programme, places=9))
    pitches = [make_pitch(demo_day) for _number in range(4)]
    for pitch in pitches:
        make_mentoring(pitch.place)
    demo_day = begins_in(demo_day, timedelta(days=20))
    plan_demo_day(demo_day)
    gate = Barrier(4)

    def scheduler():
        gate.wait()
        for _round in range(6):
            plan_due()
            write_due()

    def staff():
        gate.wait()
        for days in (-3, 10, -11):
            move(Event.objects.get(pk=demo_day.event_id), manager, days=days)
            # What was planned for the date before is due at this very moment.
            make_due(demo_day, "demo_day_14_days_startup")
            make_due(demo_day, "demo_day_14_days_mentor")

    for done in [*(threads(scheduler) for _number in range(3)), threads(staff)]:
        done.result(timeout=60)
    plan_due()
    event = Event.objects.get(pk=demo_day.event_id)
    assert event.version == 4
    rows = Reminder.objects.about(demo_day)
    assert set(rows.exclude(version=4).values_list("state", flat=True)) <= {
        ReminderState.SENT,
        ReminderState.CANCELLED,
    }
    instants = instants_of(event)
    ahead = rows.filter(version=4, state=ReminderState.PLANNED)
    assert {
        (kind, at) for kind, at in ahead.values_list("kind", "due_at") if "14_days" not in kind
    } == {
        (f"{kind}_{side}", at)
        for kind, at in instants.items()
        for side in ("startup", "mentor")
        if "14_days" not in kind
    }
    # The day is sixteen days off: the one for fourteen days is ahead, or was made due above.
    write_due()
    for notice in ("startup_demo_day_reminded", "mentor_demo_day_reminded"):
        got = list(
            OutboxMessage.objects.filter(notice=notice).values_list("recipient", "dedup_key")
        )
        assert len(got) == len(set(got))
    sent = rows.filter(kind__startswith="demo_day_14", state=ReminderState.SENT)
    told = OutboxMessage.objects.filter(notice__endswith="demo_day_reminded")
    assert told.count() == sent.count()
    of_last = sent.filter(version=4)
    assert of_last.count() == of_last.values("recipient", "kind").distinct().count() == 8
    moved = OutboxMessage.objects.filter(notice="demo_day_moved")
    assert moved.count() == moved.values("recipient", "dedup_key").distinct().count()
    for reader in moved.values_list("recipient", flat=True).distinct():
        last = moved.filter(recipient=reader).order_by("-created_at").first()
        assert f"SEQUENCE:{event.version}" in last.calendar


def test_uploads_around_the_deadline_agree_with_the_frozen_copy(threads, programme):
    demo_day = make_demo_day(make_cohort(programme, places=20))
    pitches = [make_pitch(demo_day) for _number in range(8)]
    owners = {pitch.pk: owner_of(pitch) for pitch in pitches}
    due_at = clock.database_now() + timedelta(seconds=2)
    DemoDay.objects.filter(pk=demo_day.pk).update(deck_due_at=due_at)

    def upload(pitch, offset):
        deck = SimpleUploadedFile("deck.pdf", make_pdf(), "application/pdf")
        fresh = Pitch.objects.get(pk=pitch.pk)
        sleep_until(due_at + timedelta(milliseconds=offset))
        try:
            hand_in_deck(pitch=fresh, upload=deck, by=owners[pitch.pk])
        except StepRefused:
            return False
        return True

    def freezer():
        sleep_until(due_at)
        return freeze_due()

    waiting = {
        pitch.pk: threads(upload, pitch, offset)
        for pitch, offset in zip(pitches, range(-200, 200, 50), strict=True)
    }
    freezers = [threads(freezer) for _number in range(3)]
    taken = {key: done.result(timeout=60) for key, done in waiting.items()}
    assert sum(done.result(timeout=60) for done in freezers) + freeze_due() == 1
    for pitch in Pitch.objects.filter(demo_day=demo_day):
        assert (pitch.deck_id is not None) == taken[pitch.pk]
        assert pitch.frozen_deck_id == pitch.deck_id
        for entry in AuditEntry.objects.about(pitch).filter(verb="hand-in-deck"):
            assert entry.at >= due_at - timedelta(seconds=1)
    assert AuditEntry.objects.about(demo_day).filter(verb="freeze-decks").count() == 1


def test_upload_that_waited_past_the_deadline_is_refused(threads, programme):
    demo_day = make_demo_day(make_cohort(programme))
    pitch = make_pitch(demo_day)
    owner = owner_of(pitch)
    due_at = clock.database_now() + timedelta(seconds=0.8)
    DemoDay.objects.filter(pk=demo_day.pk).update(deck_due_at=due_at)
    deck = SimpleUploadedFile("deck.pdf", make_pdf(), "application/pdf")
    from django.db import connection  # noqa: PLC0415 -- a session of the test's own

    session = connection.get_new_connection(connection.get_connection_params())
    try:
        with session.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT 1 FROM startups_demoday WHERE id = %s FOR UPDATE", [str(demo_day.pk)]
            )
            waiting = threads(
                hand_in_deck, pitch=Pitch.objects.get(pk=pitch.pk), upload=deck, by=owner
            )
            sleep_until(due_at)
            session.commit()
        with pytest.raises(StepRefused, match="deadline passed"):
            waiting.result(timeout=60)
    finally:
        session.close()
    pitch.refresh_from_db()
    assert pitch.deck is None


def test_two_desks_press_at_once_and_agree(threads, programme):
    manager = make_staff(programme, Role.MANAGER)
    demo_day = make_demo_day(make_cohort(programme, places=5))
    demo_day = begins_in(demo_day, timedelta(hours=1))
    first, second = make_pitch(demo_day), make_pitch(demo_day)
    start_pitch(pitch=first, by=manager)
    gate = Barrier(6)

    def press(verb, pitch):
        gate.wait()
        return verb(pitch=Pitch.objects.get(pk=pitch.pk), by=manager)

    presses = [threads(press, start_pitch, second) for _number in range(3)]
    presses += [threads(press, end_pitch, first) for _number in range(3)]
    done = [one.result(timeout=60) for one in presses]
    assert sum(done[:3]) == 1
    assert sum(done[3:]) <= 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.started_at < first.ended_at <= second.started_at
    assert second.ended_at is None
    assert AuditEntry.objects.about(first).filter(verb="pitch").count() == 1
    assert AuditEntry.objects.about(second).filter(verb="start-pitch").count() == 1


def test_the_sweep_does_it_all(programme):
    demo_day = make_demo_day(make_cohort(programme))
    pitch = make_pitch(demo_day)
    DemoDay.objects.filter(pk=demo_day.pk).update(
        deck_due_at=clock.database_now() - timedelta(seconds=1)
    )
    sweep()
    demo_day.refresh_from_db()
    assert demo_day.decks_frozen_at
    assert demo_day.planned_version == demo_day.event.version
    assert Reminder.objects.filter(recipient=owner_of(pitch)).exists()
