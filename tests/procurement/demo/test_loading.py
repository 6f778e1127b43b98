"""The demonstration loads, once, and only where it may."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management.base import CommandError
from django.db.models import Count, Q
from django.utils import timezone

from challenges import carried
from challenges.actions.earlier import offered
from challenges.actions.prefill import answered_before
from challenges.choices import CallState, Fact
from challenges.models import (
    Answer,
    Application,
    Call,
    Decision,
    Question,
    Review,
    Revision,
    Score,
)
from challenges.workflow.call import call_workflow
from portal.choices import Role
from portal.models import (
    AuditEntry,
    InboxNotice,
    Organisation,
    OutboxMessage,
    Programme,
    ProgrammeStaff,
    ReportedFigure,
    User,
)
from procurement.demo import loading, people
from startups.models import (
    Startup,
)
from tests.factories.portal import make_user
from tests.procurement.demo.steps import INTAKE, run


def texts() -> list[tuple[Any, ...]]:
    """Everything that must not depend on the day of loading, in a fixed order."""
    return [
        *Startup.objects.order_by("pk").values_list("pk", "legal_name", "summary", "website"),
        *Application.objects.order_by("pk").values_list("pk", "reference", "state", "mean_score"),
        *Answer.objects.order_by("pk").values_list("pk", "value", "document"),
        *Revision.objects.order_by("pk").values_list("pk", "fingerprint"),
        *Review.objects.order_by("pk").values_list("pk", "comment", "total"),
        *Score.objects.order_by("pk").values_list("pk", "value"),
        *Decision.objects.order_by("pk").values_list("pk", "reason"),
        *User.objects.order_by("pk").values_list("pk", "email", "display_name"),
    ]


def test_small_demo_has_every_call_and_some_applications(small: None) -> None:
    counts = dict(Call.objects.annotate(count=Count("applications")).values_list("slug", "count"))
    assert len(counts) == 5
    assert sorted(counts.values()) == [0, 0, 7, 7, 7]
    states = set(Application.objects.values_list("state", flat=True))
    assert {"draft", "submitted", "in_review", "accepted", "ineligible"} <= states


def test_second_load_changes_nothing(small: None) -> None:
    before = texts(), User.objects.count(), AuditEntry.objects.count()
    assert "Nothing was changed" in run("load_demo")
    assert (texts(), User.objects.count(), AuditEntry.objects.count()) == before


def test_two_loads_give_the_same_texts(db: Any, transaction_again: Any) -> None:
    first = transaction_again(texts)
    second = transaction_again(texts)
    assert len(first) > 300
    assert first == second


def test_real_portal_is_left_alone(db: Any, settings: Any) -> None:
    make_user()
    settings.DEMO = False
    with pytest.raises(CommandError, match="people in it"):
        run("load_demo", "--small")
    assert not Programme.objects.exists()
    settings.DEMO = True
    run("load_demo", "--small")
    assert loading.is_loaded()


def test_accounts_are_listed_and_sign_in(small: None, client: Any) -> None:
    listed = run("demo_accounts")
    for account in people.accounts():
        assert account.email in listed
        user = User.objects.get(email=account.email)
        assert user.check_password(people.PASSWORD)
    assert people.PASSWORD in listed
    assert set(Role.values) == set(ProgrammeStaff.objects.values_list("role", flat=True))
    assert User.objects.filter(is_superuser=True).count() == 1
    unverified = User.objects.exclude(
        pk__in=EmailAddress.objects.filter(verified=True, primary=True).values("user")
    )
    assert not unverified.exists()


def test_accounts_without_a_demo_say_so(db: Any) -> None:
    assert "no demonstration yet" in run("demo_accounts")


def test_managers_see_their_own_programmes(small: None) -> None:
    kobe = User.objects.get(email="manager.kobe@example.org")
    antigua = User.objects.get(email="manager.antigua@example.org")
    assert Application.objects.visible_to(kobe).count() == 14
    assert not Application.objects.visible_to(antigua).exists()
    assert list(Call.objects.visible_to(antigua).values_list("slug", flat=True)) == [
        "small-islands-long-shores"
    ]


def test_founder_has_a_draft_a_submission_and_a_result(small: None) -> None:
    founder = User.objects.get(email=people.FOUNDER)
    startup = Startup.objects.of_member(founder).get()
    assert dict(startup.applications.values_list("call__slug", "state")) == {
        "global-innovation-challenge": "draft",
        "ready-for-purchase": "in_review",
        INTAKE: "accepted",
    }
    assert 0 < startup.applications.get(state="draft").completeness < 100
    assert startup.memberships.get(user__email=people.COLLEAGUE).role == "editor"
    assert not User.objects.get(email=people.NEWCOMER).memberships.exists()
    notices = InboxNotice.objects.visible_to(founder)
    assert set(notices.values_list("notice", flat=True)) == {
        "application_received",
        "application_selected",
    }
    assert notices.unread().count() == 1
    assert OutboxMessage.objects.filter(recipient=founder, state="sent").count() == notices.count()
    verbs = list(
        AuditEntry.objects.filter(startup_id=startup.pk)
        .order_by("pk")
        .values_list("verb", flat=True)
    )
    assert verbs[0] == "create"
    assert {"start", "submit", "select", "submit-review"} <= set(verbs)


def test_trail_is_in_order_and_in_the_past(small: None) -> None:
    instants = list(AuditEntry.objects.order_by("pk").values_list("at", flat=True))
    assert instants == sorted(instants)
    assert instants[-1] <= timezone.now() + timedelta(seconds=1)


def test_published_calls_pass_their_own_checks(small: None) -> None:
    for call in Call.objects.filter(state=CallState.PUBLISHED):
        assert [fact for fact in Fact if not call.is_given(fact)] == []
    for call in Call.objects.all():
        assert call.criteria.total_weight() == 100
        assert all(len(criterion.levels) == 5 for criterion in call.criteria.all())
        assert 8 <= call.questions.count() <= 18
        assert "demonstration" in call.description
        call.full_clean(exclude=["amount", "currency", "takes"])


def test_drafts_begin_with_what_the_record_knows(small: None) -> None:
    asked = Question.objects.exclude(fact="")
    assert {question.fact for question in asked} >= {"country", "team_size"}
    applications = Application.objects.filter(call__in=asked.values("call"))
    for application in applications.select_related("startup"):
        known = application.answers.filter(question__in=asked)
        assert {answer.came_from for answer in known} == {carried.RECORD}
        facts = carried.facts_of(application.startup)
        for answer in known.select_related("question"):
            assert answer.value == carried.from_record(answer.question, facts)


def test_question_that_two_calls_ask_leads_to_the_earlier_answer_and_file(small: None) -> None:
    founder = User.objects.get(email="founder@example.com")
    draft = Application.objects.get(
        startup__memberships__user=founder, state="draft", call__slug="global-innovation-challenge"
    )
    offers = offered(draft, draft.asked(), reader=founder)
    [one] = offers.values()
    assert one.document.is_clean
    assert Application.objects.get(pk=one.document.subject_id).call.slug == "ready-for-purchase"
    fresh = answered_before(draft, draft.asked())
    assert len(fresh) >= 2


def test_draft_call_lacks_one_fact_only(small: None) -> None:
    manager = User.objects.get(email="manager.kobe@example.org")
    call = Call.objects.get(state=CallState.DRAFT)
    (publish,) = [
        offer for offer in call_workflow.offered_to(manager, call) if offer.name == "publish"
    ]
    assert "Travel and visa" in str(publish.refusal)
    call.not_applicable = [*call.not_applicable, Fact.TRAVEL]
    (publish,) = [
        offer for offer in call_workflow.offered_to(manager, call) if offer.name == "publish"
    ]
    assert publish.refusal is None


def test_deadlines_stand_in_three_zones(small: None) -> None:
    hours = {
        call.slug: call.closes_at.astimezone(call.zone).strftime("%H:%M %Z")
        for call in Call.objects.all()
    }
    assert hours["global-innovation-challenge"] == "23:59 JST"
    assert hours["small-islands-long-shores"] == "17:00 AST"
    assert hours["ready-for-purchase"] in {"23:59 CET", "23:59 CEST"}
    phases = Counter(call.phase for call in Call.objects.all())
    assert phases == {"open": 1, "upcoming": 1, "closed": 2, "draft": 1}


def test_every_programme_says_that_it_is_a_demonstration(small: None) -> None:
    for programme in Programme.objects.all():
        assert "demonstration" in programme.name
        assert "no official site" in programme.description
    assert ReportedFigure.objects.filter(on_home=True).count() in range(4, 7)
    assert not ReportedFigure.objects.filter(Q(source="") | Q(year=None)).exists()
    assert Organisation.objects.filter(partnerships=None).count() == 0
