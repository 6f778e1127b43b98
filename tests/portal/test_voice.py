"""What the admin says is said in the portal's own words."""

from __future__ import annotations

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from portal.models import Label
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db
DJANGOS = ("successfully", "Items must be selected", "No action selected", "Select all")


@pytest.fixture
def programme(client):
    programme = make_programme()
    client.force_login(make_staff(programme))
    return programme


def said(client, address, data):
    page = client.post(address, data, follow=True).content.decode()
    assert not [words for words in DJANGOS if words in page]
    return page


def test_adding_and_saving(client, programme):
    add = reverse("admin:portal_label_add")
    data = {"programme": str(programme.pk), "name": "Strong"}
    assert "“Strong” is added." in said(client, add, data)
    label = Label.objects.get()
    change = reverse("admin:portal_label_change", args=[label.pk])
    assert "“Weak” is saved." in said(client, change, data | {"name": "Weak"})
    go_on = data | {"name": "New", "_continue": "1"}
    assert "“New” is saved. You can go on here." in said(client, change, go_on)
    another = data | {"name": "One", "_addanother": "1"}
    assert "“One” is added. Here is an empty form for the next." in said(client, add, another)


def test_pressing_too_early(client, programme):
    page = reverse("admin:portal_programmestaff_changelist")
    held = programme.staff.first() if hasattr(programme, "staff") else None
    held = programme.staff.get()
    nothing = {"action": "end_roles", "index": "0"}
    assert "tick the rows first" in said(client, page, nothing)
    what = {"action": "", ACTION_CHECKBOX_NAME: [str(held.pk)], "index": "0"}
    assert "choose what to do with the rows" in said(client, page, what)


def test_rows_inside_a_form_have_labels_without_a_colon(client, programme):
    page = client.get(reverse("admin:portal_programme_change", args=[programme.pk]))
    text = page.content.decode()
    assert "locations-__prefix__-address" in text
    for part in text.split("<label")[1:]:
        inner = part.partition(">")[2].partition("</label>")[0].strip()
        assert not inner.endswith(":"), inner
