"""The staff's list and record of applications, bulk actions, and what waits for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse
from django.utils import timezone

from challenges.actions.decision import prepare
from challenges.choices import ApplicationState as State, Outcome
from challenges.models import (
    Answer,
    Application,
    ApplicationNote,
    Call,
    Circular,
    Decision,
    ReviewAssignment,
)
from challenges.workflow.circular import circular_workflow
from portal.choices import Role
from portal.models import AuditEntry, Label, OutboxMessage, Programme, User
from portal.registry import registry
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.reviews import closed_call, given_to, in_review
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db
READERS = {Role.MANAGER, Role.COORDINATOR, Role.CHAIR, Role.APPROVER, Role.COMPLIANCE}
LIST = "admin:challenges_application_changelist"


@pytest.fixture
def call(programme: Programme) -> Call:
    return closed_call(programme)


def record(application: Application) -> str:
    return reverse("admin:challenges_application_change", args=[application.pk])


def act(client: Any, action: str, rows: list[Application], **more: Any) -> Any:
    data = {"action": action, ACTION_CHECKBOX_NAME: [str(row.pk) for row in rows], "index": "0"}
    return client.post(reverse(LIST), data | more, follow=True)


# -- who sees -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_listed_is_permitted(programme, state):
    application = make_application(closed_call(programme), state=state)
    make_application(state=state)
    startup = application.startup
    readers = [make_staff(programme, role) for role in Role]
    readers += [make_staff(None, Role.MANAGER), make_user(), make_user(is_superuser=True)]
    readers += [startup.owners()[0], add_member(startup)]
    for reader in [User.objects.get(pk=each.pk) for each in readers]:
        listed = set(Application.objects.visible_to(reader))
        permitted = {
            each
            for each in Application.objects.all()
            if reader.has_perm("challenges.view_application", each)
        }
        assert listed == permitted, reader.roles


@pytest.mark.parametrize("role", [*Role, None])
def test_list_and_record_by_role(client, programme, call, role):
    application = in_review(call)
    client.force_login(make_staff(programme, role) if role else make_staff(None, Role.MANAGER))
    page = client.get(reverse(LIST))
    got = client.get(record(application))
    if role in READERS:
        assert page.status_code == got.status_code == 200
        assert application.reference in page.content.decode()
    else:
        assert page.status_code in {200, 403, 404}
        assert application.reference not in page.content.decode()
        assert got.status_code == 404


def test_an_applicant_who_is_staff_elsewhere_reads_no_notes_about_themselves(client, call):
    application = in_review(call)
    juror_elsewhere = make_staff(None, Role.MANAGER)
    add_member(application.startup, juror_elsewhere)
    client.force_login(juror_elsewhere)
    assert client.get(record(application)).status_code == 404


def test_staff_do_not_handle_their_own_startups_application(client, programme, call, manager):
    application = in_review(call)
    add_member(application.startup, manager)
    client.force_login(manager)
    assert client.get(record(application)).status_code == 404
    assert application.reference not in client.get(reverse(LIST)).content.decode()


@pytest.mark.parametrize("state", State)
def test_only_drafts_are_closed_to_staff(client, call, manager, state):
    application = make_application(call, state=state, complete=True)
    Answer.objects.filter(application=application).update(value="WORKING TEXT")
    client.force_login(manager)
    page = client.get(record(application)).content.decode()
    assert "WORKING TEXT" not in page
    assert ("belong to the team alone" in page) == (state == State.DRAFT)
    assert ("Theme" in page) == (state != State.DRAFT)
    assert "+254 700 000 001" in page


def test_a_draft_the_team_shows_is_read_and_written_down(client, call, manager):
    application = make_application(call, complete=True, open_to_staff=True)
    Answer.objects.filter(application=application).update(value="WORKING TEXT")
    client.force_login(manager)
    assert "WORKING TEXT" in client.get(record(application)).content.decode()
    entry = AuditEntry.objects.about(application).get(verb="read-draft")
    assert entry.actor == manager
    Application.objects.filter(pk=application.pk).update(open_to_staff=False)
    assert "WORKING TEXT" not in client.get(record(application)).content.decode()


def test_nothing_is_changed_by_posting_to_the_record(client, call, manager):
    application = in_review(call)
    client.force_login(manager)
    assert client.post(record(application), {"state": "selected"}).status_code == 403
    application.refresh_from_db()
    assert application.state == State.IN_REVIEW


def test_lookups_read_nothing_the_page_hides(client, call, manager):
    application = make_application(call, complete=True)
    client.force_login(manager)
    response = client.get(reverse(LIST) + "?answers__value__startswith=A")
    assert response.status_code in {302, 400}
    assert client.get(reverse(LIST) + "?call=rubbish").status_code == 200
    assert client.get(reverse(LIST) + f"?label={application.pk}").status_code == 200


# -- the list -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(client, call, manager, count, django_assert_num_queries):
    for _number in range(count):
        application = in_review(call)
        label = Label.objects.create(programme=call.programme, name=f"Label {_number}")
        application.labels.add(label)
    client.force_login(manager)
    client.get(reverse(LIST))
    # The frame: session, person, roles, unread, undelivered. The list: count, rows, two filters.
    with django_assert_num_queries(9):
        client.get(reverse(LIST))


@pytest.mark.parametrize("count", [1, 3])
def test_record_query_count(client, call, manager, count, django_assert_max_num_queries):
    application = in_review(call)
    for _number in range(count):
        given_to(application, make_staff(call.programme, Role.REVIEWER))
        ApplicationNote.objects.create(application=application, author=manager, text="x")
    client.force_login(manager)
    with django_assert_max_num_queries(32):
        client.get(record(application))


def test_search_finds_a_reference_as_it_is_read_out(client, call, manager):
    application, other = in_review(call), in_review(call)
    client.force_login(manager)
    said = application.reference.replace("-", " ").lower()
    page = client.get(reverse(LIST), {"q": said}).content.decode()
    assert application.reference in page
    assert other.reference not in page
    by_name = client.get(reverse(LIST), {"q": other.startup.legal_name}).content.decode()
    assert other.reference in by_name
    assert application.reference not in by_name


def test_filters(client, call, manager):
    draft = make_application(call)
    mine = in_review(call, responsible=manager)
    elsewhere = in_review(closed_call(call.programme))
    client.force_login(manager)

    def found(**query: str) -> set[str]:
        page = client.get(reverse(LIST), query).content.decode()
        return {each.reference for each in (draft, mine, elsewhere) if each.reference in page}

    assert found(state="draft") == {draft.reference}
    assert found(call=str(call.pk)) == {draft.reference, mine.reference}
    assert found(responsible="me") == {mine.reference}
    assert found(reviews="lacking") == {mine.reference, elsewhere.reference}


# -- the record ---------------------------------------------------------------------------------


def test_note_label_and_colleague(client, call, manager):
    application = in_review(call)
    label = Label.objects.create(programme=call.programme, name="finalist")
    foreign = Label.objects.create(programme=make_programme(), name="foreign")
    client.force_login(manager)
    note = reverse("admin:challenges_application_note", args=[application.pk])
    handle = reverse("admin:challenges_application_handle", args=[application.pk])
    assert client.post(note, {"text": "Call them."}).status_code == 302
    assert client.post(note, {"text": ""}).status_code == 422
    assert client.post(note, {"text": "x" * 5_001}).status_code == 422
    assert client.post(handle, {"labels": [label.pk], "responsible": manager.pk}).status_code == 302
    assert client.post(handle, {"labels": [foreign.pk]}).status_code == 422
    page = client.get(record(application)).content.decode()
    assert "Call them." in page
    application.refresh_from_db()
    assert application.responsible == manager
    assert list(application.labels.all()) == [label]
    owner = application.startup.owners()[0]
    client.force_login(owner)
    assert client.post(note, {"text": "hello"}).status_code in {302, 404}
    assert ApplicationNote.objects.count() == 1


def test_compliance_reads_and_changes_nothing(client, programme, call):
    application = in_review(call)
    client.force_login(make_staff(programme, Role.COMPLIANCE))
    for name in ("note", "handle"):
        address = reverse(f"admin:challenges_application_{name}", args=[application.pk])
        assert client.post(address, {"text": "x"}).status_code == 404
    page = client.get(record(application)).content.decode()
    assert "Leave the note" not in page


def test_letters_to_many_stand_in_the_history_of_each(client, call, manager):
    application = in_review(call)
    circular = Circular.objects.create(
        call=call, audience="all", subject="News for all", text="Text", written_by=manager
    )
    circular_workflow.perform(circular, "send", actor=manager)
    client.force_login(manager)
    assert "News for all" in client.get(record(application)).content.decode()


def test_prepared_decision_is_read_by_deciders_only(client, programme, call, manager):
    application = in_review(call)
    prepare(application=application, outcome="selected", reason="Secret reason", by=manager)
    for role in READERS:
        client.force_login(make_staff(programme, role))
        page = client.get(record(application)).content.decode()
        decides = role in {Role.MANAGER, Role.CHAIR, Role.APPROVER}
        assert ("Secret reason" in page) == decides, role


def test_start_review_by_button(client, call, manager):
    application = make_application(call, state=State.SUBMITTED)
    client.force_login(manager)
    step = reverse("admin:challenges_application_step", args=[application.pk, "start-review"])
    assert client.post(step, follow=True).status_code == 200
    application.refresh_from_db()
    assert application.state == State.IN_REVIEW
    for name in ("select", "rule-out", "nonsense"):
        step = reverse("admin:challenges_application_step", args=[application.pk, name])
        assert client.post(step).status_code == 404


# -- in bulk ------------------------------------------------------------------------------------


def test_start_reviews_in_bulk(client, call, manager):
    rows = [make_application(call, state=State.SUBMITTED) for _number in range(3)]
    client.force_login(manager)
    page = act(client, "start_reviews", rows).content.decode()
    assert "3 reviews started." in page
    assert Application.objects.filter(state=State.IN_REVIEW).count() == 3


def test_assign_in_bulk(client, call, manager):
    rows = [make_application(call, state=State.SUBMITTED) for _number in range(2)]
    jurors = [make_staff(call.programme, Role.REVIEWER) for _number in range(2)]
    client.force_login(manager)
    asked = act(client, "assign_reviewers", rows).content.decode()
    assert jurors[0].shown_name in asked
    assert not ReviewAssignment.objects.exists()
    wrong = act(client, "assign_reviewers", rows, apply="1", how="evenly", due_on="soon")
    assert wrong.status_code == 422
    done = act(
        client,
        "assign_reviewers",
        rows,
        apply="1",
        how="evenly",
        reviewers=[str(juror.pk) for juror in jurors],
        due_on="2027-01-15",
    ).content.decode()
    assert "4 reviews assigned." in done
    assert OutboxMessage.objects.filter(notice="reviews_assigned").count() == 2


def test_actions_across_calls_are_refused(client, call, manager):
    rows = [in_review(call), in_review(closed_call(call.programme))]
    client.force_login(manager)
    for action in ("assign_reviewers", "put_labels", "set_responsible", "prepare_decisions"):
        assert "applications of one call" in act(client, action, rows).content.decode()


def test_label_responsible_and_decide_in_bulk(client, call, manager):
    rows = [in_review(call) for _number in range(2)]
    label = Label.objects.create(programme=call.programme, name="finalist")
    client.force_login(manager)
    assert act(client, "put_labels", rows).status_code == 200
    act(client, "put_labels", rows, apply="1", how="add", labels=[str(label.pk)])
    assert label.applications.count() == 2
    act(client, "set_responsible", rows, apply="1", responsible=str(manager.pk))
    assert Application.objects.filter(responsible=manager).count() == 2
    assert act(client, "prepare_decisions", rows, apply="1", outcome="selected").status_code == 422
    page = act(
        client, "prepare_decisions", rows, apply="1", outcome="reserve", reason="Close."
    ).content.decode()
    assert "2 decisions prepared." in page
    assert Decision.objects.filter(outcome=Outcome.RESERVE).count() == 2


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.COORDINATOR, {"start_reviews", "assign_reviewers", "put_labels", "set_responsible"}),
        (Role.CHAIR, {"start_reviews", "assign_reviewers", "prepare_decisions"}),
        (Role.APPROVER, {"prepare_decisions"}),
        (Role.COMPLIANCE, set()),
    ],
)
def test_actions_by_role(client, programme, call, role, allowed):
    in_review(call)
    client.force_login(make_staff(programme, role))
    page = client.get(reverse(LIST)).content.decode()
    for action in (
        "start_reviews",
        "assign_reviewers",
        "put_labels",
        "set_responsible",
        "prepare_decisions",
    ):
        assert (f'value="{action}"' in page) == (action in allowed), action


def test_actions_reach_no_other_programme(client, programme, call, manager):
    """A chair here who only reads there cannot assign or decide there."""
    other = make_programme()
    application = in_review(closed_call(other))
    from portal.models import ProgrammeStaff  # noqa: PLC0415

    ProgrammeStaff.objects.create(programme=other, user=manager, role=Role.COMPLIANCE)
    juror = make_staff(other, Role.REVIEWER)
    client.force_login(manager)
    page = act(
        client, "prepare_decisions", [application], apply="1", outcome="selected", reason="x"
    )
    assert "may not" in page.content.decode()
    act(
        client,
        "assign_reviewers",
        [application],
        apply="1",
        how="each",
        reviewers=[str(juror.pk)],
    )
    act(client, "set_responsible", [application], apply="1", responsible="")
    assert not Decision.objects.exists()
    assert not ReviewAssignment.objects.exists()
    assert not AuditEntry.objects.filter(verb="handle").exists()


# -- the first page -----------------------------------------------------------------------------


def test_first_page_by_role(client, programme, call):
    juror = make_staff(programme, Role.REVIEWER)
    given_to(in_review(call), juror)
    make_call(programme, closes_at=timezone.now() + timedelta(days=2))
    make_application(call, state=State.SUBMITTED)
    for role in Role:
        who = juror if role == Role.REVIEWER else make_staff(programme, role)
        client.force_login(who)
        response = client.get(reverse("admin:index"))
        assert response.status_code == 200
        page = response.content.decode()
        assert ("Review</strong>" in page) == (role == Role.REVIEWER), role
        leads = role in {Role.MANAGER, Role.COORDINATOR, Role.CHAIR}
        assert ("Assign jurors" in page) == leads, role
        runs = role in {Role.MANAGER, Role.COORDINATOR}
        assert ("closes soon" in page) == runs, role
        reads = role in READERS | {Role.PARTNER, Role.STATISTICS}
        assert ("By country of registration" in page) == reads, role


def test_charts_count_what_is_submitted(programme, call, manager):
    in_review(call, startup=make_startup(country="KE"))
    in_review(call, startup=make_startup(country="KE"))
    in_review(call, startup=make_startup(country="JP"))
    make_application(call)
    make_application(closed_call(), state=State.SUBMITTED)
    charts = [chart for ask in registry.charts for chart in ask(manager)]
    countries = next(chart for _kind, chart in charts if "country" in chart["title"])
    assert countries["bars"][0] == ("Kenya", 2, 100)
    days = next(chart for kind, chart in charts if kind == "days")
    assert sum(value for _label, value, _height in days["days"]) == 3


def test_the_bar_of_all_others_is_as_long_as_they_are_many(programme, call, manager):
    for code in ("KE", "KE", "JP", "SE", "BR", "IN", "FR", "DE", "GH", "NG", "PE", "CL", "VN"):
        in_review(call, startup=make_startup(country=code))
    charts = [chart for ask in registry.charts for chart in ask(manager)]
    bars = next(chart["bars"] for _kind, chart in charts if "country" in chart["title"])
    _label, others, length = bars[-1]
    assert others > 2
    assert length == 100
    assert bars[0][2] == round(100 * 2 / others)


def test_what_waits_for_who_decides(programme, call, manager):
    application = in_review(call)

    def verbs(user: User) -> set[str]:
        fresh = User.objects.get(pk=user.pk)
        return {item.verb for ask in registry.staff_waiting for item in ask(fresh)}

    assert "Prepare decisions" not in verbs(manager)  # nobody has read it
    Application.objects.filter(pk=application.pk).update(assigned_count=1, review_count=1)
    assert "Prepare decisions" in verbs(manager)
    prepare(application=application, outcome="selected", reason="x", by=manager)
    assert "Send the results" in verbs(manager)
    assert "Send the results" not in verbs(make_staff(programme, Role.CHAIR))
