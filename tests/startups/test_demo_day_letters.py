"""Letters around a Demo Day: planned once, anew when it moves, each in the reader's own words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Max

from events.choices import EventState
from events.models import Event
from events.workflow import event_workflow
from portal import clock
from portal.choices import ReminderState, Role
from portal.models import OutboxMessage, Reminder
from startups.actions.demo_day import take_cohort_in
from startups.choices import MentoringState, PlaceState
from startups.models import DemoDay
from startups.reminders.demo_day import (
    deck_instants_of,
    instants_of,
    plan_demo_day,
    plan_due,
    write_due,
)
from tests.factories.cohorts import (
    make_cohort,
    make_demo_day,
    make_mentor,
    make_mentoring,
    make_pitch,
    make_place,
)
from tests.factories.events import make_event
from tests.factories.portal import make_programme, make_staff
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db

TOKYO = "Asia/Tokyo"


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def manager(programme):
    return make_staff(programme, Role.MANAGER)


@pytest.fixture
def demo_day(programme):
    return make_demo_day(make_cohort(programme, places=9), planned_version=0)


@pytest.fixture
def pitch(demo_day):
    return make_pitch(demo_day)


def owner_of(pitch: Any) -> Any:
    return pitch.startup.owners()[0]


def planned(record: Any) -> set[tuple[str, Any, datetime]]:
    rows = Reminder.objects.about(record).filter(state=ReminderState.PLANNED)
    return set(rows.values_list("kind", "recipient", "due_at"))


def letters(notice: str = "") -> list[Any]:
    rows = OutboxMessage.objects.order_by("created_at")
    return list(rows.filter(notice=notice) if notice else rows)


def begins_in(demo_day: DemoDay, left: timedelta) -> DemoDay:
    """So long before the day, as the database's clock says; nothing is planned by that."""
    now = clock.database_now()
    Event.objects.filter(pk=demo_day.event_id).update(
        starts_at=now + left, ends_at=now + left + timedelta(hours=2)
    )
    return DemoDay.objects.select_related("event", "cohort").get(pk=demo_day.pk)


def make_due(record: Any, kind: str) -> int:
    """As if the hour of these letters had come."""
    rows = Reminder.objects.about(record).filter(kind=kind)
    return rows.update(due_at=clock.database_now() - timedelta(seconds=1))


def move(event: Event, by: Any, days: float = 7, **new: Any) -> Event:
    """As staff move it."""
    event.refresh_from_db()
    step = timedelta(days=days)
    data = {
        "starts_at": event.starts_at + step,
        "ends_at": event.ends_at + step,
        "place": event.place,
        "join_link": event.join_link,
    } | new
    event_workflow.perform(event, "move", actor=by, reason="The hall is taken.", data=data)
    event.refresh_from_db()
    return event


# -- when -------------------------------------------------------------------------------------


def test_letters_come_at_the_hour_of_the_event_across_a_change_of_clocks():
    zone = "Europe/Stockholm"  # clocks go back on 25 October 2026
    starts_at = datetime(2026, 10, 28, 14, 0, tzinfo=ZoneInfo(zone))
    event = Event(starts_at=starts_at, ends_at=starts_at + timedelta(hours=3), time_zone=zone)
    instants = instants_of(event).items()
    walls = {kind: clock.local(at, zone).strftime("%d %H:%M") for kind, at in instants}
    assert walls == {
        "demo_day_14_days": "14 14:00",
        "demo_day_7_days": "21 14:00",
        "demo_day_1_day": "27 14:00",
        "demo_day_1_hour": "28 13:00",
        "demo_day_thanks": "29 10:00",
    }
    # It ends after midnight there: the day after is the day after that.
    event.ends_at = datetime(2026, 10, 29, 0, 30, tzinfo=ZoneInfo(zone))
    assert clock.local(instants_of(event)["demo_day_thanks"], zone).day == 30


