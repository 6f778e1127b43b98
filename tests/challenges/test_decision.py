"""Decisions: prepared first, looked at, sent together, each letter once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from challenges.actions.decision import (
    StaleDecision,
    letter_for,
    mark_of,
    prepare,
    prospect_of,
    send_results,
)
from challenges.choices import ApplicationState as State, Outcome
from challenges.models import Application, Call, Decision
from challenges.workflow.application import application_workflow
from challenges.workflow.decision import VERBS
from portal.choices import Lane, Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage, Programme, User
from portal.workflow import StepRefused
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.reviews import closed_call, in_review
from tests.factories.startups import add_member
from tests.steps import attempt

pytestmark = pytest.mark.django_db
DECIDERS = {Role.MANAGER, Role.CHAIR, Role.APPROVER}


@pytest.fixture
def call(programme: Programme) -> Call:
    return closed_call(programme, places=1)


def decided(call: Call, by: User, outcome: Outcome = Outcome.SELECTED, **more: Any) -> Application:
    """An application with a prepared decision."""
    application = in_review(call, **more)
    prepare(application=application, outcome=outcome, reason="A clear plan.", by=by)
    return application


# -- preparing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
def test_who_prepares_and_in_which_state(programme, call, role, state):
    application = make_application(call, state=state)
    who = make_staff(programme, role)
    possible = role in DECIDERS and state in {State.SUBMITTED, State.IN_REVIEW}
    if possible:
        assert prepare(application=application, outcome="selected", reason="Good.", by=who)
        return
    with pytest.raises(StepRefused) as caught:
        prepare(application=application, outcome="selected", reason="Good.", by=who)
    assert caught.value.permission == (role not in DECIDERS)


@pytest.mark.parametrize(
    ("outcome", "reason", "words"),
    [
        ("selected", "  ", "Say why"),
        ("winner", "Good.", "Choose an outcome"),
        ("selected", "x" * 3_001, "3000 characters"),
    ],
)
def test_bad_decisions_are_refused_with_a_sentence(call, manager, outcome, reason, words):
    with pytest.raises(StepRefused, match=words):
        prepare(application=in_review(call), outcome=outcome, reason=reason, by=manager)


def test_a_colleagues_change_is_not_overwritten(programme, call, manager):
    application = decided(call, manager)
    seen = mark_of(Decision.objects.get())
    chair = make_staff(programme, Role.CHAIR)
    prepare(application=application, outcome="reserve", reason="Next.", by=chair, seen=seen)
    with pytest.raises(StaleDecision, match="changed this meanwhile"):
        prepare(
            application=application, outcome="not_selected", reason="No.", by=manager, seen=seen
        )
    assert Decision.objects.get().outcome == "reserve"


def test_preparing_changes_no_state_tells_nobody_and_is_not_in_the_startups_journey(call, manager):
    application = decided(call, manager)
    application.refresh_from_db()
    assert application.state == State.IN_REVIEW
    assert not OutboxMessage.objects.exists()
    assert not AuditEntry.objects.filter(startup_id=application.startup_id).exists()
    assert AuditEntry.objects.filter(verb="prepare-decision", actor=manager).exists()


def test_taking_back(call, manager):
    application = decided(call, manager)
    prepare(application=application, outcome="", reason="", by=manager)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("outcome", Outcome)
def test_results_are_taken_only_by_sending(call, manager, outcome):
    application = decided(call, manager, outcome)
    verb = VERBS[outcome]
    assert verb not in [
        offer.name for offer in application_workflow.offered_to(manager, application)
    ]
    other = Outcome.RESERVE if outcome == Outcome.SELECTED else Outcome.SELECTED
    with pytest.raises(StepRefused, match="No such decision"):
        application_workflow.perform(application, VERBS[other], actor=manager)


STEPS = [*VERBS.values(), "start-review"]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
def test_every_step_by_every_role_from_every_state(programme, call, role, state):
    who = make_staff(programme, role)
    application = make_application(call, state=state)
    wanted = {outcome.value: verb for outcome, verb in VERBS.items()}
    for name in STEPS:
        Decision.objects.all().delete()
        outcome = next((key for key, verb in wanted.items() if verb == name), "")
        if outcome:
            Decision.objects.create(
                application=application, outcome=outcome, reason="R.", prepared_by=who
            )
        if name == "start-review":
            permitted = role in {Role.MANAGER, Role.COORDINATOR, Role.CHAIR}
            possible = permitted and state == State.SUBMITTED
        else:
            permitted = role == Role.MANAGER
            possible = permitted and state in {State.SUBMITTED, State.IN_REVIEW}
        data = {"decision": Decision.objects.first()}
        refusal = attempt(application_workflow, application, name, who, data=data)
        assert (refusal is None) == possible, f"{name} from {state} by {role}: {refusal}"
        if refusal is not None:
            assert refusal.permission == (not permitted)
        else:
            Decision.objects.filter(sent_at__isnull=False).delete()
            Application.objects.filter(pk=application.pk).update(state=state)


def test_review_starts_only_after_the_deadline(programme, manager):
    application = make_application(make_call(programme), state=State.SUBMITTED)
    with pytest.raises(StepRefused, match="can still be changed until"):
        application_workflow.perform(application, "start-review", actor=manager)


# -- sending ------------------------------------------------------------------------------------


def test_everybody_gets_exactly_one_letter_as_previewed(call, manager):
    applications = [decided(call, manager, outcome) for outcome in Outcome]
    editor = add_member(applications[0].startup)
    viewer = add_member(applications[0].startup, role=MemberRole.VIEWER)
    previews = {
        decision.application_id: letter_for(decision, manager)
        for decision in prospect_of(call).decisions
    }
    sent = send_results(call=call, by=manager)
    assert sent == dict.fromkeys((outcome.value for outcome in Outcome), 1)
    for application in applications:
        application.refresh_from_db()
        decision = application.decisions.get()
        assert application.state == decision.outcome
        assert decision.sent_by == manager
        assert decision.sent_at is not None
        owner = application.startup.owners()[0]
        letter = OutboxMessage.objects.get(recipient=owner)
        assert application.reference in letter.subject
        assert "A clear plan." in letter.text
        assert letter.lane == Lane.NEWS
        preview = previews[application.pk]
        assert preview.subject == letter.subject
        assert all(paragraph in letter.text for paragraph in preview.paragraphs)
        for word in ("selected", "reserve", "ineligible"):
            assert word not in letter.subject.lower()
    assert OutboxMessage.objects.filter(recipient=editor).count() == 1
    assert OutboxMessage.objects.filter(recipient=viewer).count() == 1
    assert InboxNotice.objects.count() == OutboxMessage.objects.count() == 6
    with pytest.raises(StepRefused, match="sent already"):
        send_results(call=call, by=manager)
    assert OutboxMessage.objects.count() == 6


def test_undecided_ones_stop_sending_unless_told(call, manager):
    done = decided(call, manager)
    waits = in_review(call)
    with pytest.raises(StepRefused, match="1 application has no decision"):
        send_results(call=call, by=manager)
    assert not OutboxMessage.objects.exists()
    send_results(call=call, by=manager, only_prepared=True)
    done.refresh_from_db()
    waits.refresh_from_db()
    assert (done.state, waits.state) == (State.SELECTED, State.IN_REVIEW)


def test_what_changed_since_the_preview_is_not_sent(call, manager):
    application = decided(call, manager)
    seen = prospect_of(call).mark
    prepare(application=application, outcome="not_selected", reason="Sorry.", by=manager)
    with pytest.raises(StepRefused, match="changed since you looked"):
        send_results(call=call, by=manager, seen=seen)
    assert not OutboxMessage.objects.exists()


def test_one_that_cannot_be_sent_stops_all(programme, manager):
    """All or nothing: a single application with a later deadline of its own holds the rest."""
    from datetime import timedelta  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    call = closed_call(programme)
    fine = decided(call, manager)
    late = decided(call, manager)
    Application.objects.filter(pk=late.pk).update(extended_until=timezone.now() + timedelta(days=1))
    with pytest.raises(StepRefused, match="can still be changed"):
        send_results(call=call, by=manager)
    fine.refresh_from_db()
    assert fine.state == State.IN_REVIEW
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("role", [*Role, None])
def test_only_a_manager_sends(programme, call, manager, role):
    decided(call, manager)
    who = make_staff(programme, role) if role else make_staff(None, Role.MANAGER)
    if role == Role.MANAGER:
        send_results(call=call, by=who)
    else:
        with pytest.raises(StepRefused) as caught:
            send_results(call=call, by=who)
        assert caught.value.permission


@pytest.mark.django_db(transaction=True)
def test_two_managers_sending_at_once_write_each_letter_once():
    programme = make_programme()
    call = closed_call(programme)
    managers = [make_staff(programme, Role.MANAGER) for _number in range(2)]
    applications = [decided(call, managers[0], outcome) for outcome in (*Outcome, *Outcome)]
    seen = prospect_of(call).mark
    barrier = threading.Barrier(2)
    told: list[str] = []

    def send(manager: User) -> None:
        try:
            barrier.wait(60)
            send_results(call=call, by=User.objects.get(pk=manager.pk), seen=seen)
            told.append("sent")
        except StepRefused as refusal:
            told.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(manager,)) for manager in managers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(told) == 2
    assert "sent" in told
    assert any("sent already" in sentence for sentence in told)
    for application in applications:
        owner = application.startup.owners()[0]
        assert OutboxMessage.objects.filter(recipient=owner).count() == 1
        assert InboxNotice.objects.filter(recipient=owner).count() == 1
    assert Decision.objects.filter(sent_at=None).count() == 0


# -- who sees -----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", Outcome)
def test_listed_is_permitted(programme, call, manager, outcome):
    application = decided(call, manager, outcome)
    elsewhere = make_programme()
    decided(closed_call(elsewhere), make_staff(elsewhere, Role.MANAGER))
    readers = [make_staff(programme, role) for role in Role]
    readers += [make_user(), application.startup.owners()[0], make_staff(elsewhere, Role.CHAIR)]
    readers.append(make_user(is_superuser=True))
    for reader in readers:
        reader = User.objects.get(pk=reader.pk)  # noqa: PLW2901 -- roles are read once a request
        listed = set(Decision.objects.visible_to(reader))
        permitted = {
            each
            for each in Decision.objects.all()
            if reader.has_perm("challenges.view_decision", each)
        }
        assert listed == permitted, reader.roles


PAGES = ("admin:challenges_application_ranking", "admin:challenges_application_results")


@pytest.mark.parametrize(
    ("role", "ranking", "results", "rankings"),
    [
        (Role.MANAGER, 200, 200, 200),
        (Role.CHAIR, 200, 200, 200),
        (Role.APPROVER, 200, 200, 200),
        (Role.COORDINATOR, 200, 404, 200),
        (Role.REVIEWER, 404, 404, 404),
        (Role.PARTNER, 404, 404, 404),
        (Role.STATISTICS, 404, 404, 404),
        (Role.COMPLIANCE, 404, 404, 404),
        (Role.PROCUREMENT, 404, 404, 404),
        (Role.MENTOR, 404, 404, 404),
    ],
)
def test_pages_by_role(client, programme, call, manager, role, ranking, results, rankings):
    decided(call, manager)
    client.force_login(make_staff(programme, role))
    assert client.get(reverse(PAGES[0], args=[call.pk])).status_code == ranking
    assert client.get(reverse(PAGES[1], args=[call.pk])).status_code == results
    assert client.get(reverse("admin:challenges_application_rankings")).status_code == rankings
    client.force_login(make_staff(None, role))
    assert client.get(reverse(PAGES[0], args=[call.pk])).status_code == 404
    assert client.post(reverse(PAGES[1], args=[call.pk])).status_code == 404


def test_a_coordinator_ranks_without_seeing_what_is_prepared(client, programme, call, manager):
    decided(call, manager)
    client.force_login(make_staff(programme, Role.COORDINATOR))
    page = client.get(reverse(PAGES[0], args=[call.pk])).content.decode()
    assert "A clear plan." not in page
    assert client.post(reverse(PAGES[0], args=[call.pk])).status_code == 404


# -- the pages ----------------------------------------------------------------------------------


def row_of(application: Application, outcome: str, reason: str, seen: str = "") -> dict[str, str]:
    prefix = f"r{application.pk.hex}"
    return {
        f"{prefix}-outcome": outcome,
        f"{prefix}-reason": reason,
        f"{prefix}-seen": seen,
    }


def test_ranking_is_ordered_cut_and_saved_row_by_row(client, call, manager):
    best, middle, none = (
        in_review(call, mean_score=score, review_count=1, assigned_count=2)
        for score in ("91.50", "40.00", None)
    )
    client.force_login(manager)
    address = reverse(PAGES[0], args=[call.pk])
    page = client.get(address).content.decode()
    places = [page.index(each.reference) for each in (best, middle, none)]
    assert places == sorted(places)
    assert page.index(best.reference) < page.index("Up to here: 1 place\n") < places[1]
    data = {
        **row_of(best, "selected", "Strong."),
        **row_of(middle, "reserve", ""),
        **row_of(none, "", ""),
    }
    response = client.post(address, data)
    assert response.status_code == 422
    assert "Say why" in response.content.decode()
    assert Decision.objects.get().application == best
    data |= row_of(middle, "reserve", "Close.") | row_of(best, "ineligible", "Mine", seen="old")
    response = client.post(address, data)
    assert response.status_code == 409
    assert "changed this meanwhile" in response.content.decode()
    assert "Mine" in response.content.decode()  # what was typed is kept
    assert set(Decision.objects.values_list("outcome", flat=True)) == {"selected", "reserve"}


def test_results_page_shows_the_letter_and_sends_once(client, call, manager):
    decided(call, manager)
    client.force_login(manager)
    address = reverse(PAGES[1], args=[call.pk])
    page = client.get(address).content.decode()
    assert "Your application is selected" in page
    assert "A clear plan." in page
    data = {"seen": prospect_of(call).mark}
    assert client.post(address, data).status_code == 302
    again = client.post(address, data)
    assert again.status_code == 409
    assert "sent already" in again.content.decode()
    assert OutboxMessage.objects.count() == 1


@pytest.mark.parametrize("data", [{}, {"seen": "x" * 99}, {"seen": "wrong"}])
def test_bad_sending_sends_nothing(client, call, manager, data):
    decided(call, manager)
    client.force_login(manager)
    response = client.post(reverse(PAGES[1], args=[call.pk]), data)
    assert response.status_code == 409
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_ranking_query_count(client, call, manager, count, django_assert_max_num_queries):
    for _number in range(count):
        decided(call, manager)
    client.force_login(manager)
    with django_assert_max_num_queries(12):
        client.get(reverse(PAGES[0], args=[call.pk]))


def test_list_of_decisions(client, call, manager):
    application = decided(call, manager)
    client.force_login(manager)
    page = client.get(reverse("admin:challenges_decision_changelist")).content.decode()
    assert application.reference in page
    decision = Decision.objects.get()
    response = client.get(reverse("admin:challenges_decision_change", args=[decision.pk]))
    assert response["Location"].endswith("#decision")
