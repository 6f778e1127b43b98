"""The history of a record as it reads: sentences, states, names, pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from challenges.choices import ApplicationState
from challenges.models import Application
from challenges.workflow.call import call_workflow
from portal import audit
from portal.models import AuditEntry, User
from portal.staff.history import history_of
from portal.staff.telling import Teller
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db


def test_moved_deadline_reads_as_a_sentence(client):
    programme = make_programme()
    call = make_call(programme)
    manager = make_staff(programme, display_name="Aiko Tanaka")
    later = call.closes_at + timedelta(days=3)
    call_workflow.perform(
        call,
        "move-deadline",
        actor=manager,
        reason="A holiday was overlooked.",
        data={"closes_at": later, "accepts_until": later},
    )
    client.force_login(manager)
    page = client.get(reverse("admin:challenges_call_history", args=[call.pk])).content.decode()
    assert "Aiko Tanaka moved the deadline from" in page
    assert "A holiday was overlooked." in page
    assert "changed “closes” from" in page
    assert "in the database itself" not in page


def test_states_are_told_by_their_names_for_staff():
    programme = make_programme()
    manager = make_staff(programme)
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    with transaction.atomic():
        entry = audit.record(
            application,
            "start-review",
            actor=manager,
            from_state="submitted",
            to_state="in_review",
        )
    told = Teller([entry], manager).tell(entry)
    assert told == f"{manager.shown_name} started the review (Submitted → In review)"


def test_verb_nobody_knows_is_told_and_no_error():
    programme = make_programme()
    manager = make_staff(programme)
    entry = audit.record(programme, "turn-round", actor=None)
    assert Teller([entry], manager).tell(entry) == "Turn round – The portal"


def test_name_is_read_when_the_history_is(client):
    programme = make_programme()
    manager = make_staff(programme, display_name="Aiko Tanaka")
    entry = audit.record(programme, "change", actor=manager, facts={"fields": ["city"]})
    assert "Aiko" not in str(AuditEntry.objects.values().get(pk=entry.pk))
    User.objects.filter(pk=manager.pk).update(display_name="Aiko Sato")
    (line,) = history_of(programme, manager)
    assert line["text"] == "Aiko Sato changed city"


def test_history_is_paged_and_narrowed(client, monkeypatch):
    monkeypatch.setattr("portal.staff.history.PER_PAGE", 2)
    programme = make_programme()
    manager, other = make_staff(programme), make_staff(programme)
    for person in (manager, manager, other):
        audit.record(programme, "change", actor=person, facts={"fields": ["city"]})
    client.force_login(manager)
    address = reverse("admin:portal_programme_history", args=[programme.pk])
    first = client.get(address).context["history"]
    assert len(first.lines) == 2
    assert first.page.has_next()
    assert len(client.get(address, {"page": 2}).context["history"].lines) == 1
    theirs = client.get(address, {"person": other.pk}).context["history"]
    assert [line["text"] for line in theirs.lines] == [f"{other.shown_name} changed city"]
    assert not client.get(address, {"kind": "opened"}).context["history"].lines
    assert client.get(address, {"person": "x", "kind": "x", "page": "x"}).status_code == 200


@pytest.mark.parametrize("changes", [1, 3])
def test_history_is_read_in_few_queries(client, django_assert_max_num_queries, changes):
    programme = make_programme()
    manager = make_staff(programme)
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    for _number in range(changes):
        person = make_staff(programme)
        Application.objects.filter(pk=application.pk).update(responsible=person)
        with transaction.atomic():
            audit.record(application, "handle", actor=person, facts={"fields": ["responsible"]})
    client.force_login(manager)
    page = reverse("admin:challenges_application_history", args=[application.pk])
    with django_assert_max_num_queries(22):
        client.get(page)