def test_everybody_concerned_is_planned_for_once(demo_day, pitch):
    viewer = add_member(pitch.startup)
    mentor = make_mentoring(pitch.place).mentor.user
    make_mentoring(pitch.place, state=MentoringState.ENDED)
    make_pitch(demo_day, make_place(demo_day.cohort, state=PlaceState.DROPPED_OUT))
    elsewhere = make_mentoring(make_place(make_cohort(demo_day.cohort.programme)))
    assert plan_due() == 1
    instants = instants_of(demo_day.event)
    assert planned(demo_day) == {
        (f"{kind}_{side}", person.pk, at)
        for kind, at in instants.items()
        for side, people in {"startup": [owner_of(pitch), viewer], "mentor": [mentor]}.items()
        for person in people
    }
    assert elsewhere.mentor.user_id not in Reminder.objects.values_list("recipient", flat=True)
    decks = deck_instants_of(demo_day)
    assert {person for _kind, person, _at in planned(pitch)} <= {owner_of(pitch).pk, viewer.pk}
    assert {(kind, at) for kind, _person, at in planned(pitch)} == set(decks.items())
    before = Reminder.objects.count()
    assert plan_due() == 0
    assert plan_demo_day(demo_day)
    assert Reminder.objects.count() == before


def test_who_joins_later_is_planned_for_within_the_hour(demo_day, pitch):
    plan_due()
    place = make_place(demo_day.cohort)
    mentor = make_mentoring(place).mentor.user
    assert plan_due() == 0
    DemoDay.objects.update(planned_at=clock.database_now() - timedelta(minutes=61))
    assert plan_due() == 1
    recipients = {person for _kind, person, _at in planned(demo_day)}
    assert {place.startup.owners()[0].pk, mentor.pk} <= recipients


def test_publishing_plans_and_a_draft_is_left_alone(programme, manager):
    cohort = make_cohort(programme)
    place = make_place(cohort)
    event = make_event(programme, state=EventState.DRAFT, published_at=None)
    demo_day = make_demo_day(cohort, event)
    take_cohort_in(demo_day=demo_day, by=manager)
    assert plan_due() == 0
    assert not Reminder.objects.exists()
    event_workflow.perform(event, "publish", actor=manager)
    assert len(planned(demo_day)) == 5
    assert {person for _kind, person, _at in planned(demo_day)} == {place.startup.owners()[0].pk}
    assert not letters("demo_day_moved")


# -- moving -----------------------------------------------------------------------------------


def test_moved_day_is_planned_anew_and_told_once_to_each_side(demo_day, pitch, manager):
    mentor = make_mentoring(pitch.place).mentor.user
    plan_due()
    before = planned(demo_day)
    event = move(demo_day.event, manager)
    after = planned(demo_day)
    assert {at for _kind, _person, at in after} == set(instants_of(event).values())
    assert not before & after
    assert {one.recipient for one in letters("demo_day_moved")} == {owner_of(pitch), mentor}
    texts = {one.recipient_id: one.text for one in letters("demo_day_moved")}
    assert "your organisation pitches" in texts[owner_of(pitch).pk]
    assert "those you coach pitch" in texts[mentor.pk]
    for one in letters("demo_day_moved"):
        assert "The hall is taken." in one.text
        assert f"SEQUENCE:{event.version}" in one.calendar
    assert plan_due() == 0
    assert len(letters("demo_day_moved")) == 2


def test_cancelled_day_drops_everything_and_says_so(demo_day, pitch, manager):
    plan_due()
    event_workflow.perform(demo_day.event, "cancel", actor=manager, reason="A typhoon.")
    assert not Reminder.objects.filter(state=ReminderState.PLANNED).exists()
    [letter] = letters("demo_day_cancelled")
    assert letter.recipient == owner_of(pitch)
    assert "STATUS:CANCELLED" in letter.calendar
    assert plan_due() == 0


def test_letter_that_was_due_when_only_the_link_changed_is_still_written(demo_day, pitch, manager):
    demo_day = begins_in(demo_day, timedelta(days=7) + timedelta(seconds=1))
    plan_demo_day(demo_day)
    begins_in(demo_day, timedelta(days=7))
    event = Event.objects.get(pk=demo_day.event_id)
    Reminder.objects.about(demo_day).filter(kind="demo_day_7_days_startup").update(
        due_at=instants_of(event)["demo_day_7_days"]
    )
    move(event, manager, days=0, join_link="https://call.example.org/new")
    write_due()
    [letter] = letters("startup_demo_day_reminded")
    assert "https://call.example.org/new" in letter.calendar.replace("\r\n ", "")


