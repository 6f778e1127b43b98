"""The life of an event: published, moved thrice, cancelled; everybody told once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from events.actions.reminding import guest_reminding
from events.choices import EventState as State, RegistrationState, Reminded
from events.models import Event, Registration
from events.reminders import due_times, followers, plan_for_guests
from events.workflow import event_workflow, registration_workflow
from portal import clock
from portal.choices import Mode, OutboxState, ReminderState, Role
from portal.delivery import deliver_due
from portal.models import AuditEntry, OutboxMessage, Programme, Reminder, User
from portal.workflow import StepRefused
from tests.factories.events import make_event, make_registration
from tests.factories.portal import make_programme, make_staff, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    return make_programme()


@pytest.fixture
def manager(programme: Programme) -> User:
    return make_staff(programme, Role.MANAGER)


def take(event: Event, name: str, by: User | None, **data: Any) -> Event:
    """Take a step, with a reason."""
    step = event_workflow.perform(event, name, actor=by, reason="The hall is taken.", data=data)
    return step.record


def moved_by(event: Event, by: timedelta, **data: Any) -> dict[str, Any]:
    """The hours so much later, all else as it is."""
    return {
        "starts_at": event.starts_at + by,
        "ends_at": event.ends_at + by,
        "place": event.place,
        "join_link": event.join_link,
    } | data


def planned(event: Event) -> dict[str, int]:
    """How many rows of each kind wait, all of the event's version."""
    rows = Reminder.objects.about(event).filter(state=ReminderState.PLANNED)
    assert {row.version for row in rows} <= {event.version}
    return {kind: rows.filter(kind=kind).count() for kind in rows.values_list("kind", flat=True)}


def letters(notice: str) -> int:
    return OutboxMessage.objects.filter(notice=notice).count()


# -- publishing -----------------------------------------------------------------------------------


def test_event_is_published_with_an_instant(programme, manager):
    event = make_event(programme, state=State.DRAFT, published_at=None)
    event = take(event, "publish", manager)
    assert event.state == State.PUBLISHED
    assert event.published_at is not None
    assert Event.objects.ahead().get() == event


def test_event_that_would_have_begun_is_not_published(programme, manager):
    event = make_event(programme, state=State.DRAFT, starts_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(StepRefused, match="begun already"):
        take(event, "publish", manager)


def test_event_on_site_is_not_published_without_a_place(programme, manager):
    event = make_event(programme, state=State.DRAFT, mode=Mode.ON_SITE)
    with pytest.raises(StepRefused, match="place is empty"):
        take(event, "publish", manager)


@pytest.mark.parametrize("name", ["publish", "move", "cancel"])
def test_others_may_not_take_a_step(programme, name):
    state = State.DRAFT if name == "publish" else State.PUBLISHED
    event = make_event(programme, state=state)
    for person in (make_user(), make_staff(), make_staff(programme, Role.COMPLIANCE)):
        with pytest.raises(StepRefused) as refused:
            take(event, name, person, **moved_by(event, timedelta(days=1)))
        assert refused.value.permission


# -- moving ---------------------------------------------------------------------------------------


def test_move_changes_the_hours_counts_up_and_tells_each_guest_once(programme, manager):
    event = make_event(programme)
    coming, waiting, gone = (
        make_registration(event, state=state)
        for state in (
            RegistrationState.APPROVED,
            RegistrationState.ASKED,
            RegistrationState.CANCELLED,
        )
    )
    before = event.starts_at
    event = take(event, "move", manager, **moved_by(event, timedelta(days=3), place="Hall 2"))
    assert (event.version, event.starts_at) == (2, before + timedelta(days=3))
    told = OutboxMessage.objects.filter(notice="event_moved")
    assert {letter.recipient for letter in told} == {coming.user, waiting.user}
    letter = told.get(recipient=coming.user)
    for instant in (before, event.starts_at):
        assert clock.in_both_zones(instant, "Asia/Tokyo", "Europe/Stockholm") in letter.text
    assert "SEQUENCE:2" in letter.calendar
    assert f"UID:event-{event.pk}" in letter.calendar
    assert event.join_link in letter.calendar.replace("\r\n ", "")
    # Who waits for an answer has no entry yet.
    assert told.get(recipient=waiting.user).calendar == ""
    assert letters("event_moved") == 2
    assert not told.filter(recipient=gone.user).exists()
    entry = AuditEntry.objects.about(event).get(verb="move")
    assert (entry.facts["version"], entry.facts["guests"]) == (2, 2)
    assert entry.reason == "The hall is taken."


def test_nobody_registers_for_what_is_over_after_a_move(programme, manager):
    event = make_event(programme)
    event.registration_until = event.ends_at
    event.save(update_fields=["registration_until"])
    event = take(event, "move", manager, **moved_by(event, -timedelta(days=1)))
    assert event.registration_until == event.ends_at


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda event: moved_by(event, timedelta()), "nothing would change"),
        (lambda event: moved_by(event, -timedelta(days=31)), "passed already"),
        (lambda event: moved_by(event, timedelta(), ends_at=event.starts_at), "before it begins"),
    ],
)
def test_move_to_hours_that_make_no_sense_is_refused(programme, manager, change, refusal):
    event = make_event(programme)
    with pytest.raises(StepRefused, match=refusal):
        take(event, "move", manager, **change(event))
    assert Event.objects.get(pk=event.pk).version == 1


