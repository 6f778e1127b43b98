"""Cohorts, mentors, sessions, goals and Demo Day for tests."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from portal.choices import Mode, Role
from startups.choices import CohortKind, CohortState, PlaceState, SessionState
from startups.models import (
    ActionItem,
    CoachingSession,
    Cohort,
    DemoDay,
    Goal,
    Mentor,
    Mentoring,
    Pitch,
    Place,
)
from tests.factories.events import make_event
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from events.models import Event
    from portal.models import Programme, User
    from startups.models import Startup

_number = count(1)


def make_cohort(programme: Programme | None = None, **fields: Any) -> Cohort:
    """A published accelerator batch of three places that began a week ago and lasts two months."""
    number = next(_number)
    today = timezone.localdate()
    fields = {
        "kind": CohortKind.ACCELERATOR,
        "name": f"Batch {number}",
        "slug": f"batch-{number}",
        "mode": Mode.ONLINE,
        "starts_on": today - timedelta(days=7),
        "ends_on": today + timedelta(days=53),
        "places": 3,
        "time_zone": "Asia/Tokyo",
        "terms": "Come to every workshop.",
        "terms_version": "1",
        "state": CohortState.PUBLISHED,
        "published_at": timezone.now(),
    } | fields
    return Cohort.objects.create(programme=programme or make_programme(), **fields)


def make_place(
    cohort: Cohort | None = None, startup: Startup | None = None, **fields: Any
) -> Place:
    """A startup that takes part now; its programme has met it."""
    cohort = cohort or make_cohort()
    startup = startup or make_startup()
    startup.acquaintances.get_or_create(programme=cohort.programme)
    fields = {
        "state": PlaceState.ACTIVE,
        "answer_by": timezone.now() + timedelta(days=7),
    } | fields
    if "offered_by" not in fields:
        fields["offered_by"] = make_user()
    return Place.objects.create(cohort=cohort, startup=startup, **fields)


def make_mentor(
    programme: Programme | None = None, user: User | None = None, **fields: Any
) -> Mentor:
    """A mentor with the role and a profile."""
    programme = programme or make_programme()
    user = user or make_staff(programme, Role.MENTOR)
    fields = {"expertise": "Pricing", "call_link": "https://call.example.org/mentor"} | fields
    return Mentor.objects.create(programme=programme, user=user, **fields)


def make_mentoring(
    place: Place | None = None, mentor: Mentor | None = None, **fields: Any
) -> Mentoring:
    """A mentor who coaches the startup of a place."""
    place = place or make_place()
    mentor = mentor or make_mentor(place.cohort.programme)
    fields = {"assigned_by": place.offered_by} | fields
    place.__dict__.pop("mentor_keys", None)
    return Mentoring.objects.create(place=place, mentor=mentor, **fields)


def make_session(mentoring: Mentoring | None = None, **fields: Any) -> CoachingSession:
    """A planned session of an hour that begins tomorrow; a logged one says how long it took."""
    mentoring = mentoring or make_mentoring()
    starts_at = fields.pop("starts_at", timezone.now() + timedelta(days=1))
    fields = {
        "topic": "Pricing",
        "ends_at": starts_at + timedelta(hours=1),
        "call_link": mentoring.mentor.call_link,
        "planned_by": mentoring.mentor.user,
    } | fields
    if fields.get("state") in {SessionState.LOGGED, SessionState.CONFIRMED}:
        fields = {"logged_at": timezone.now(), "minutes_contact": 60} | fields
    return CoachingSession.objects.create(
        place=mentoring.place, mentor=mentoring.mentor, starts_at=starts_at, **fields
    )


def make_action_item(place: Place | None = None, **fields: Any) -> ActionItem:
    """Something the startup is to do within a week."""
    fields = {
        "what": "Call five hospitals",
        "due_on": timezone.localdate() + timedelta(days=7),
    } | fields
    return ActionItem.objects.create(place=place or make_place(), **fields)


def make_goal(place: Place | None = None, **fields: Any) -> Goal:
    """A goal of this quarter."""
    today = timezone.localdate()
    fields = {
        "starts_on": today - timedelta(days=30),
        "ends_on": today + timedelta(days=60),
        "title": "Ten paying hospitals",
        "measure": "paying hospitals",
        "baseline": 2,
        "target": 10,
    } | fields
    return Goal.objects.create(place=place or make_place(), **fields)


def make_demo_day(
    cohort: Cohort | None = None, event: Event | None = None, **fields: Any
) -> DemoDay:
    """The Demo Day of a cohort in thirty days, its decks due a week before."""
    cohort = cohort or make_cohort()
    event = event or make_event(cohort.programme)
    fields = {"deck_due_at": event.starts_at - timedelta(days=7)} | fields
    return DemoDay.objects.create(event=event, cohort=cohort, **fields)


def make_pitch(demo_day: DemoDay | None = None, place: Place | None = None, **fields: Any) -> Pitch:
    """A pitch of three minutes with two for questions."""
    demo_day = demo_day or make_demo_day()
    place = place or make_place(demo_day.cohort)
    fields = {"order": demo_day.pitches.count() + 1, "presenter": "Wanjiku"} | fields
    return Pitch.objects.create(demo_day=demo_day, place=place, **fields)
