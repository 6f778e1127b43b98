"""The people of a rush: startups with a complete draft each, and somebody who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from challenges.choices import CallKind, CallState, Fact, QuestionKind
from challenges.models import Answer, Application, Call, Question
from portal import clock
from portal.choices import PolicyKind, ProgrammeKind
from portal.models import PolicyText, Programme, User
from startups.choices import MemberRole, StartupKind
from startups.models import Acquaintance, Contact, Membership, Startup

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from uuid import UUID

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ZONES = ("Europe/Stockholm", "Africa/Nairobi", "Asia/Tokyo", "America/Antigua", "Asia/Kathmandu")
#: Every third team has a second person, who gets letters too.
SECOND_PERSON = 3
WORDS = ("water", "energy", "harbour", "sensor", "island", "bridge", "storm", "signal", "light")


@dataclass
class Applicant:
    """One team at the last second: what it submits, who clicks, and who is told."""

    application: UUID
    user: UUID
    session: str
    team: frozenset[UUID]
    check_url: str
    home_url: str
    receipt_url: str

    @property
    def refusal_urls(self) -> tuple[str, str]:
        """Where a refused person is sent: to mend what is missing, or to read that it is over."""
        return self.check_url, self.home_url


def make_call(programme: Programme, name: str) -> Call:
    """A call that is open for a day yet, with ten questions."""
    now = clock.database_now()
    call = Call.objects.create(
        programme=programme,
        kind=CallKind.CHALLENGE,
        title=f"Bench {name}",
        slug=f"bench-{name}",
        summary="What happens in the last seconds.",
        description="Technology.",
        places=5,
        state=CallState.PUBLISHED,
        published_at=now - timedelta(days=7),
        opens_at=now - timedelta(days=7),
        closes_at=now + timedelta(days=1),
        accepts_until=now + timedelta(days=1),
        time_zone="Asia/Tokyo",
        not_applicable=list(Fact.values),
        terms="The terms.",
        terms_version="2026-01",
        contact_email="desk@example.org",
    )
    kinds = [QuestionKind.SHORT] * 2 + [QuestionKind.LONG] * 6
    kinds += [QuestionKind.CHOICE, QuestionKind.NUMBER]
    Question.objects.bulk_create(
        Question(
            call=call,
            order=order,
            section=f"Section {order // 4 + 1}",
            label=f"Question {order}",
            kind=kind,
            options=["Water", "Energy"] if kind == QuestionKind.CHOICE else [],
        )
        for order, kind in enumerate(kinds, start=1)
    )
    return call


def make_ground() -> Programme:
    """A programme, and the text that the one-query page shows."""
    PolicyText.objects.get_or_create(
        kind=PolicyKind.PRIVACY,
        version="bench",
        defaults={"text": "A text.", "in_force_from": timezone.localdate()},
    )
    return Programme.objects.create(
        slug="bench",
        name="Bench",
        kind=ProgrammeKind.CENTRE,
        city="Kobe",
        country="JP",
        time_zone="Asia/Tokyo",
        mailbox="desk@example.org",
        published=True,
    )


@transaction.atomic
def make_applicants(call: Call, count: int, rng: random.Random) -> list[Applicant]:
    """``count`` startups with people, sessions and complete drafts, in a handful of statements."""
    password = make_password(None)
    startups = Startup.objects.bulk_create(
        Startup(
            kind=StartupKind.STARTUP,
            legal_name=f"{rng.choice(WORDS)} {number} Ltd".title(),
            country="KE",
            registration_number=f"{call.slug}/{number}",
        )
        for number in range(count)
    )
    teams = [
        [
            User(
                email=f"{call.slug}-{number}-{place}@example.org",
                given_name=f"Person {number}",
                password=password,
                time_zone=rng.choice(ZONES),
            )
            for place in range(2 if number % SECOND_PERSON == 0 else 1)
        ]
        for number in range(count)
    ]
    User.objects.bulk_create(user for team in teams for user in team)
    Membership.objects.bulk_create(
        Membership(
            startup=startup, user=user, role=MemberRole.EDITOR if place else MemberRole.OWNER
        )
        for startup, team in zip(startups, teams, strict=True)
        for place, user in enumerate(team)
    )
    Contact.objects.bulk_create(
        Contact(startup=startup, name="Wanjiku", telephone="+254 700 000 001")
        for startup in startups
    )
    Acquaintance.objects.bulk_create(
        Acquaintance(startup=startup, programme=call.programme) for startup in startups
    )
    applications = Application.objects.bulk_create(
        Application(call=call, startup=startup, started_by=team[0], completeness=100)
        for startup, team in zip(startups, teams, strict=True)
    )
    _answer_all(call, applications, rng)
    sessions = [session_of(team[0]) for team in teams]
    Session.objects.bulk_create(sessions)
    return [
        Applicant(
            application=application.pk,
            user=team[0].pk,
            session=session.session_key,
            team=frozenset(user.pk for user in team),
            check_url=reverse("challenges:application-check", args=[application.pk]),
            home_url=reverse("challenges:application-detail", args=[application.pk]),
            receipt_url=reverse("challenges:application-receipt", args=[application.pk]),
        )
        for application, team, session in zip(applications, teams, sessions, strict=True)
    ]


def _answer_all(call: Call, applications: Sequence[Application], rng: random.Random) -> None:
    def value_of(question: Question) -> str:
        if question.kind == QuestionKind.CHOICE:
            return "Water"
        if question.kind == QuestionKind.NUMBER:
            return str(rng.randint(1, 40))
        length = 100 if question.kind == QuestionKind.LONG else 8
        return " ".join(rng.choices(WORDS, k=length))

    questions = list(call.questions.all())
    Answer.objects.bulk_create(
        (
            Answer(
                application=application,
                question=question,
                value=value_of(question),
                edited_by=application.started_by,
            )
            for application in applications
            for question in questions
        ),
        batch_size=1_000,
    )


def session_of(user: User) -> Session:
    """The row that signing in leaves behind."""
    store = SessionStore()
    content = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: BACKEND,
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    return Session(
        session_key=store._get_new_session_key(),
        session_data=store.encode(content),
        expire_date=timezone.now() + timedelta(days=1),
    )
