"""A Demo Day with everybody who is told of it, and what they should be told, reckoned apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from events.actions.registration import register
from events.choices import EventKind
from events.models import Event, Registration
from events.workflow import event_workflow, registration_workflow
from portal.choices import Mode, Role
from portal.models import ProgrammeStaff, User
from startups.actions.demo_day import take_cohort_in
from startups.choices import CohortKind, CohortState, MemberRole, PlaceState, StartupKind
from startups.models import (
    Acquaintance,
    Cohort,
    DemoDay,
    Membership,
    Mentor,
    Mentoring,
    Place,
    Startup,
)

if TYPE_CHECKING:
    import random

    from portal.models import Programme

ZONES = (
    *("Europe/Stockholm", "Africa/Nairobi", "Asia/Tokyo", "America/New_York", "Asia/Kathmandu"),
    "Australia/Sydney",
)
#: Days before the day, by the end of the kinds' names.
DAYS = {"14_days": 14, "7_days": 7, "1_day": 1}
DECK_DAYS = {"deck_7_days": 7, "deck_3_days": 3, "deck_1_day": 1}
#: Every third startup has a second person.
SECOND_PERSON = 3


def next_change(zone: str, after: datetime) -> datetime:
    """The first midnight UTC after which the clocks of a zone have changed."""
    there = ZoneInfo(zone)
    day = after.replace(hour=0, minute=0, second=0, microsecond=0)
    while (day + timedelta(days=1)).astimezone(there).utcoffset() == day.astimezone(
        there
    ).utcoffset():
        day += timedelta(days=1)
    return day


@dataclass(frozen=True)
class Hours:
    """One date of the day: what a person writes down who knows only wall clocks."""

    version: int
    wall: datetime
    zone: str

    def instant(self, wall: datetime) -> datetime:
        """When a clock on the wall there shows that."""
        return wall.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def starts_at(self) -> datetime:
        """When it begins."""
        return self.instant(self.wall)

    @property
    def ends_at(self) -> datetime:
        """Four hours later."""
        return self.starts_at + timedelta(hours=4)

    def due(self) -> dict[str, datetime]:
        """When each letter is due, by the end of the kinds' names."""
        found = {
            name: self.instant(self.wall - timedelta(days=days)) for name, days in DAYS.items()
        }
        found["1_hour"] = self.starts_at - timedelta(hours=1)
        end = self.ends_at.astimezone(ZoneInfo(self.zone))
        found["thanks"] = self.instant(datetime.combine(end.date() + timedelta(days=1), time(10)))
        return found


@dataclass(frozen=True)
class DeckHours(Hours):
    """One deadline of the decks."""

    def due(self) -> dict[str, datetime]:
        """When a missing deck is asked for."""
        return {
            name: self.instant(self.wall - timedelta(days=days)) for name, days in DECK_DAYS.items()
        }


@dataclass
class Day:
    """The event and its people."""

    manager: User
    event: Event
    demo_day: DemoDay
    guests: list[User] = field(default_factory=list)
    mentors: list[User] = field(default_factory=list)
    members: list[User] = field(default_factory=list)

    @property
    def everybody(self) -> list[User]:
        """Whoever has it in a calendar."""
        return [*self.guests, *self.mentors, *self.members]

    def kinds_of(self, name: str) -> dict[str, list[User]]:
        """Who is told at one of the instants, by the kind of the reminder."""
        if name in DECK_DAYS:
            return {name: self.members}
        return {
            f"guest_{name}": self.guests,
            f"demo_day_{name}_startup": self.members,
            f"demo_day_{name}_mentor": self.mentors,
        }

    def move(self, hours: Hours) -> None:
        """The product's own step."""
        event = Event.objects.get(pk=self.event.pk)
        event_workflow.perform(
            event,
            "move",
            actor=self.manager,
            reason="The hall is taken.",
            data={
                "starts_at": hours.starts_at,
                "ends_at": hours.ends_at,
                "place": event.place,
                "join_link": event.join_link,
            },
        )


