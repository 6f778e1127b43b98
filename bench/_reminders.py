"""Calls with many drafts and their dates, and what each reader should get, reckoned another way.

The oracle knows wall clocks and nothing else: it walks the night minute by minute, where the
product reckons with instants.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction

from bench._day import next_change
from challenges import reminders
from challenges.actions.call import move_deadline
from challenges.choices import CallKind, CallState, Fact
from challenges.models import Application, Call
from portal import clock
from portal.choices import Role
from portal.models import ProgrammeStaff, User
from startups.choices import MemberRole, StartupKind
from startups.models import Contact, Membership, Startup

if TYPE_CHECKING:
    import random
    from uuid import UUID

    from portal.models import Programme

#: In four the clocks change on the way, by an hour or by half of one; in two never.
ZONES = (
    *("Europe/Zurich", "America/New_York", "America/Santiago", "Australia/Lord_Howe"),
    *("Asia/Kathmandu", "Pacific/Kiritimati"),
)
READERS = (*ZONES, "America/Los_Angeles", "Asia/Tokyo")
CHANGES = frozenset(ZONES[:4])
DAYS = {"14_days": 14, "7_days": 7, "3_days": 3, "1_day": 1}
HOURS = {"3_hours": 3, "1_hour": 1}
RUNGS = (*DAYS, *HOURS)
#: As the settings have them (docs/benchmarks.md).
EVENING, MORNING = time(21), time(8)
AHEAD, ENOUGH, MINUTE = timedelta(minutes=15), timedelta(minutes=30), timedelta(minutes=1)
#: One draft in so many is complete.
COMPLETE = 10


@dataclass(frozen=True)
class Deadline:
    """One deadline of a call: what a person writes down who knows only wall clocks."""

    version: int
    wall: datetime
    zone: str

    @property
    def starts_at(self) -> datetime:
        """The instant; the name is the control's."""
        return self.wall.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def nominal(self, rung: str) -> datetime:
        """A rung of the ladder, wherever one reads it."""
        if rung in HOURS:
            return self.starts_at - timedelta(hours=HOURS[rung])
        there = ZoneInfo(self.zone)
        return (self.wall - timedelta(days=DAYS[rung])).replace(tzinfo=there).astimezone(UTC)

    def due(self, rung: str, reader: str) -> datetime:
        """The same outside of the reader's night."""
        return _outside(self.nominal(rung), self.starts_at, reader)


def is_night(at: datetime, zone: str) -> bool:
    """By the clock on the wall there."""
    wall = at.astimezone(ZoneInfo(zone)).time()
    return wall >= EVENING or wall < MORNING


@cache
def _outside(at: datetime, ends: datetime, zone: str) -> datetime:
    minutes = (at + number * MINUTE for number in range(16))
    probe = next((minute for minute in minutes if is_night(minute, zone)), None)
    if probe is None:
        return at
    begins = morning = probe
    while is_night(begins - MINUTE, zone):
        begins -= MINUTE
    while is_night(morning, zone):
        morning += MINUTE
    if morning + ENOUGH <= ends:
        return morning if is_night(at, zone) else at
    return begins - AHEAD


@dataclass
class Team:
    """One draft with its writer."""

    application: UUID
    person: UUID
    zone: str
    is_complete: bool


