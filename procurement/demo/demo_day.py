"""The Demo Day of the batch: the coming 12 November, its running order, decks and guests."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from events.choices import EventKind, EventState, GuestKind, RegistrationState
from events.models import Event, Registration
from portal import clock
from portal.choices import Mode
from portal.models import Document
from procurement.demo import people
from procurement.demo.papers import paper
from procurement.demo.source import key, table
from startups.models import DemoDay, Pitch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from portal.models import User
    from procurement.demo.cohort import Batch
    from procurement.demo.history import Trail

SLUG = "500-kobe-accelerator-2020-demo-day"
MONTH, DAY = 11, 12
STARTS, ENDS, DECKS_DUE = time(14), time(17), time(18)
DECKS_BEFORE = timedelta(days=7)
OPENING = 15
ANNOUNCED = timedelta(days=20)
#: Every so-manieth startup has handed in its deck; the founder's, the first one, has not.
DECK_EVERY = 2
JAPANESE = "ja"


def coming(today: date) -> date:
    """The next 12 November after today."""
    this_year = today.replace(month=MONTH, day=DAY)
    return this_year if today < this_year else this_year.replace(year=today.year + 1)


def load(batch: Batch, cast: Mapping[str, User], trail: Trail) -> None:
    """Store the event with its pitches and guests."""
    event = _event(batch)
    event.save(force_insert=True)
    assert event.published_at is not None
    trail.add(
        event,
        "publish",
        at=event.published_at,
        actor=batch.manager,
        from_state=EventState.DRAFT,
        to_state=EventState.PUBLISHED,
    )
    day = clock.local(event.starts_at, event.zone).date()
    due_at = clock.instant_in(event.time_zone, datetime.combine(day - DECKS_BEFORE, DECKS_DUE))
    demo_day = DemoDay(
        id=key("demo day", SLUG),
        created_at=event.created_at,
        event=event,
        cohort=batch.cohort,
        deck_due_at=due_at,
        opening_minutes=OPENING,
    )
    demo_day.save(force_insert=True)
    taken_in_at = event.created_at + timedelta(hours=1)
    trail.add(
        demo_day,
        "take-cohort-in",
        at=taken_in_at,
        actor=batch.manager,
        facts={"count": len(batch.takings)},
    )
    _pitches(batch, demo_day, taken_in_at, trail)
    _guests(batch, event, cast, trail)


def _event(batch: Batch) -> Event:
    zone = batch.cohort.time_zone
    day = coming(batch.moment.now.astimezone(batch.cohort.zone).date())
    published_at = batch.moment.now - ANNOUNCED
    return Event(
        id=key("event", SLUG),
        created_at=published_at - timedelta(days=1),
        state_changed_at=published_at,
        published_at=published_at,
        programme=batch.cohort.programme,
        kind=EventKind.DEMO_DAY,
        title="Demo Day of the batch of 2020 (demonstration)",
        slug=SLUG,
        summary=f"{len(batch.takings)} companies, a few minutes each, online.",
        description=(
            "*A demonstration: companies and guests are fictional.*\n\n"
            "Each company pitches for three minutes and answers questions for two. "
            "Registered guests get the link to join."
        ),
        starts_at=clock.instant_in(zone, datetime.combine(day, STARTS)),
        ends_at=clock.instant_in(zone, datetime.combine(day, ENDS)),
        time_zone=zone,
        mode=Mode.ONLINE,
        join_link="https://meet.example.org/demo-day",
        languages=["en", "ja"],
        capacity=300,
        needs_approval=True,
        state=EventState.PUBLISHED,
    )


def _pitches(batch: Batch, demo_day: DemoDay, at: datetime, trail: Trail) -> None:
    pitches, decks = [], []
    for number, taking in enumerate(batch.takings):
        country = str(taking.company.startup.country)
        pitch = Pitch(
            id=key("pitch", SLUG, taking.company.key),
            created_at=at,
            demo_day=demo_day,
            place=taking.place,
            order=number + 1,
            presenter=taking.owner.shown_name if number % DECK_EVERY else "",
            language=JAPANESE if country == "JP" else "en",
        )
        pitches.append(pitch)
        if number % DECK_EVERY == 0:
            continue
        handed_in_at = batch.moment.now - timedelta(days=2 + number // 2, hours=number)
        pitch.deck = paper(
            pitch,
            "deck.pdf",
            startup=taking.company.startup,
            by=taking.owner,
            at=handed_in_at,
            title=f"Pitch {number + 1}",
        )
        decks.append(pitch.deck)
        trail.add(
            pitch,
            "hand-in-deck",
            at=handed_in_at,
            actor=taking.owner,
            facts={"document": str(pitch.deck.pk)},
        )
    Document.objects.bulk_create(decks)
    Pitch.objects.bulk_create(pitches)


def _guests(batch: Batch, event: Event, cast: Mapping[str, User], trail: Trail) -> None:
    rows = table("guests.csv")
    guests = [
        cast.get(f"{row['key']}@example.org")
        or people.make_person(
            f"{row['key']}@example.net",
            **{name: row[name] for name in ("given", "family", "shown", "zone")},
        )
        for row in rows
    ]
    people.store(guest for guest in guests if guest.email not in cast)
    registrations = []
    for number, (row, guest) in enumerate(zip(rows, guests, strict=True)):
        asked_at = batch.moment.now - timedelta(days=1 + number * 0.7, hours=number % 7)
        state = RegistrationState(row["state"])
        is_answered = state != RegistrationState.ASKED
        answered_at = asked_at + timedelta(hours=11 + number % 5)
        registration = Registration(
            id=key("registration", SLUG, row["key"]),
            created_at=asked_at,
            state_changed_at=answered_at if is_answered else asked_at,
            event=event,
            user=guest,
            kind=GuestKind(row["kind"]),
            organisation=row["organisation"],
            interest=row["interest"],
            state=state,
            answered_by=batch.manager if is_answered else None,
        )
        registrations.append(registration)
        asked = RegistrationState.ASKED
        trail.add(registration, "register", at=asked_at, actor=guest, to_state=asked)
        if is_answered:
            trail.add(
                registration,
                "approve" if state == RegistrationState.APPROVED else "decline",
                at=answered_at,
                actor=batch.manager,
                from_state=asked,
                to_state=state,
            )
    Registration.objects.bulk_create(registrations)
