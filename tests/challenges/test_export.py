"""Exports: complete, streamed, logged, and no cell that a spreadsheet program would run."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, strategies as st
from openpyxl import load_workbook

from challenges.actions.decision import prepare
from challenges.choices import ApplicationState as State
from challenges.models import Answer, Application, Call
from portal.cells import safe
from portal.choices import Role
from portal.models import AuditEntry, Programme
from tests.factories.challenges import make_application
from tests.factories.portal import make_staff
from tests.factories.reviews import closed_call, in_review
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(programme: Programme) -> Call:
    return closed_call(programme)


def address(call: Call, kind: str = "csv") -> str:
    return reverse("admin:challenges_application_export", args=[call.pk, kind])


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def rows_of(client: Any, call: Call) -> list[dict[str, str]]:
    text = body(client.get(address(call))).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


ATTACKS = [
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "﹦1",
    "\u3000＝1",
    "\x1f=1",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_dangerous_text_is_quoted(attack):
    assert safe(attack).startswith("'")


@pytest.mark.parametrize("text", ["", "Umi Robotics", "海風", "3.5", "a=b", "'quoted", "5 – 6"])
def test_plain_text_stays(text):
    assert safe(text) == text


@given(st.text(), st.sampled_from("=+-@＝＋－＠"))
def test_no_text_gets_out_with_a_formula_in_front(rest, sign):
    assert safe(sign + rest).startswith("'")
    found = safe(" " * 3 + sign + rest)
    assert found.startswith("'")
    assert "\x00" not in safe(rest)


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_in_a_name_reach_neither_format(client, call, manager, attack):
    startup = make_startup(legal_name=f"{attack} Ltd")
    in_review(call, startup=startup)
    client.force_login(manager)
    (row,) = rows_of(client, call)
    assert row["Organisation"] == f"'{attack} Ltd"
    book = load_workbook(io.BytesIO(body(client.get(address(call, "xlsx")))))
    cells = [cell for line in book.active.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any(str(cell.value).startswith("'") for cell in cells)


def test_csv_is_quoted_marked_and_complete(client, call, manager):
    application = in_review(call, mean_score="61.25", review_count=2, assigned_count=2)
    prepare(application=application, outcome="reserve", reason="Close.", by=manager)
    client.force_login(manager)
    raw = body(client.get(address(call)))
    assert raw.startswith(b"\xef\xbb\xbf")
    first = raw.decode("utf-8-sig").splitlines()[0]
    assert first.startswith('"Reference","State"')
    (row,) = rows_of(client, call)
    assert row["Reference"] == application.reference
    assert row["State"] == "In review"
    assert row["Title"] == "Answer"
    assert (row["Mean score"], row["Reviews"]) == ("61.25", "2")
    assert (row["Decision"], row["Reason"]) == ("Reserve list", "Close.")
    assert row["Result sent"] == "prepared, not sent"


def test_who_prepares_no_decisions_reads_none_before_they_are_sent(
    client, programme, call, manager
):
    application = in_review(call)
    prepare(application=application, outcome="selected", reason="Secret.", by=manager)
    client.force_login(make_staff(programme, Role.COORDINATOR))
    (row,) = rows_of(client, call)
    assert (row["Decision"], row["Reason"], row["Result sent"]) == ("", "", "")


def test_answers_of_drafts_and_of_changes_not_submitted_never_leave(client, call, manager):
    draft = make_application(call, complete=True, completeness=80, open_to_staff=True)
    handed_in = in_review(call)
    Answer.objects.filter(application__in=[draft, handed_in]).update(value="UNSUBMITTED")
    client.force_login(manager)
    text = body(client.get(address(call))).decode()
    assert draft.reference in text
    assert "UNSUBMITTED" not in text


def test_export_is_written_down_before_a_byte_leaves(client, call, manager):
    in_review(call)
    client.force_login(manager)
    response = client.get(address(call))
    entry = AuditEntry.objects.get(verb="export")
    assert (entry.actor, entry.subject_id) == (manager, call.pk)
    assert entry.facts == {"format": "csv", "applications": 1}
    body(response)


def test_rows_come_from_a_cursor_of_the_database(client, call, manager):
    for _number in range(3):
        in_review(call)
    client.force_login(manager)
    with CaptureQueriesContext(
        connection,
    ) as few:
        body(client.get(address(call)))
    more = closed_call(call.programme)
    for _number in range(9):
        in_review(more)
    with CaptureQueriesContext(connection) as many:
        response = client.get(address(more))
        assert response.streaming
        body(response)
    assert len(many) == len(few)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("role", [*Role, None])
def test_who_may_export(client, programme, call, role, kind):
    in_review(call)
    client.force_login(make_staff(programme, role) if role else make_staff(None, Role.MANAGER))
    response = client.get(address(call, kind))
    allowed = role in {Role.MANAGER, Role.COORDINATOR, Role.COMPLIANCE}
    assert response.status_code == (200 if allowed else 404)
    if allowed:
        body(response)
    assert AuditEntry.objects.filter(verb="export").exists() == allowed


def test_unknown_format_is_not_found(client, call, manager):
    client.force_login(manager)
    assert client.get(address(call, "pdf")).status_code == 404


def test_only_the_calls_own_applications(client, call, manager):
    mine, other = in_review(call), in_review(closed_call(call.programme))
    withdrawn = make_application(call, state=State.WITHDRAWN)
    client.force_login(manager)
    found = {row["Reference"]: row for row in rows_of(client, call)}
    assert set(found) == {mine.reference, withdrawn.reference}
    assert found[withdrawn.reference]["Title"] == ""
    assert Application.objects.filter(pk=other.pk).exists()