def make_people(prefix: str, count: int, rng: random.Random) -> list[User]:
    """Accounts in six zones."""
    password = make_password(None)
    return User.objects.bulk_create(
        User(
            email=f"{prefix}-{number}@example.org",
            given_name=f"{prefix.title()} {number}",
            password=password,
            time_zone=rng.choice(ZONES),
        )
        for number in range(count)
    )


def make_day(
    programme: Programme, hours: Hours, decks: DeckHours, rng: random.Random, counts: dict[str, int]
) -> Day:
    """Cohort, mentors, event and running order; published, nobody invited yet."""
    (manager,) = make_people("manager", 1, rng)
    ProgrammeStaff.objects.create(programme=programme, user=manager, role=Role.MANAGER)
    today = timezone.localdate()
    cohort = Cohort.objects.create(
        programme=programme,
        kind=CohortKind.ACCELERATOR,
        name="Bench batch",
        slug="bench-batch",
        mode=Mode.ONLINE,
        starts_on=today - timedelta(days=60),
        ends_on=today + timedelta(days=400),
        places=counts["startups"],
        time_zone=hours.zone,
        state=CohortState.PUBLISHED,
    )
    event = Event.objects.create(
        programme=programme,
        kind=EventKind.DEMO_DAY,
        title="Demo Day",
        slug="bench-demo-day",
        summary="Startups show what they have built.",
        starts_at=hours.starts_at,
        ends_at=hours.ends_at,
        time_zone=hours.zone,
        mode=Mode.ONLINE,
        join_link="https://call.example.org/demo-day",
        needs_approval=True,
    )
    demo_day = DemoDay.objects.create(event=event, cohort=cohort, deck_due_at=decks.starts_at)
    day = Day(manager=manager, event=event, demo_day=demo_day)
    _fill(day, cohort, rng, counts)
    take_cohort_in(demo_day=demo_day, by=manager)
    event_workflow.perform(event, "publish", actor=manager)
    return day


def _fill(day: Day, cohort: Cohort, rng: random.Random, counts: dict[str, int]) -> None:
    startups = Startup.objects.bulk_create(
        Startup(
            kind=StartupKind.STARTUP,
            legal_name=f"Bench {number} Ltd",
            country="KE",
            registration_number=f"bench/{number}",
        )
        for number in range(counts["startups"])
    )
    seconds = [one for number, one in enumerate(startups) if number % SECOND_PERSON == 0]
    day.members = make_people("member", len(startups) + len(seconds), rng)
    Membership.objects.bulk_create(
        Membership(startup=startup, user=user, role=MemberRole.OWNER)
        for startup, user in zip([*startups, *seconds], day.members, strict=True)
    )
    Acquaintance.objects.bulk_create(
        Acquaintance(startup=startup, programme=cohort.programme) for startup in startups
    )
    places = Place.objects.bulk_create(
        Place(
            cohort=cohort,
            startup=startup,
            state=PlaceState.ACTIVE,
            answer_by=timezone.now(),
            offered_by=day.manager,
        )
        for startup in startups
    )
    day.mentors = make_people("mentor", counts["mentors"], rng)
    ProgrammeStaff.objects.bulk_create(
        ProgrammeStaff(programme=cohort.programme, user=user, role=Role.MENTOR)
        for user in day.mentors
    )
    mentors = Mentor.objects.bulk_create(
        Mentor(programme=cohort.programme, user=user, expertise="Pricing") for user in day.mentors
    )
    Mentoring.objects.bulk_create(
        Mentoring(place=places[number % len(places)], mentor=mentor, assigned_by=day.manager)
        for number, mentor in enumerate(mentors)
    )


def invite(day: Day, rng: random.Random, count: int) -> None:
    """Guests register and are approved, each by the product's verbs."""
    day.guests = make_people("guest", count, rng)
    for guest in day.guests:
        register(event=day.event, user=guest, kind="guest")
    for registration in Registration.objects.filter(event=day.event):
        registration_workflow.perform(registration, "approve", actor=day.manager)
