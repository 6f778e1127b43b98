"""Looking is an entry too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from portal import audit
from portal.choices import Role
from portal.models import AuditEntry
from portal.staff.history import history_of
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user

pytestmark = pytest.mark.django_db


def test_file_is_an_entry_once_in_a_while(client, monkeypatch):
    programme = make_programme()
    application = make_application(make_call(programme))
    officer = make_staff(programme, Role.COMPLIANCE)
    assert audit.read(application, "open-draft", by=officer) is not None
    assert audit.read(application, "open-draft", by=officer) is None
    assert audit.read(application, "read-draft", by=officer) is not None
    assert audit.read(application, "open-draft", by=make_staff(programme)) is not None
    for _twice in range(2):
        assert audit.read(application.call, "export", by=officer) is not None
    monkeypatch.setattr("portal.audit.AGAIN_AFTER", timedelta(0))
    assert audit.read(application, "open-draft", by=officer) is not None


def test_looking_has_verbs_of_its_own():
    with pytest.raises(ValueError, match="not a way of looking"):
        audit.read(make_programme(), "publish", by=make_user())


@pytest.mark.parametrize("open_to_staff", [True, False])
def test_opening_a_draft_is_an_entry_and_its_list_is_none(client, open_to_staff):
    programme = make_programme()
    application = make_application(make_call(programme), open_to_staff=open_to_staff)
    manager = make_staff(programme)
    client.force_login(manager)
    client.get(reverse("admin:challenges_application_changelist"))
    assert not AuditEntry.objects.filter(verb__in=audit.READS).exists()
    client.get(reverse("admin:challenges_application_change", args=[application.pk]))
    client.get(reverse("admin:challenges_application_change", args=[application.pk]))
    verb = "read-draft" if open_to_staff else "open-draft"
    assert [entry.verb for entry in AuditEntry.objects.filter(verb__in=audit.READS)] == [verb]


def test_who_looked_is_for_those_who_read_the_trail(client):
    programme = make_programme()
    application = make_application(make_call(programme))
    coordinator, manager = make_staff(programme, Role.COORDINATOR), make_staff(programme)
    audit.read(application, "open-draft", by=manager)
    assert not history_of(application, coordinator)
    (line,) = history_of(application, manager)
    assert line["text"] == f"{manager.shown_name} opened the page of the draft, without its answers"
    client.force_login(application.startup.owners()[0])
    page = client.get(application.get_absolute_url()).content.decode()
    assert manager.shown_name not in page
