"""Letters to many: written, looked at, tested, sent once to whom it concerns then."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from challenges.actions.circular import letter_of, send_test
from challenges.choices import ApplicationState as State, CircularAudience, CircularState
from challenges.models import Application, Call, Circular
from challenges.workflow.circular import circular_workflow
from portal.choices import Role
from portal.models import AuditEntry, OutboxMessage, Programme, User
from portal.workflow import StepRefused
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member
from tests.steps import attempt

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(programme: Programme) -> Call:
    return make_call(programme)


def make_circular(call: Call, by: User, **fields: Any) -> Circular:
    fields = {
        "audience": CircularAudience.ALL,
        "subject": "The office is closed on Monday",
        "text": "Dear teams,\n\nwe are back on Tuesday.",
    } | fields
    return Circular.objects.create(call=call, written_by=by, **fields)


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        (CircularAudience.DRAFTS, {"draft"}),
        (CircularAudience.SUBMISSIONS, {"submitted", "in_review"}),
        (CircularAudience.ALL, {"draft", "submitted", "in_review"}),
    ],
)
def test_who_is_written_to(call, manager, audience, expected):
    by_state = {
        state.value: make_application(call, state=state)
        for state in (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.WITHDRAWN)
    }
    make_application()  # another call
    circular = make_circular(call, manager, audience=audience)
    owners = {state: each.startup.owners()[0] for state, each in by_state.items()}
    assert set(circular.people()) == {owners[state] for state in expected}


def test_owners_and_editors_each_once_and_no_viewers(call, manager):
    application = make_application(call)
    owner = application.startup.owners()[0]
    second = make_application(call)
    add_member(second.startup, owner)
    add_member(application.startup, role=MemberRole.VIEWER)
    circular = make_circular(call, manager)
    assert circular.people().count(owner) == 1
    assert len(circular.people()) == 2


def test_sending_once_to_those_concerned_then(call, manager):
    make_application(call)
    circular = make_circular(call, manager)
    late = make_application(call)
    preview = letter_of(circular, manager)
    circular_workflow.perform(circular, "send", actor=manager)
    circular.refresh_from_db()
    assert (circular.state, circular.sent_to) == (CircularState.SENT, 2)
    letters = OutboxMessage.objects.filter(notice="circular_sent")
    assert letters.count() == 2
    letter = letters.get(recipient=late.startup.owners()[0])
    assert letter.subject == preview.subject == "The office is closed on Monday"
    assert "we are back on Tuesday." in letter.text
    with pytest.raises(StepRefused, match="not possible any more"):
        circular_workflow.perform(circular, "send", actor=manager)
    assert letters.count() == 2
    entry = AuditEntry.objects.about(circular).get(verb="send")
    assert entry.facts == {"people": 2}


def test_nobody_to_write_to(call, manager):
    with pytest.raises(StepRefused, match="Nobody"):
        circular_workflow.perform(make_circular(call, manager), "send", actor=manager)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_send_once():
    programme = make_programme()
    manager = make_staff(programme, Role.MANAGER)
    call = make_call(programme)
    for _number in range(3):
        make_application(call)
    circular = make_circular(call, manager)
    barrier = threading.Barrier(2)
    told: list[str] = []

    def send() -> None:
        try:
            barrier.wait(60)
            circular_workflow.perform(circular, "send", actor=User.objects.get(pk=manager.pk))
            told.append("sent")
        except StepRefused as refusal:
            told.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert told.count("sent") == 1
    assert len(told) == 2
    assert OutboxMessage.objects.count() == 3


def test_a_test_goes_to_me_alone(call, manager):
    make_application(call)
    circular = make_circular(call, manager)
    send_test(circular=circular, by=manager)
    letter = OutboxMessage.objects.get()
    assert letter.to_address == manager.email
    assert letter.subject == "Test: The office is closed on Monday"
    circular.refresh_from_db()
    assert circular.state == CircularState.DRAFT


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", CircularState)
def test_send_by_every_role_from_every_state(programme, call, manager, role, state):
    make_application(call)
    circular = make_circular(call, manager, state=state)
    who = make_staff(programme, role)
    permitted = role in {Role.MANAGER, Role.COORDINATOR}
    refusal = attempt(circular_workflow, circular, "send", who)
    assert (refusal is None) == (permitted and state == CircularState.DRAFT)
    assert refusal is None or refusal.permission == (not permitted)


@pytest.mark.parametrize("state", CircularState)
def test_listed_is_permitted(programme, call, manager, state):
    make_circular(call, manager, state=state)
    elsewhere = make_staff(None, Role.MANAGER)
    make_circular(make_call(), elsewhere, state=state)
    readers = [make_staff(programme, role) for role in Role]
    readers += [make_user(), elsewhere, make_user(is_superuser=True)]
    for reader in [User.objects.get(pk=each.pk) for each in readers]:
        listed = set(Circular.objects.visible_to(reader))
        permitted = {
            each
            for each in Circular.objects.all()
            if reader.has_perm("challenges.view_circular", each)
        }
        assert listed == permitted, reader.roles


def test_from_writing_to_sending_in_the_admin(client, call, manager):
    application: Application = make_application(call)
    client.force_login(manager)
    data = {
        "call": str(call.pk),
        "audience": "drafts",
        "subject": "One week left",
        "text": "Submit in time.\r\n\r\nThe desk",
    }
    response = client.post(reverse("admin:challenges_circular_add"), data, follow=True)
    circular = Circular.objects.get()
    assert response.redirect_chain[-1][0] == reverse(
        "admin:challenges_circular_preview", args=[circular.pk]
    )
    page = response.content.decode()
    assert "Submit in time." in page
    assert "would go to 1 person now" in page
    client.post(reverse("admin:challenges_circular_test", args=[circular.pk]))
    assert OutboxMessage.objects.get().to_address == manager.email
    step = reverse("admin:challenges_circular_step", args=[circular.pk, "send"])
    first = client.post(step, follow=True).content.decode()
    assert "went to 1 person" in first
    second = client.post(step, follow=True).content.decode()
    assert "not possible any more" in second
    owner = application.startup.owners()[0]
    assert OutboxMessage.objects.filter(recipient=owner).count() == 1
    changed = client.post(
        reverse("admin:challenges_circular_change", args=[circular.pk]), data | {"text": "Other"}
    )
    assert changed.status_code == 302
    circular.refresh_from_db()
    assert circular.text.startswith("Submit in time.")


def test_a_foreign_call_cannot_be_written_to(client, manager):
    foreign = make_call()
    client.force_login(manager)
    data = {"call": str(foreign.pk), "audience": "all", "subject": "x", "text": "y"}
    response = client.post(reverse("admin:challenges_circular_add"), data)
    assert response.status_code == 200
    assert "Select a valid choice" in response.content.decode()
    assert not Circular.objects.exists()


@pytest.mark.parametrize("name", ["preview", "change"])
def test_strangers_find_nothing(client, call, manager, name):
    circular = make_circular(call, manager)
    client.force_login(make_staff(None, Role.MANAGER))
    address = reverse(f"admin:challenges_circular_{name}", args=[circular.pk])
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(client, call, manager, count, django_assert_max_num_queries):
    for _number in range(count):
        make_circular(call, manager)
    client.force_login(manager)
    with django_assert_max_num_queries(8):
        client.get(reverse("admin:challenges_circular_changelist"))
