"""What stands in whose calendar: one's own and nothing else, and never a note."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from challenges.choices import ApplicationState, AssignmentState, CallState
from challenges.models import Application, ReviewAssignment
from events.choices import EventState, RegistrationState
from portal.actions import calendar
from portal.choices import Role
from startups.choices import ItemState, PlaceState, SessionState, Side
from startups.models import CoachingSession, PrivateNote
from tests.factories.challenges import make_application, make_call
from tests.factories.cohorts import (
    make_action_item,
    make_cohort,
    make_demo_day,
    make_mentor,
    make_mentoring,
    make_pitch,
    make_place,
    make_session,
)
from tests.factories.events import make_event, make_registration
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db


def feed_of(user):
    answer = Client().get(reverse("calendar-feed", args=[calendar.make_feed(user=user)]))
    assert answer.status_code == 200
    return answer.content.decode()


def entries_of(user):
    """By the first word of the entry's name, the entries of a person's calendar."""
    found = {}
    for event in icalendar.Calendar.from_ical(feed_of(user)).events:
        found.setdefault(event["uid"].partition("-")[0], []).append(event)
    return found


def all_of_it():
    """A startup and its mentor with one of each."""
    owner = make_user(time_zone="Africa/Nairobi")
    place = make_place(startup=make_startup(owner=owner))
    mentoring = make_mentoring(place)
    session = make_session(mentoring)
    demo_day = make_demo_day(place.cohort)
    make_pitch(demo_day, place)
    make_action_item(place, what="Call five hospitals")
    make_action_item(place, what="Write to the port", side=Side.MENTOR, mentor=mentoring.mentor)
    make_application(make_call(place.cohort.programme), place.startup)
    return owner, mentoring.mentor.user, place, session, demo_day


def test_startup_and_mentor_have_each_their_own():
    owner, mentor, place, _session, demo_day = all_of_it()
    mine, theirs = entries_of(owner), entries_of(mentor)
    assert set(mine) == {"session", "event", "deck", "item", "deadline"}
    assert set(theirs) == {"session", "event", "item"}
    assert [str(one["summary"]) for one in mine["item"]] == ["To do: Call five hospitals"]
    assert [str(one["summary"]) for one in theirs["item"]] == ["To do: Write to the port"]
    assert mine["deck"][0]["dtstart"].dt == demo_day.deck_due_at.replace(microsecond=0)
    assert str(place.startup) in mine["session"][0]["summary"]
    assert mine["session"][0]["location"] == "https://call.example.org/mentor"
    assert mine["event"][0]["location"].endswith(demo_day.event.join_link)


def test_strangers_staff_and_former_members_have_nothing_of_it():
    owner, mentor, place, _session, _demo_day = all_of_it()
    assert entries_of(make_user()) == {}
    for role in (Role.MANAGER, Role.COORDINATOR, Role.MENTOR, Role.REVIEWER):
        assert entries_of(make_staff(place.cohort.programme, role)) == {}
    assert entries_of(make_user(is_superuser=True)) == {}
    place.startup.memberships.all().delete()
    assert entries_of(owner) == {}
    mentor.staff_roles.update(ended_at=timezone.now())
    assert "event" not in entries_of(mentor)


def test_note_is_in_nobodys_calendar():
    owner, mentor, _place, session, _demo_day = all_of_it()
    canary = "canary-1f0c"
    PrivateNote.objects.create(session=session, author=mentor, text=canary)
    CoachingSession.objects.update(
        state=SessionState.LOGGED,
        logged_at=timezone.now(),
        minutes_contact=60,
        discussed=canary,
        advice=canary,
        shared_note=canary,
    )
    for person in (owner, mentor):
        text = feed_of(person)
        assert "session-" in text
        assert canary not in text.replace("\r\n ", "")


def test_cancelled_session_stays_for_ninety_days_as_cancelled():
    owner, _mentor, _place, session, _demo_day = all_of_it()
    CoachingSession.objects.update(state=SessionState.CANCELLED, plan_version=2)
    (found,) = entries_of(owner)["session"]
    assert found["status"] == "CANCELLED"
    assert found["sequence"] == 2
    assert found["uid"].startswith(f"session-{session.pk}@")
    long_ago = timezone.now() - timedelta(days=91)
    CoachingSession.objects.update(starts_at=long_ago, ends_at=long_ago + timedelta(hours=1))
    assert "session" not in entries_of(owner)


def test_deadline_is_the_one_of_the_team_and_its_number_rises():
    owner = make_user()
    call = make_call(time_zone="America/New_York")
    application = make_application(call, make_startup(owner=owner))
    (first,) = entries_of(owner)["deadline"]
    assert first["dtstart"].dt == call.closes_at.replace(microsecond=0)
    assert first["dtstart"].params["TZID"] == "America/New_York"
    later = (call.closes_at + timedelta(days=3)).replace(microsecond=0)
    Application.objects.filter(pk=application.pk).update(extended_until=later)
    (second,) = entries_of(owner)["deadline"]
    assert second["dtstart"].dt == later
    assert second["sequence"] > first["sequence"]
    assert second["uid"] == first["uid"]
    call.state = CallState.CANCELLED
    call.save(update_fields=["state"])
    (third,) = entries_of(owner)["deadline"]
    assert third["status"] == "CANCELLED"


def test_juror_reads_how_many_are_due_and_no_name():
    programme = make_programme()
    juror, by = make_staff(programme, Role.REVIEWER), make_staff(programme, Role.MANAGER)
    call = make_call(programme)
    startup = make_startup(legal_name="Makoko Sensors Ltd")
    for one in (startup, make_startup()):
        application = make_application(call, one, state=ApplicationState.SUBMITTED)
        ReviewAssignment.objects.create(
            application=application,
            reviewer=juror,
            assigned_by=by,
            due_on=timezone.localdate() + timedelta(days=4),
        )
    (found,) = entries_of(juror)["reviews"]
    assert found["summary"] == f"2 reviews due: {call.title}"
    assert found["dtstart"].dt.strftime("%H:%M") == "23:59"
    assert "Makoko" not in feed_of(juror)
    juror.staff_roles.update(ended_at=timezone.now())
    assert entries_of(juror) == {}
    juror.staff_roles.update(ended_at=None)
    ReviewAssignment.objects.update(state=AssignmentState.DONE)
    assert entries_of(juror) == {}


def test_offer_stands_until_it_is_answered():
    owner = make_user()
    place = make_place(startup=make_startup(owner=owner), state=PlaceState.INVITED)
    (found,) = entries_of(owner)["place"]
    assert found["dtstart"].dt == place.answer_by.replace(microsecond=0)
    place.state = PlaceState.CONFIRMED
    place.save(update_fields=["state"])
    assert "place" not in entries_of(owner)


def test_promise_that_was_dropped_says_so_and_one_that_was_kept_goes():
    owner = make_user()
    item = make_action_item(make_place(startup=make_startup(owner=owner)))
    before = entries_of(owner)["item"][0]["sequence"]
    item.state = ItemState.DROPPED
    item.save(update_fields=["state"])
    (found,) = entries_of(owner)["item"]
    assert found["status"] == "CANCELLED"
    assert found["sequence"] > before
    item.state = ItemState.DONE
    item.save(update_fields=["state"])
    assert "item" not in entries_of(owner)


def test_guest_has_the_event_once_approved_and_a_draft_is_nobodys():
    guest = make_user()
    registration = make_registration(make_event(), guest, state=RegistrationState.ASKED)
    assert entries_of(guest) == {}
    registration.state = RegistrationState.APPROVED
    registration.save(update_fields=["state"])
    (found,) = entries_of(guest)["event"]
    assert registration.event.join_link in found["location"]
    owner, _mentor, _place, _session, demo_day = all_of_it()
    demo_day.event.state = EventState.DRAFT
    demo_day.event.save(update_fields=["state"])
    assert {"event", "deck"}.isdisjoint(entries_of(owner))


def test_feed_asks_as_often_for_three_as_for_one():
    owner = make_user()
    programme = make_programme()
    mentor = make_mentor(programme, make_staff(programme, Role.MENTOR))
    startup = make_startup(owner=owner)

    def one_more():
        place = make_place(make_cohort(programme), startup)
        mentoring = make_mentoring(place, mentor)
        make_session(mentoring)
        make_pitch(make_demo_day(place.cohort), place)
        make_action_item(place)
        make_place(startup=startup, state=PlaceState.INVITED)
        make_application(make_call(programme), startup)
        make_registration(user=owner)

    def count(person):
        path = reverse("calendar-feed", args=[calendar.make_feed(user=person)])
        with CaptureQueriesContext(connection) as asked:
            assert Client().get(path).status_code == 200
        return len(asked)

    one_more()
    first = count(owner), count(mentor.user)
    one_more()
    one_more()
    assert (count(owner), count(mentor.user)) == first
    assert first[0] <= 20
