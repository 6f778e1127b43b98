"""The history as a table, out of the portal."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from portal import audit
from portal.choices import Role
from portal.models import AuditEntry
from tests.factories.challenges import make_call
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db


def table(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_compliance_officer_takes_the_history_out(client, reviewed):
    officer = make_staff(reviewed["programme"], Role.COMPLIANCE)
    with transaction.atomic():
        audit.record(reviewed["programme"], "change", actor=None, reason="=1+1")
    client.force_login(officer)
    rows = table(client.get(reverse("admin:portal_auditentry_export")))
    assert [row[8] for row in rows[1:]] == ["assign", "declare-conflict", "change"]
    assert rows[3][3] == "'=1+1"
    assert "Quiet" not in str(rows)
    entry = AuditEntry.objects.latest("id")
    assert (entry.verb, entry.facts) == ("export-history", {"entries": 3})


def test_history_of_another_programme_is_not_taken_out(client):
    audit.record(make_programme(), "change", actor=None)
    client.force_login(make_staff(make_programme(), Role.COMPLIANCE))
    assert len(table(client.get(reverse("admin:portal_auditentry_export")))) == 1


def test_table_is_narrowed_like_the_list(client):
    programme = make_programme()
    officer = make_staff(programme, Role.COMPLIANCE)
    audit.record(programme, "change", actor=None)
    audit.read(make_call(programme), "export", by=officer)
    client.force_login(officer)
    rows = table(client.get(reverse("admin:portal_auditentry_export"), {"kind": "opened"}))
    assert [row[8] for row in rows[1:]] == ["export"]
