"""Ending a role in the admin asks why, and keeps the reason."""

from __future__ import annotations

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from portal.choices import Role
from portal.models import AuditEntry, ProgrammeStaff
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db


def test_ending_a_role_asks_why_first(client):
    programme = make_programme()
    manager, leaving = make_staff(programme), make_staff(programme, Role.REVIEWER)
    held = leaving.staff_roles.get()
    client.force_login(manager)
    page = reverse("admin:portal_programmestaff_changelist")
    data = {"action": "end_roles", ACTION_CHECKBOX_NAME: [str(held.pk)], "index": "0"}
    answer = client.post(page, data)
    assert answer.status_code == 200
    assert leaving.shown_name in answer.content.decode()
    answer = client.post(page, data | {"apply": "1", "reason": " "})
    assert answer.status_code == 422
    assert "Please fill this in." in answer.content.decode()
    assert ProgrammeStaff.objects.active().filter(pk=held.pk).exists()
    answer = client.post(page, data | {"apply": "1", "reason": "Left the city."}, follow=True)
    assert "1 role ended." in answer.content.decode()
    held.refresh_from_db()
    assert held.ended_at is not None
    assert AuditEntry.objects.get(verb="end-role").reason == "Left the city."