@pytest.mark.parametrize("changed", ["moved", "cancelled", "left", "over", "member gone"])
def test_nothing_outdated_is_written(demo_day, pitch, changed):
    demo_day = begins_in(demo_day, timedelta(days=6, hours=23))
    plan_demo_day(demo_day, now=clock.database_now() - timedelta(days=1))
    assert make_due(demo_day, "demo_day_7_days_startup") == 1
    if changed == "moved":
        Event.objects.filter(pk=demo_day.event_id).update(version=9)
    elif changed == "cancelled":
        Event.objects.filter(pk=demo_day.event_id).update(state=EventState.CANCELLED)
    elif changed == "left":
        type(pitch.place).objects.filter(pk=pitch.place_id).update(state=PlaceState.DROPPED_OUT)
    elif changed == "over":
        begins_in(demo_day, timedelta(days=-1))
    else:
        pitch.startup.memberships.all().delete()
    write_due()
    assert not letters()
    row = Reminder.objects.about(demo_day).get(kind="demo_day_7_days_startup")
    assert row.state == ReminderState.CANCELLED


# -- words ------------------------------------------------------------------------------------


def test_each_side_reads_its_own_words_with_its_own_turn(demo_day, pitch):
    second = make_pitch(demo_day)
    mentor = make_mentor(demo_day.cohort.programme)
    for one in (pitch, second):
        make_mentoring(one.place, mentor)
    demo_day = begins_in(demo_day, timedelta(days=6, hours=23, minutes=59))
    plan_demo_day(demo_day, now=clock.database_now() - timedelta(days=1))
    for side in ("startup", "mentor"):
        make_due(demo_day, f"demo_day_7_days_{side}")
    assert write_due() == 3
    assert write_due() == 0
    by_reader = {one.recipient: one for one in letters()}
    assert set(by_reader) == {owner_of(pitch), owner_of(second), mentor.user}
    turns = [
        clock.in_words(demo_day.event.starts_at + timedelta(minutes=minutes), TOKYO)
        for minutes in (0, 5)
    ]
    own = by_reader[owner_of(second)]
    assert own.subject == f"You pitch at {demo_day.event.title} in 7 days"
    assert turns[1] in own.text
    assert str(pitch) not in own.text
    theirs = by_reader[mentor.user]
    assert theirs.subject == f"Those you coach pitch at {demo_day.event.title} in 7 days"
    assert all(str(one) in theirs.text for one in (pitch, second))
    assert "BEGIN:VEVENT" in own.calendar
    assert demo_day.event.join_link in own.calendar.replace("\r\n ", "")


def test_after_a_day_without_a_scheduler_one_reminder_is_enough(demo_day, pitch):
    demo_day = begins_in(demo_day, timedelta(hours=20))
    plan_demo_day(demo_day, now=clock.database_now() - timedelta(days=30))
    assert write_due() == 3  # three are due, the last of them is written
    assert [one.subject for one in letters()] == [
        f"You pitch at {demo_day.event.title} in 20 hours"
    ]


def test_thanks_come_on_the_day_after_and_not_before(demo_day, pitch):
    mentoring = make_mentoring(pitch.place)
    mentor = mentoring.mentor.user
    demo_day = begins_in(demo_day, timedelta(days=1))
    plan_demo_day(demo_day)
    mentoring.state = MentoringState.ENDED  # coaching ends with the day; the thanks come still
    mentoring.save(update_fields=["state"])
    begins_in(demo_day, timedelta(hours=-20))
    for side in ("startup", "mentor"):
        assert make_due(demo_day, f"demo_day_thanks_{side}") == 1
    write_due()
    assert {(one.notice, one.recipient) for one in letters()} == {
        ("startup_thanked", owner_of(pitch)),
        ("mentor_thanked", mentor),
    }


def test_decks_are_asked_for_where_they_are_missing(demo_day, pitch):
    demo_day.deck_due_at = clock.database_now() + timedelta(days=2, hours=23, minutes=58)
    demo_day.save(update_fields=["deck_due_at"])
    plan_demo_day(demo_day, now=clock.database_now() - timedelta(days=1))
    make_due(pitch, "deck_3_days")
    assert write_due() == 1
    [letter] = letters("deck_due")
    assert letter.subject == f"Your deck for {demo_day.event.title} is due in 3 days"
    DemoDay.objects.update(deck_version=2)
    make_due(pitch, "deck_1_day")
    write_due()
    assert len(letters("deck_due")) == 1  # of an earlier deadline


def test_planning_asks_no_more_often_for_many_people(
    demo_day, pitch, django_assert_max_num_queries
):
    for _number in range(12):
        make_mentoring(pitch.place)
        add_member(pitch.startup)
    with django_assert_max_num_queries(21):
        plan_demo_day(demo_day)
    assert Reminder.objects.aggregate(latest=Max("due_at"))["latest"]