def test_event_under_way_may_get_another_link_and_one_that_is_over_not(programme, manager):
    event = make_event(programme, starts_at=timezone.now() - timedelta(hours=1))
    make_registration(event)
    event = take(event, "move", manager, **moved_by(event, timedelta(), join_link="https://x.org/"))
    assert event.join_link == "https://x.org/"
    assert "New details" in OutboxMessage.objects.get(notice="event_moved").subject
    over = make_event(programme, starts_at=timezone.now() - timedelta(hours=3))
    with pytest.raises(StepRefused, match="over"):
        take(over, "move", manager, **moved_by(over, timedelta(days=9)))


def test_reason_is_needed(programme, manager):
    event = make_event(programme)
    with pytest.raises(StepRefused, match="reason"):
        event_workflow.perform(
            event, "move", actor=manager, data=moved_by(event, timedelta(days=1))
        )


def test_cancelling_tells_guests_takes_it_out_of_calendars_and_drops_letters(programme, manager):
    event = make_event(programme)
    registration = make_registration(event)
    plan_for_guests(event, now=timezone.now())
    assert planned(event)
    event = take(event, "cancel", manager)
    assert event.version == 2
    assert planned(event) == {}
    letter = OutboxMessage.objects.get(notice="event_cancelled")
    assert letter.recipient == registration.user
    assert "STATUS:CANCELLED" in letter.calendar
    assert "SEQUENCE:2" in letter.calendar
    with pytest.raises(StepRefused):
        take(event, "move", manager, **moved_by(event, timedelta(days=1)))


def test_other_apps_follow_in_the_same_transaction(programme, manager, monkeypatch):
    seen: list[tuple[str, int]] = []
    monkeypatch.setattr(
        "events.reminders.followers",
        [*followers, lambda verb, step: seen.append((verb, step.record.version))],
    )
    event = make_event(programme)
    event = take(event, "move", manager, **moved_by(event, timedelta(days=1)))
    take(event, "cancel", manager)
    assert seen == [("move", 2), ("cancel", 3)]


# -- letters around it ----------------------------------------------------------------------------


def test_due_times_keep_the_hour_on_the_wall_over_a_change_of_clocks():
    # Two days after summer time ends in Stockholm (25 October 2026, 03:00).
    starts_at = datetime(2026, 10, 27, 17, tzinfo=UTC)
    event = Event(
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=7), time_zone="Europe/Stockholm"
    )
    there = {kind: f"{clock.local(at, event.zone):%d %H:%M}" for kind, at in due_times(event)}
    assert there == {
        Reminded.DAYS_14: "13 18:00",
        Reminded.DAYS_7: "20 18:00",
        Reminded.DAY_1: "26 18:00",
        Reminded.HOUR_1: "27 17:00",
        # It ends after midnight there, so the day after is the 29th.
        Reminded.THANKS: "29 10:00",
    }


def test_approval_plans_and_planning_again_changes_nothing(programme, manager):
    event = make_event(programme)
    registration = make_registration(event, state=RegistrationState.ASKED)
    registration_workflow.perform(registration, "approve", actor=manager)
    assert planned(event) == dict.fromkeys(Reminded.values, 1)
    plan_for_guests(event, now=timezone.now())
    assert Reminder.objects.about(event).count() == 5


def test_guest_who_cancels_and_comes_after_all_is_told_again(programme, manager):
    event = make_event(programme)
    registration = make_registration(event)
    plan_for_guests(event, now=timezone.now())
    registration_workflow.perform(registration, "cancel", actor=registration.user)
    assert planned(event) == {}
    registration.refresh_from_db()
    data = {"kind": "guest", "organisation": "", "interest": ""}
    registration_workflow.perform(
        registration, "register-again", actor=registration.user, data=data
    )
    registration_workflow.perform(registration, "approve", actor=manager)
    assert planned(event) == dict.fromkeys(Reminded.values, 1)


