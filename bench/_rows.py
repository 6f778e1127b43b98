"""A call with thousands of applications: the rows that a year of work leaves, in bulk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from bench._long_form import make_long_form
from bench._people import WORDS, make_call, session_of
from bench._pour import pour
from challenges.choices import ApplicationState, AssignmentState, Outcome, QuestionKind
from challenges.fingerprint import fingerprint_of
from challenges.models import (
    Answer,
    Application,
    Call,
    ConflictOfInterest,
    Criterion,
    Decision,
    Question,
    Review,
    ReviewAssignment,
    Revision,
    Score,
)
from challenges.workflow.application import copy_of
from challenges.workflow.review import CENT, total_of
from portal.choices import Lane, Role
from portal.models import AuditEntry, InboxNotice, Label, OutboxMessage, ProgrammeStaff, User
from startups.choices import MemberRole, StartupKind
from startups.models import Acquaintance, Contact, Membership, Startup

if TYPE_CHECKING:
    import random

    from portal.models import Programme

JURORS = 12
REVIEWS = 3
CRITERIA = 4
COUNTRIES = ("KE", "JP", "SE", "AG", "NP", "CO", "GH", "VN", "FR", "IN")
#: Startups that have no application yet, drafts, and reviews that are being written: one for each
#: request that a bench makes of that kind.
NEWCOMERS, DRAFTS, OPEN_REVIEWS = 60, 60, 120
BATCH = 500


@dataclass
class Ground:
    """What a bench needs to know of the rows: keys and sessions."""

    call: Call
    manager: str
    juror: str
    #: Who has an empty account with an organisation, who has a draft and its key.
    newcomers: list[str] = field(default_factory=list)
    drafts: list[tuple[str, str]] = field(default_factory=list)
    #: The same with the longest form.
    long_drafts: list[tuple[str, str]] = field(default_factory=list)
    #: Keys of submitted applications and of reviews the juror is writing.
    applications: list[str] = field(default_factory=list)
    reviews: list[str] = field(default_factory=list)


def make_rows(programme: Programme, count: int, rng: random.Random) -> Ground:
    """``count`` submitted applications with three reviews each, and people who go on working."""
    call = make_call(programme, "pages")
    call.refresh_from_db()
    criteria = Criterion.objects.bulk_create(
        Criterion(
            call=call,
            order=order,
            name=f"Criterion {order}",
            weight=100 // CRITERIA,
            levels=["weak", "fair", "good", "strong", "excellent"],
        )
        for order in range(1, CRITERIA + 1)
    )
    staff = _staff(programme)
    made = Maker(call, list(call.questions.all()), criteria, staff, rng)
    labels = Label.objects.bulk_create(
        Label(programme=programme, name=name) for name in ("visited", "call back", "strong team")
    )
    keys: list[Any] = []
    for start in range(0, count, BATCH):
        keys += made.submitted(start, min(BATCH, count - start), labels)
    sessions = [session_of(staff[0]), session_of(staff[1])]
    Session.objects.bulk_create(sessions)
    ground = Ground(call, manager=sessions[0].session_key, juror=sessions[1].session_key)
    ground.applications = [str(key) for key in keys]
    ground.reviews = made.open_reviews(keys[:OPEN_REVIEWS])
    ground.newcomers = [session for session, _key in made.teams("new", NEWCOMERS, draft=False)]
    ground.drafts = made.teams("draft", DRAFTS, draft=True)
    ground.long_drafts = make_long_form(programme, rng)
    return ground


def _staff(programme: Programme) -> list[User]:
    """A manager, and the jury."""
    password = make_password(None)
    people = User.objects.bulk_create(
        User(email=f"staff-{number}@example.org", given_name=f"Staff {number}", password=password)
        for number in range(JURORS + 1)
    )
    ProgrammeStaff.objects.bulk_create(
        ProgrammeStaff(
            programme=programme, user=person, role=Role.REVIEWER if number else Role.MANAGER
        )
        for number, person in enumerate(people)
    )
    return people


@dataclass
class Maker:
    """Writes rows in batches, so that ten thousand applications take a minute."""

    call: Call
    questions: list[Question]
    criteria: list[Criterion]
    staff: list[User]
    rng: random.Random

    def _startups(self, name: str, start: int, count: int) -> tuple[list[Startup], list[User]]:
        password = make_password(None)
        numbers = range(start, start + count)
        startups = pour(
            Startup(
                kind=StartupKind.STARTUP,
                legal_name=f"{self.rng.choice(WORDS)} {name} {number} Ltd".title(),
                country=self.rng.choice(COUNTRIES),
                city="Kobe",
                registration_number=f"{name}/{number}",
                summary="What we do, in one sentence.",
            )
            for number in numbers
        )
        users = pour(
            User(
                email=f"{name}-{number}@example.org",
                given_name=f"Person {number}",
                password=password,
                time_zone="Europe/Stockholm",
            )
            for number in numbers
        )
        pairs = list(zip(startups, users, strict=True))
        pour(
            Membership(startup=startup, user=user, role=MemberRole.OWNER) for startup, user in pairs
        )
        pour(
            Contact(startup=startup, name="Wanjiku", telephone="+254 700 000 001")
            for startup in startups
        )
        pour(Acquaintance(startup=startup, programme=self.call.programme) for startup in startups)
        return startups, users

    def value_of(self, question: Question) -> str:
        """An answer of a usual length."""
        if question.kind == QuestionKind.CHOICE:
            return "Water"
        if question.kind == QuestionKind.NUMBER:
            return str(self.rng.randint(1, 40))
        return " ".join(self.rng.choices(WORDS, k=80 if question.kind == QuestionKind.LONG else 6))

    def _answers(self, applications: list[Application], users: list[User]) -> list[Answer]:
        return pour(
            (
                Answer(
                    application=application,
                    question=question,
                    value=self.value_of(question),
                    edited_by=user,
                )
                for application, user in zip(applications, users, strict=True)
                for question in self.questions
            )
        )

    def _sheets(self) -> tuple[list[list[int]], list[Decimal], Decimal]:
        """Three jurors' levels, their totals, and the mean."""
        levels = [[self.rng.randint(1, 5) for _one in self.criteria] for _two in range(REVIEWS)]
        totals = [
            total
            for sheet in levels
            if (total := total_of(zip(self.criteria, sheet, strict=True))) is not None
        ]
        mean = (sum(totals, Decimal(0)) / len(totals)).quantize(CENT, rounding=ROUND_HALF_UP)
        return levels, totals, mean

    @transaction.atomic
    def submitted(self, start: int, count: int, labels: list[Label]) -> list[Any]:
        """Applications in review, each with its copy, three reviews and its trail."""
        startups, users = self._startups("team", start, count)
        sheets = [self._sheets() for _one in range(count)]
        applications = pour(
            Application(
                call=self.call,
                startup=startup,
                started_by=user,
                completeness=100,
                edited_at=timezone.now(),
                state=ApplicationState.IN_REVIEW,
                revision_count=1,
                assigned_count=REVIEWS,
                review_count=REVIEWS,
                mean_score=mean,
            )
            for startup, user, (_levels, _totals, mean) in zip(startups, users, sheets, strict=True)
        )
        stamped = dict(
            Application.objects.filter(pk__in=[each.pk for each in applications]).values_list(
                "pk", "submitted_at"
            )
        )
        self._revisions(applications, users, self._answers(applications, users), stamped)
        self._reviews(applications, sheets)
        self._letters(applications, users)
        marked = Application.labels.through
        pour(
            marked(application_id=application.pk, label_id=self.rng.choice(labels).pk)
            for application in applications[::3]
        )
        pour(
            Decision(
                application=application,
                outcome=Outcome.NOT_SELECTED,
                reason="Others fitted the call better.",
                prepared_by=self.staff[0],
            )
            for application in applications[::2]
        )
        return [application.pk for application in applications]

    def _revisions(
        self,
        applications: list[Application],
        users: list[User],
        answers: list[Answer],
        stamped: dict[Any, Any],
    ) -> None:
        given = {(answer.application_id, answer.question_id): answer for answer in answers}
        revisions = []
        for application, user in zip(applications, users, strict=True):
            startup = application.startup
            facts = {
                "kind": startup.kind,
                "legal_name": startup.legal_name,
                "trading_name": "",
                "country": str(startup.country),
                "city": startup.city,
                "registration_number": startup.registration_number,
                "summary": startup.summary,
                "founders": [],
                "contacts": [{"name": "Wanjiku", "email": "", "telephone": "+254 700 000 001"}],
                "consortium": [],
            }
            copies = [
                copy_of(question, given[application.pk, question.pk]) for question in self.questions
            ]
            revisions.append(
                Revision(
                    application=application,
                    number=1,
                    answers=copies,
                    startup_facts=facts,
                    terms_version=self.call.terms_version,
                    fingerprint=fingerprint_of(
                        reference=application.reference,
                        number=1,
                        answers=copies,
                        startup_facts=facts,
                        terms_version=self.call.terms_version,
                    ),
                    submitted_by=user,
                    submitted_at=stamped[application.pk],
                )
            )
        pour(revisions)

    def _reviews(self, applications: list[Application], sheets: list[Any]) -> None:
        jury = self.staff[1:]
        assignments, reviews, scores = [], [], []
        for application, (levels, totals, _mean) in zip(applications, sheets, strict=True):
            jurors = self.rng.sample(jury[1:], REVIEWS)
            for juror, sheet, total in zip(jurors, levels, totals, strict=True):
                assignment = ReviewAssignment(
                    application=application,
                    reviewer=juror,
                    assigned_by=self.staff[0],
                    state=AssignmentState.DONE,
                )
                review = Review(
                    assignment=assignment,
                    comment="Clear, and they know their market.",
                    feedback="Say more about the pilot.",
                    version=3,
                    submitted_at=timezone.now(),
                    total=total,
                )
                assignments.append(assignment)
                reviews.append(review)
                scores += [
                    Score(review=review, criterion=criterion, value=value)
                    for criterion, value in zip(self.criteria, sheet, strict=True)
                ]
        pour(assignments)
        pour(reviews)
        pour(scores)
        pour(
            ConflictOfInterest(
                application=assignment.application, person=assignment.reviewer, has_conflict=False
            )
            for assignment in assignments
        )
        self._trail(assignments, ("assign", "confirm", "submit-review"))

    def _trail(self, records: list[Any], verbs: tuple[str, ...]) -> None:
        pour(
            AuditEntry(
                actor=self.staff[0],
                verb=verb,
                subject_type=record._meta.label_lower,
                subject_id=record.pk,
                startup_id=record.startup_key,
                programme_id=self.call.programme_id,
            )
            for record in records
            for verb in verbs
        )

    def _letters(self, applications: list[Application], users: list[User]) -> None:
        self._trail(applications, ("start", "submit", "start-review"))
        about = [
            {
                "subject_type": application._meta.label_lower,
                "subject_id": application.pk,
                "startup_id": application.startup_id,
                "recipient": user,
                "notice": "application_received",
                "subject": f"Received: {application.reference}",
            }
            for application, user in zip(applications, users, strict=True)
        ]
        pour(
            InboxNotice(**facts, event_key=f"bench:{facts['subject_id']}", body="Received.")
            for facts in about
        )
        pour(
            OutboxMessage(
                **facts,
                dedup_key=f"bench:{facts['subject_id']}",
                lane=Lane.RECEIPT,
                to_address=facts["recipient"].email,
                programme_id=self.call.programme_id,
                state="sent",
                sent_at=timezone.now(),
                text="Received. " * 40,
                html="<p>Received.</p>" * 80,
            )
            for facts in about
        )

    @transaction.atomic
    def open_reviews(self, keys: list[Any]) -> list[str]:
        """A fourth review of each, which the first juror is writing."""
        juror = self.staff[1]
        assignments = pour(
            ReviewAssignment(
                application_id=key,
                reviewer=juror,
                assigned_by=self.staff[0],
                state=AssignmentState.READING,
                due_on=timezone.localdate() + timedelta(days=9),
            )
            for key in keys
        )
        pour(Review(assignment=assignment) for assignment in assignments)
        pour(
            ConflictOfInterest(application_id=key, person=juror, has_conflict=False) for key in keys
        )
        Application.objects.filter(pk__in=keys).update(assigned_count=REVIEWS + 1)
        return [str(assignment.pk) for assignment in assignments]

    @transaction.atomic
    def teams(self, name: str, count: int, *, draft: bool) -> list[tuple[str, str]]:
        """Signed-in teams: with a draft half written, or with nothing yet."""
        startups, users = self._startups(name, 0, count)
        keys = [""] * count
        if draft:
            applications = pour(
                Application(call=self.call, startup=startup, started_by=user, completeness=100)
                for startup, user in zip(startups, users, strict=True)
            )
            self._answers(applications, users)
            keys = [str(application.pk) for application in applications]
        sessions = [session_of(user) for user in users]
        pour(sessions)
        return [(row.session_key, key) for row, key in zip(sessions, keys, strict=True)]
