"""Changing the facts: nothing is overwritten, and only by those who may."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from portal.models import AuditEntry
from startups import actions
from startups.choices import MemberRole
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, record_data
from tests.pages import text_of

pytestmark = pytest.mark.django_db


def edit_path(startup):
    return reverse("startups:startup-edit", args=[startup.pk])


def test_edit_saves(client, startup):
    page = text_of(client.get(edit_path(startup)))
    assert 'value="Maji Safi Ltd"' in page
    data = record_data(version="1", legal_name="Maji Safi Kenya Ltd", country="KE")
    assert client.post(edit_path(startup), data).url == startup.get_absolute_url()
    startup.refresh_from_db()
    assert (startup.legal_name, startup.version) == ("Maji Safi Kenya Ltd", 2)
    assert AuditEntry.objects.filter(verb="change-facts").count() == 1


@pytest.mark.parametrize("version", ["1", "", "x", "-3", "9" * 40, "²"])
def test_edit_never_overwrites_and_shows_both(client, startup, version):
    owner = startup.owners()[0]
    actions.change_facts(
        startup=startup,
        facts={"city": "Kisumu"},
        founders=[],
        contacts=[{"name": "W", "email": "", "telephone": "123456"}],
        version=1,
        by=owner,
    )
    data = record_data(version=version, city="Nakuru", country="KE", legal_name="Maji Safi Ltd")
    response = client.post(edit_path(startup), data)
    page = text_of(response)
    assert response.status_code == 200
    assert "Somebody saved this record while you were writing" in page
    assert "Kisumu" in page
    assert 'value="Nakuru"' in page
    startup.refresh_from_db()
    assert startup.city == "Kisumu"
    # Saving once more is a choice, made after reading both.
    (again,) = re.findall(r'name="version" value="(\d+)"', page)
    client.post(edit_path(startup), data | {"version": again})
    startup.refresh_from_db()
    assert startup.city == "Nakuru"


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("stranger", 404), ("manager", 403)])
def test_edit_is_for_owners_and_editors(client, startup, who, status):
    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    client.force_login(
        {
            "viewer": lambda: add_member(startup, role=MemberRole.VIEWER),
            "stranger": make_user,
            "manager": lambda: make_staff(programme),
        }[who]()
    )
    assert client.get(edit_path(startup)).status_code == status
    assert client.post(edit_path(startup), record_data(version="1")).status_code == status
