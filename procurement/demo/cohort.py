"""The batch: the chosen of 2020 in a cohort that runs today, with those who coach them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any

from challenges.choices import ApplicationState
from challenges.models import Application, Call
from portal import clock
from portal.choices import Mode, PolicyKind, Role
from portal.models import PolicyText, ProgrammeStaff
from procurement.demo import people
from procurement.demo.reviews import MANAGER
from procurement.demo.source import chance, key, table, toml
from startups.choices import CohortKind, CohortState, PlaceState
from startups.models import Cohort, Group, Mentor, Mentoring, Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from portal.models import Sector, User
    from procurement.demo.applications import Plan
    from procurement.demo.calls import MadeCall
    from procurement.demo.companies import Company
    from procurement.demo.history import Trail
    from procurement.demo.source import Moment

NAME = "500 Kobe Accelerator 2020: the batch (demonstration)"
SLUG = "500-kobe-accelerator-2020-batch"
TERMS = "demo-1"
#: The mentor of the demonstration's own account; the founder's organisation is one of theirs.
MENTOR = "mentor.kobe"
#: Eight weeks as in 2020, of which six are over at the day of loading.
BEGAN, ENDS = 42, 14
#: Days before the first day on which an offer was made, and answered at the latest.
OFFERED, ANSWERED = 24, 17
#: Zone of each group, and of which countries its startups come; whoever else is with the middle.
GROUPS = {
    "Asia and Pacific": ("Asia/Tokyo", {"JP", "SG", "TW", "ID", "VN"}),
    "India, Africa, Europe": ("Africa/Nairobi", {"IN", "DE", "GB", "UA", "KE"}),
    "Americas": ("America/New_York", {"US", "BR"}),
}
#: Where the mentors of each group's startups sit.
NEAR = {
    "Asia and Pacific": {"Asia/Tokyo", "Asia/Jakarta"},
    "India, Africa, Europe": {"Asia/Kolkata", "Africa/Nairobi", "Europe/Berlin"},
    "Americas": {"America/New_York"},
}
MENTORS_OF_A_FEW = 6
STARTUPS_OF_THE_MENTOR = 3
SECOND_MENTOR_EVERY = 3
NO_TEXT_EVERY = 4


@dataclass
class Taking:
    """A startup that takes part: its place, its people, those who coach it, the first one first."""

    place: Place
    company: Company
    mentors: list[Mentor] = field(default_factory=list)

    @property
    def owner(self) -> User:
        """Who acts for it."""
        return self.company.people[0]


@dataclass
class Batch:
    """The cohort with everybody in it."""

    cohort: Cohort
    takings: list[Taking]
    mentors: list[Mentor]
    manager: User
    words: Mapping[str, Any]
    moment: Moment

    def at(self, zone: ZoneInfo, days: int, hour: int, minute: int = 0) -> datetime:
        """So many days from today at an hour of ``zone``, on a day on which people work."""
        day = self.moment.now.astimezone(zone).date() + timedelta(days)
        step = 1 if days > 0 else -1
        while days and day.isoweekday() > 5:  # noqa: PLR2004 -- Friday
            day += timedelta(step)
        return clock.instant_in(zone.key, datetime.combine(day, time(hour, minute)))


def load(
    *,
    made: MadeCall,
    plans: Sequence[Plan],
    applications: Sequence[Application],
    sectors: Mapping[str, Sector],
    cast: Mapping[str, User],
    moment: Moment,
    trail: Trail,
    small: bool,
) -> Batch:
    """Store the cohort of those the call selected."""
    words = toml("coaching.toml")
    cohort = _cohort(made, words, moment)
    cohort.save(force_insert=True)
    made.call.feeds = cohort
    Call.objects.filter(pk=made.call.pk).update(feeds=cohort)
    trail.add(
        cohort,
        "publish",
        at=cohort.created_at + timedelta(days=2),
        actor=cast[MANAGER],
        from_state=CohortState.DRAFT,
        to_state=CohortState.PUBLISHED,
    )
    groups = {name: _group(cohort, name, zone) for name, (zone, _codes) in GROUPS.items()}
    Group.objects.bulk_create(groups.values())
    chosen = [
        (plan.company, application)
        for plan, application in zip(plans, applications, strict=True)
        if application.state == ApplicationState.SELECTED
    ]
    takings = [
        Taking(_place(cohort, groups, company, number, cast), company)
        for number, (company, _application) in enumerate(chosen)
    ]
    Place.objects.bulk_create(taking.place for taking in takings)
    for taking, (_company, application) in zip(takings, chosen, strict=True):
        application.place = taking.place
        application.state = ApplicationState.ACCEPTED
        assert taking.place.answered_at is not None
        application.state_changed_at = taking.place.answered_at
        _tell_of_place(trail, taking, application, cast[MANAGER])
    Application.objects.bulk_update(
        [application for _company, application in chosen], ["place", "state", "state_changed_at"]
    )
    mentors = _mentors(cohort, sectors, cast, moment, trail, small=small)
    batch = Batch(cohort, takings, mentors, cast[MANAGER], words, moment)
    _assign(batch, trail)
    return batch


def _cohort(made: MadeCall, words: Mapping[str, Any], moment: Moment) -> Cohort:
    programme = made.call.programme
    zone = programme.time_zone
    starts_on = moment.day(f"-{BEGAN}d", zone)
    made_at = moment.instant(f"-{BEGAN + 45}d 09:30", zone)
    return Cohort(
        id=key("cohort", SLUG),
        created_at=made_at,
        state_changed_at=made_at + timedelta(days=2),
        published_at=made_at + timedelta(days=2),
        programme=programme,
        kind=CohortKind.ACCELERATOR,
        name=NAME,
        slug=SLUG,
        theme="Technology for the social problems that the pandemic brought",
        description=words["description"].strip(),
        mode=Mode.ONLINE,
        starts_on=starts_on,
        ends_on=moment.day(f"+{ENDS}d", zone),
        places=made.call.places or 1,
        time_zone=zone,
        terms=words["terms"].strip(),
        terms_version=TERMS,
        state=CohortState.PUBLISHED,
    )


def _group(cohort: Cohort, name: str, zone: str) -> Group:
    return Group(
        id=key("group", cohort.slug, name),
        created_at=cohort.created_at,
        cohort=cohort,
        name=name,
        time_zone=zone,
    )


def _place(
    cohort: Cohort,
    groups: Mapping[str, Group],
    company: Company,
    number: int,
    cast: Mapping[str, User],
) -> Place:
    begins = datetime.combine(cohort.starts_on, time(9), tzinfo=cohort.zone)
    answered_at = begins - timedelta(days=ANSWERED + number % 6, hours=number)
    country = str(company.startup.country)
    name = next((one for one, (_zone, codes) in GROUPS.items() if country in codes), None)
    text = company.startup.summary[:400] if (number + 1) % NO_TEXT_EVERY else ""
    return Place(
        id=key("place", cohort.slug, company.key),
        created_at=begins - timedelta(days=OFFERED),
        state_changed_at=begins,
        cohort=cohort,
        startup=company.startup,
        group=groups[name or "India, Africa, Europe"],
        state=PlaceState.ACTIVE,
        answer_by=begins - timedelta(days=OFFERED - 10),
        offered_by=cast[MANAGER],
        terms_version=TERMS,
        answered_at=answered_at,
        answered_by=company.people[0],
        public_text=text,
        public_text_approved_at=begins + timedelta(days=3) if text else None,
        public_text_approved_by=company.people[0] if text else None,
    )


def _tell_of_place(trail: Trail, taking: Taking, application: Application, manager: User) -> None:
    place, owner = taking.place, taking.owner
    assert place.answered_at is not None
    states = PlaceState.INVITED, PlaceState.CONFIRMED, PlaceState.ACTIVE
    trail.add(application, "offer-place", at=place.created_at, actor=manager)
    trail.add(place, "offer", at=place.created_at, actor=manager)
    trail.add(
        application,
        "accept-offer",
        at=place.answered_at,
        actor=owner,
        from_state=ApplicationState.SELECTED,
        to_state=ApplicationState.ACCEPTED,
    )
    for verb, at, actor, before, after in (
        ("confirm", place.answered_at, owner, states[0], states[1]),
        ("start", place.state_changed_at, manager, states[1], states[2]),
    ):
        trail.add(place, verb, at=at, actor=actor, from_state=before, to_state=after)
    if place.public_text_approved_at is not None:
        trail.add(place, "approve-text", at=place.public_text_approved_at, actor=owner)


def _mentors(
    cohort: Cohort,
    sectors: Mapping[str, Sector],
    cast: Mapping[str, User],
    moment: Moment,
    trail: Trail,
    *,
    small: bool,
) -> list[Mentor]:
    rows = table("mentors.csv")[: MENTORS_OF_A_FEW if small else None]
    accounts = {
        row["key"]: cast.get(f"{row['key']}@example.org")
        or people.make_person(
            f"{row['key']}@example.net",
            **{name: row[name] for name in ("given", "family", "shown", "zone")},
        )
        for row in rows
    }
    known = set(cast.values())
    new = [person for person in accounts.values() if person not in known]
    people.store(new)
    ProgrammeStaff.objects.bulk_create(
        ProgrammeStaff(
            id=key("role", person.email, cohort.slug),
            programme=cohort.programme,
            user=person,
            role=Role.MENTOR,
        )
        for person in new
    )
    conduct = PolicyText.objects.in_force(PolicyKind.MENTORS).first()
    mentors = []
    for number, row in enumerate(rows):
        described_at = moment.instant(f"-{BEGAN + 30 - number % 9}d 12:00", row["zone"])
        mentor = Mentor(
            id=key("mentor", row["key"]),
            created_at=described_at,
            programme=cohort.programme,
            user=accounts[row["key"]],
            organisation=row["organisation"],
            expertise=row["expertise"],
            languages=row["languages"].split(),
            capacity=int(row["capacity"]),
            call_link=f"https://meet.example.org/{row['key'].replace('.', '-')}",
            conduct_version=conduct.version if conduct else "",
            conduct_accepted_at=described_at if conduct else None,
        )
        mentors.append(mentor)
        trail.add(mentor, "describe", at=described_at, actor=mentor.user)
        if conduct:
            trail.add(mentor, "accept-conduct", at=described_at, actor=mentor.user)
    Mentor.objects.bulk_create(mentors)
    through = Mentor.sectors.through
    through.objects.bulk_create(
        through(mentor=mentor, sector=sectors[code])
        for mentor, row in zip(mentors, rows, strict=True)
        for code in row["sectors"].split()
    )
    return mentors


def _assign(batch: Batch, trail: Trail) -> None:
    """One mentor to each, near in time where there is one, and a second one to every third."""
    first, *others = batch.mentors
    room = {mentor.pk: mentor.capacity for mentor in others}
    turns = {
        name: cycle([one for one in others if one.user.time_zone in zones] or [first])
        for name, zones in NEAR.items()
    }

    def next_of(taking: Taking) -> Mentor | None:
        assert taking.place.group is not None
        for _try in others:
            mentor = next(turns[taking.place.group.name])
            if room.get(mentor.pk, 0) > 0 and mentor not in taking.mentors:
                room[mentor.pk] -= 1
                return mentor
        return None

    own = [one for one in batch.takings if one.owner.email == people.FOUNDER]
    own += [
        one
        for one in batch.takings
        if one.place.group and one.place.group.name == "Asia and Pacific" and one not in own
    ][: STARTUPS_OF_THE_MENTOR - len(own)]
    for taking in own:
        taking.mentors.append(first)
    for taking in batch.takings:
        if not taking.mentors:
            taking.mentors.append(next_of(taking) or first)
    for number, taking in enumerate(batch.takings):
        second = next_of(taking) if number % SECOND_MENTOR_EVERY == 0 else None
        if second is not None:
            taking.mentors.append(second)
    mentorings = [
        Mentoring(
            id=key("mentoring", str(taking.place.pk), mentor.user.email),
            created_at=taking.place.state_changed_at + timedelta(hours=2 + order),
            state_changed_at=taking.place.state_changed_at + timedelta(hours=2 + order),
            place=taking.place,
            mentor=mentor,
            assigned_by=batch.manager,
        )
        for taking in batch.takings
        for order, mentor in enumerate(taking.mentors)
    ]
    Mentoring.objects.bulk_create(mentorings)
    for mentoring in mentorings:
        trail.add(
            mentoring,
            "assign",
            at=mentoring.created_at,
            actor=batch.manager,
            to_state=mentoring.state,
        )


def luck_of(taking: Taking, *names: str) -> Any:
    """Chance that falls the same way for a startup at every load."""
    return chance(*names, taking.company.key)


def quarter(day: date) -> tuple[date, date]:
    """The quarter of a year that begins on a day."""
    return day, day + timedelta(days=90)
