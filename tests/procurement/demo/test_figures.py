"""The demonstration adds up to what was published."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Avg, F, Q
from django.utils import timezone

from challenges import answers
from challenges.choices import HANDED_IN, ApplicationState, Outcome, QuestionKind
from challenges.fingerprint import fingerprint_of
from challenges.models import (
    Answer,
    Application,
    Call,
    Decision,
    Question,
    Review,
    Revision,
)
from challenges.workflow.review import recount, total_of
from portal.choices import PolicyKind
from portal.models import (
    OutboxMessage,
    PolicyText,
    User,
)
from procurement.choices import Gap
from procurement.demo import people
from procurement.demo.demo_day import coming
from procurement.demo.papers import page_of_slides
from procurement.demo.source import DATA
from procurement.models import Standing, SupplierFile, SupplierStatement
from procurement.readiness import read_files
from startups.actions.board import of as board_of
from startups.choices import PlaceState, SessionState, Verdict
from startups.models import (
    Acquaintance,
    CoachingSession,
    Cohort,
    Contact,
    DemoDay,
    GoalReview,
    Mentor,
    Place,
    PrivateNote,
    Startup,
)
from tests.procurement.demo.steps import INTAKE

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def test_intake_adds_up_to_what_was_published(full: None) -> None:
    applications = Application.objects.filter(call__slug=INTAKE)
    assert applications.filter(state__in=HANDED_IN).count() == applications.count() == 237
    assert applications.filter(startup__country="JP").count() == 75
    chosen = applications.filter(state=ApplicationState.ACCEPTED)
    assert chosen.count() == 17
    assert chosen.filter(startup__country="JP").count() == 6
    assert chosen.exclude(startup__country="JP").count() == 11
    assert Counter(chosen.values_list("startup__sector__code", flat=True)) == {
        "health-tech": 8,
        "e-commerce": 2,
        **dict.fromkeys(
            (
                *("social-tech", "remote-work", "business-transformation", "online-education"),
                *("audio-tech", "tourism-tech", "pet-tech"),
            ),
            1,
        ),
    }
    decided = Decision.objects.filter(application__call__slug=INTAKE, sent_at__isnull=False)
    assert decided.count() == 237
    others = decided.exclude(application__state=ApplicationState.ACCEPTED)
    assert not others.exclude(outcome=F("application__state")).exists()
    assert decided.filter(outcome=Outcome.SELECTED).count() == chosen.count()
    lowest = chosen.order_by("mean_score")[0].mean_score
    assert lowest is not None
    better = applications.filter(state=ApplicationState.NOT_SELECTED, mean_score__gt=lowest)
    assert better.count() < 12


def test_full_demo_is_consistent(full: None) -> None:
    challenge = Application.objects.filter(call__slug="global-innovation-challenge")
    assert challenge.count() == 60
    drafts = challenge.filter(state="draft").values_list("completeness", flat=True)
    assert min(drafts) == 0
    assert max(drafts) == 100
    assert len(set(drafts)) > 6
    assert Startup.objects.values("country").distinct().count() >= 30
    # The keys, not the names, tell organisations apart; people must not have to.
    assert Startup.objects.values("legal_name").distinct().count() == Startup.objects.count()
    assert_scores_agree()
    assert_copies_agree()
    assert_answers_are_right()
    assert not Application.objects.filter(
        Q(submitted_at__gte=F("deadline")) | Q(submitted_at__lt=F("call__opens_at"))
    ).exists()
    assert not Startup.objects.exclude(pk__in=Acquaintance.objects.values("startup")).exists()
    assert not Startup.objects.exclude(pk__in=Contact.objects.values("startup")).exists()
    assert SupplierStatement.objects.values("level").distinct().count() == 5
    assert_addresses_are_examples()


def assert_scores_agree() -> None:
    for application in Application.objects.exclude(assigned_count=0):
        kept = application.assigned_count, application.review_count, application.mean_score
        recount(application.pk)
        application.refresh_from_db()
        assert (
            application.assigned_count,
            application.review_count,
            application.mean_score,
        ) == kept
    done = Review.objects.filter(submitted_at__isnull=False).prefetch_related("scores__criterion")
    assert done.count() > 450
    for review in done:
        levels = [(score.criterion, score.value) for score in review.scores.all()]
        assert review.total == total_of(levels)
        assert 0 <= review.total <= 100  # type: ignore[operator]
    ranking = Application.objects.filter(call__slug="ready-for-purchase", state="in_review")
    assert ranking.filter(review_count=2).count() == 13
    assert ranking.filter(review_count=0).count() == 3
    spread = ranking.filter(review_count=2).aggregate(mean=Avg("mean_score"))["mean"]
    assert Decimal(25) < spread < Decimal(85)
    assert Decision.objects.prepared().count() == 2
    assert set(Decision.objects.prepared().values_list("outcome", flat=True)) == {
        Outcome.SELECTED,
        Outcome.NOT_SELECTED,
    }


def assert_copies_agree() -> None:
    for revision in Revision.objects.select_related("application"):
        assert revision.fingerprint == fingerprint_of(
            reference=revision.application.reference,
            number=revision.number,
            answers=revision.answers,
            startup_facts=revision.startup_facts,
            terms_version=revision.terms_version,
        )
    last = Revision.objects.filter(number=F("application__revision_count"))
    assert last.count() == Application.objects.filter(revision_count__gt=0).count()
    assert not last.exclude(submitted_at=F("application__submitted_at")).exists()


def assert_answers_are_right() -> None:
    questions = {question.pk: question for question in Question.objects.all()}
    by_call: dict[Any, list[Question]] = {}
    for question in questions.values():
        by_call.setdefault(question.call_id, []).append(question)
    given: dict[Any, dict[Any, Answer]] = {}
    for answer in Answer.objects.all():
        question = questions[answer.question_id]
        wrong = answers.problem_with(question, answer.value, has_document=bool(answer.document_id))
        assert wrong is None, (question.label, answer.value)
        assert "{" not in answer.value
        given.setdefault(answer.application_id, {})[answer.question_id] = answer
    for application in Application.objects.all():
        own = given.get(application.pk, {})
        assert application.completeness == answers.completeness(by_call[application.call_id], own)
        if application.revision_count:
            assert application.completeness == 100
    long = [
        answer.value
        for answer in Answer.objects.filter(
            question__kind=QuestionKind.LONG, application__call__slug=INTAKE
        )
    ]
    # Composed of themes, and still nobody reads the same answer over and over.
    assert max(Counter(long).values()) <= 12


def assert_addresses_are_examples() -> None:
    allowed = ("example.org", "example.com", "example.net")
    found: list[str] = list(User.objects.values_list("email", flat=True))
    for path in DATA.rglob("*.*"):
        found += ADDRESS.findall(path.read_text(encoding="utf-8"))
    for message in OutboxMessage.objects.all():
        found += ADDRESS.findall(message.text + message.html)
    for revision in Revision.objects.all():
        found += ADDRESS.findall(str(revision.answers) + str(revision.startup_facts))
    assert len(found) > 500
    assert [address for address in found if not address.endswith(allowed)] == []


def test_slides_are_a_pdf() -> None:
    content = page_of_slides("Hewa lamp")
    assert content.startswith(b"%PDF-1.4")
    start = int(content.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert content[start : start + 4] == b"xref"


def test_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    common: dict[str, Any] = {"reference": "K7QF-3MPD", "number": 1, "terms_version": "1"}
    one = fingerprint_of(answers=[{"a": "é", "b": 2}], startup_facts={"c": 1, "d": 2}, **common)
    two = fingerprint_of(answers=[{"b": 2, "a": "é"}], startup_facts={"d": 2, "c": 1}, **common)
    other = fingerprint_of(answers=[{"b": 3, "a": "é"}], startup_facts={"d": 2, "c": 1}, **common)
    assert one == two != other
    assert re.fullmatch(r"[0-9a-f]{64}", one)


def test_every_installation_has_the_binding_texts(db: Any) -> None:
    if not PolicyText.objects.exists():
        # A test with real commits emptied the tables: the migrations write again what they ship.
        for name in ("0002_policy_texts", "0014_conduct_of_mentors"):
            import_module(f"portal.migrations.{name}").write(apps, connection.schema_editor())
    for kind in PolicyKind.values:
        text = PolicyText.objects.in_force(kind).first()
        assert text is not None
        assert len(text.text) > 500


def test_batch_is_the_chosen_of_the_intake(full: None) -> None:
    cohort = Cohort.objects.get()
    chosen = Application.objects.filter(call__slug=INTAKE, state=ApplicationState.ACCEPTED)
    places = Place.objects.filter(cohort=cohort)
    assert Call.objects.get(slug=INTAKE).feeds == cohort
    assert set(chosen.values_list("place", "startup")) == set(places.values_list("pk", "startup"))
    assert places.count() == 17
    assert set(places.values_list("state", flat=True)) == {PlaceState.ACTIVE}
    assert len({place.group for place in places}) == 3
    mentors = Mentor.objects.holding_the_role()
    assert mentors.count() == 20
    assert mentors.values("user__time_zone").distinct().count() == 6
    assert all(place.mentors() for place in places)
    assert all(
        mentor.mentorings.active().count() <= mentor.capacity for mentor in Mentor.objects.all()
    )
    states = Counter(CoachingSession.objects.values_list("state", flat=True))
    assert states["confirmed"] > 40
    assert states["cancelled"] == states["no_show"] == 1
    assert set(states) == set(SessionState.values)
    assert CoachingSession.objects.to_log().count() == 1
    assert PrivateNote.objects.exists()
    verdicts = GoalReview.objects.filter(voice="staff").values_list("verdict", flat=True)
    assert set(verdicts) == set(Verdict.values)
    board = board_of(cohort, User.objects.get(email="manager.kobe@example.org"))
    assert sum(line.no_contact for line in board.lines) == 2


def test_demo_day_is_on_the_coming_twelfth_of_november(full: None) -> None:
    demo_day = DemoDay.objects.get()
    begins = demo_day.event.starts_at.astimezone(demo_day.event.zone)
    assert (begins.month, begins.day) == (11, 12)
    assert timedelta(0) < begins - timezone.now() <= timedelta(days=367)
    assert begins.date() - demo_day.deck_due_at.astimezone(demo_day.event.zone).date() == (
        timedelta(days=7)
    )
    orders = list(demo_day.pitches.in_order().values_list("order", flat=True))
    assert orders == list(range(1, 18))
    decks = [pitch.has_deck for pitch in demo_day.pitches.select_related("deck")]
    assert 0 < sum(decks) < 17
    guests = Counter(demo_day.event.registrations.values_list("state", flat=True))
    assert guests["approved"] >= 15
    assert guests["asked"] >= 3


@pytest.mark.parametrize(
    ("today", "day"),
    [
        (date(2026, 11, 11), date(2026, 11, 12)),
        (date(2026, 11, 12), date(2027, 11, 12)),
        (date(2028, 2, 29), date(2028, 11, 12)),
    ],
)
def test_coming_demo_day(today: date, day: date) -> None:
    assert coming(today) == day


def test_four_supplier_files_in_different_states(full: None) -> None:
    readings = {one.file.startup.name: one for one in read_files(list(SupplierFile.objects.all()))}
    assert {name: one.file.level for name, one in readings.items()} == {
        "Hewa Lamp": "basic",
        "Druckkraft Kleinwasser AG": "level_1",
        "Pilar del Río": "",
        "Rasvakt": "level_1",
    }
    # What is written down is what the portal computes.
    assert all((one.reached or "") == one.file.level for one in readings.values())
    stands = Standing.objects.values_list("file__startup__trading_name", "level", "submission")
    assert {("", "level_1", "submitted"), ("Pilar del Río", "basic", "profile_to_update")} <= set(
        stands
    )
    young = {
        row.asked.code: row.verdict.gap
        for report in readings["Rasvakt"].levels
        for row in report.rows
    }
    assert young["three-years"] == Gap.NOT_YET


def test_mentor_and_founder_find_something_to_do(small: None) -> None:
    mentor = User.objects.get(email="mentor.kobe@example.org")
    mine = CoachingSession.objects.filter(mentor__user=mentor)
    assert mine.to_log().count() == 1
    soon = mine.ahead().order_by("starts_at").values_list("starts_at", flat=True)
    assert len(soon) == 2
    assert soon[1] - timezone.now() < timedelta(days=2)
    place = Place.objects.get(startup__memberships__user__email=people.FOUNDER)
    assert place.has_mentor(mentor)
    assert place.sessions.ahead().exists()
    assert place.action_items.open().exists()
    assert place.goals.count() == 2
    assert place.pitches.get().has_deck is False