@dataclass
class Track:
    """One call, its drafts, and the deadlines it will have, one after the other."""

    call: Call
    manager: User
    deadlines: list[Deadline]
    teams: list[Team] = field(default_factory=list)
    #: By version: at which rung it is moved on.
    torn: dict[int, str] = field(default_factory=lambda: dict.fromkeys((1, 2, 3), "14_days"))
    current: int = 0

    @property
    def deadline(self) -> Deadline:
        """The one that holds."""
        return self.deadlines[self.current]

    def ahead(self, now: datetime) -> list[tuple[datetime, str]]:
        """The instants at which anybody of it is to be told anything."""
        zones = {team.zone for team in self.teams}
        found = {(self.deadline.due(rung, zone), rung) for rung in RUNGS for zone in zones}
        return sorted(one for one in found if one[0] > now)

    def told_at(self, at: datetime) -> dict[UUID, str]:
        """Whom the product should tell at an instant, and of which rung: the last of several."""
        found: dict[UUID, str] = {}
        for team in self.teams:
            for rung in RUNGS:
                if self.deadline.due(rung, team.zone) == at and (
                    rung != "1_hour" or team.is_complete
                ):
                    found[team.application] = rung
        return found

    def move(self) -> None:
        """The product's own step."""
        self.current += 1
        move_deadline(
            call=Call.objects.get(pk=self.call.pk),
            closes_at=self.deadline.starts_at,
            accepts_until=None,
            reason="A holiday lies in the last week.",
            by=self.manager,
        )


def deadlines_around(zone: str, after: datetime) -> list[Deadline]:
    """Four deadlines; their reminders lie on both sides of the change of the clocks there."""
    change = next_change(zone if zone in CHANGES else ZONES[0], after)

    def at(days: int, hour: int, minute: int = 0) -> datetime:
        return change.replace(hour=hour, minute=minute, tzinfo=None) + timedelta(days=days)

    walls = [at(2, 23, 59), at(3, 16, 30), at(4, 12), at(5, 23, 59)]
    return [Deadline(number, wall, zone) for number, wall in enumerate(walls, start=1)]


@transaction.atomic
def make_track(
    programme: Programme,
    zone: str,
    count: int,
    rng: random.Random,
    after: datetime,
    readers: tuple[str, ...] = READERS,
) -> Track:
    """A published call with ``count`` drafts, each of a person somewhere."""
    deadlines = deadlines_around(zone, after)
    now, name = clock.database_now(), zone.rpartition("/")[2].lower().replace("_", "-")
    call = Call.objects.create(
        programme=programme,
        kind=CallKind.CHALLENGE,
        title=f"Bench {name}",
        slug=f"bench-{name}",
        summary="What happens as a deadline comes near.",
        description="Technology.",
        places=5,
        state=CallState.PUBLISHED,
        published_at=now,
        opens_at=now,
        closes_at=deadlines[0].starts_at,
        accepts_until=deadlines[0].starts_at,
        time_zone=zone,
        not_applicable=list(Fact.values),
        terms="The terms.",
        terms_version="2026-01",
        contact_email="desk@example.org",
    )
    manager = User.objects.create(email=f"manager-{name}@example.org", password=make_password(None))
    ProgrammeStaff.objects.create(programme=programme, user=manager, role=Role.MANAGER)
    track = Track(call, manager, deadlines)
    _fill(track, name, count, rng, readers)
    reminders.plan_anew(call, now=clock.database_now())
    return track


def _fill(
    track: Track, name: str, count: int, rng: random.Random, readers: tuple[str, ...]
) -> None:
    password = make_password(None)
    people = User.objects.bulk_create(
        User(
            email=f"{name}-{number}@example.org",
            password=password,
            time_zone=rng.choice(readers),
        )
        for number in range(count)
    )
    startups = Startup.objects.bulk_create(
        Startup(
            kind=StartupKind.STARTUP,
            legal_name=f"{name} {number} Ltd",
            country="KE",
            registration_number=f"{name}/{number}",
        )
        for number in range(count)
    )
    Membership.objects.bulk_create(
        Membership(startup=startup, user=user, role=MemberRole.OWNER)
        for startup, user in zip(startups, people, strict=True)
    )
    Contact.objects.bulk_create(
        Contact(startup=startup, name="Wanjiku", telephone="+254700000001") for startup in startups
    )
    applications = Application.objects.bulk_create(
        Application(
            call=track.call,
            startup=startup,
            started_by=user,
            completeness=40 if number % COMPLETE else 100,
        )
        for number, (startup, user) in enumerate(zip(startups, people, strict=True))
    )
    track.teams = [
        Team(application.pk, user.pk, user.time_zone, application.completeness == 100)
        for application, user in zip(applications, people, strict=True)
    ]