def test_moved_thrice_due_letters_leave_once_and_none_is_outdated(programme, manager):
    """Due a minute ago by the first hours; the last hours make the day before due a minute ago."""
    a_while_ago = timezone.now() - timedelta(hours=1)
    event = make_event(programme, starts_at=timezone.now() + timedelta(days=7, minutes=-1))
    guests = [make_registration(event) for _ in range(3)]
    plan_for_guests(event, now=a_while_ago)
    for by in (timedelta(days=2), timedelta(days=5), timedelta(days=-13)):
        event = take(event, "move", manager, **moved_by(event, by))
        assert guest_reminding.write_due() == 0, "the letter of the earlier hours is outdated"
    assert letters("event_moved") == 9
    plan_for_guests(event, now=a_while_ago)
    assert guest_reminding.write_due() == 3
    assert guest_reminding.write_due() == 0
    told = OutboxMessage.objects.filter(notice="guest_reminded")
    assert {letter.recipient for letter in told} == {guest.user for guest in guests}
    for letter in told:
        assert letter.subject.startswith("In 24 hours")
        assert clock.in_both_zones(event.starts_at, "Asia/Tokyo", "Europe/Stockholm") in letter.text
        assert "SEQUENCE:4" in letter.calendar
    assert planned(event) == {Reminded.HOUR_1: 3, Reminded.THANKS: 3}


def test_letter_that_is_owed_survives_a_change_of_the_link(programme, manager):
    event = make_event(programme, starts_at=timezone.now() + timedelta(days=7, minutes=-1))
    make_registration(event)
    plan_for_guests(event, now=timezone.now() - timedelta(hours=1))
    link = "https://call.example.org/new"
    event = take(event, "move", manager, **moved_by(event, timedelta(), join_link=link))
    assert guest_reminding.write_due() == 1
    # Written and not yet on its way: it is held back, and written anew with what holds now.
    event = take(event, "move", manager, **moved_by(event, timedelta(), place="Hall 2"))
    assert guest_reminding.write_due() == 1
    deliver_due()
    event = take(event, "move", manager, **moved_by(event, timedelta(), place="Hall 3"))
    assert guest_reminding.write_due() == 0
    states = OutboxMessage.objects.filter(notice="guest_reminded").values_list("state", flat=True)
    assert sorted(states) == [OutboxState.HELD_BACK, OutboxState.SENT]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda event: Event.objects.filter(pk=event.pk).update(version=2),
        lambda event: Event.objects.filter(pk=event.pk).update(state=State.CANCELLED),
        lambda event: Registration.objects.filter(event=event).update(
            state=RegistrationState.CANCELLED
        ),
        lambda event: Event.objects.filter(pk=event.pk).update(
            starts_at=timezone.now() - timedelta(minutes=1)
        ),
    ],
    ids=["moved", "cancelled", "does not come", "begun"],
)
def test_what_does_not_hold_any_more_is_not_written(programme, spoil):
    event = make_event(programme, starts_at=timezone.now() + timedelta(days=7, minutes=-1))
    make_registration(event)
    plan_for_guests(event, now=timezone.now() - timedelta(hours=1))
    spoil(event)
    assert guest_reminding.write_due() == 1
    assert letters("guest_reminded") == 0
    assert Reminder.objects.get(kind=Reminded.DAYS_7).state == ReminderState.CANCELLED


def test_after_days_without_a_scheduler_the_nearest_letter_is_enough(programme):
    event = make_event(programme, starts_at=timezone.now() + timedelta(hours=20))
    make_registration(event)
    plan_for_guests(event, now=timezone.now() - timedelta(days=20))
    guest_reminding.write_due()
    assert letters("guest_reminded") == 1


def test_thanks_are_written_on_the_day_after(programme):
    start = timezone.now() - timedelta(days=2)
    event = make_event(programme, starts_at=start)
    make_registration(event)
    plan_for_guests(event, now=start)
    guest_reminding.write_due()
    assert letters("guest_thanked") == 1
    assert letters("guest_summoned") == 0


@pytest.mark.django_db(transaction=True)
def test_three_schedulers_and_a_move_write_each_letter_once_and_none_outdated():
    programme = make_programme()
    manager = make_staff(programme)
    event = make_event(programme, starts_at=timezone.now() + timedelta(days=7, minutes=-1))
    guests = [make_registration(event) for _ in range(6)]
    plan_for_guests(event, now=timezone.now() - timedelta(hours=1))
    start, broken = threading.Barrier(4), []

    def run(what: Any) -> None:
        try:
            start.wait()
            what()
        except Exception as error:  # noqa: BLE001 -- shown by the test
            broken.append(error)
        finally:
            connection.close()

    def move() -> None:
        take(event, "move", manager, **moved_by(event, timedelta(days=3)))

    jobs = [guest_reminding.write_due] * 3 + [move]
    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    guest_reminding.write_due()
    written = OutboxMessage.objects.filter(notice="guest_reminded")
    # Each guest at most once, and before the move only: its letter has the later version.
    assert len(written) == len({letter.recipient_id for letter in written}) <= len(guests)
    moved = AuditEntry.objects.about(event).get(verb="move").at
    assert all(letter.created_at <= moved for letter in written)
    event.refresh_from_db()
    assert planned(event) == dict.fromkeys(set(Reminded.values) - {Reminded.DAYS_14}, 6)
