"""Who reads a supplier file and what of it, and what becomes of two."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.choices import Role
from portal.models import AuditEntry, OutboxMessage
from portal.workflow import StepRefused
from procurement import actions
from procurement.models import Evidence, SupplierFile
from procurement.workflow import evidence_workflow
from startups.actions import meet
from startups.choices import MemberRole
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup
from tests.factories.suppliers import (
    ask_as_shipped,
    make_evidence,
    make_file,
    make_paper,
    make_requirement,
)
from tests.procurement.file.steps import page_of

pytestmark = pytest.mark.django_db


def test_standing_is_confirmed_by_a_tap_and_grows_stale(client, startup, adviser, settings):
    file = make_file(startup)
    settings.STANDING_STALE_DAYS = 60
    client.force_login(adviser)
    seen = timezone.localdate() - timedelta(days=61)
    data = {
        "organisation": "UNOPS",
        "level": "level_1",
        "submission": "submitted",
        "confirmed_on": seen.isoformat(),
    }
    path = reverse("procurement:standing-write", args=[startup.pk])
    assert client.post(path, data | {"confirmed_on": "2999-01-01"}).status_code == 422
    assert client.post(path, data).status_code == 302
    page = client.get(page_of(startup)).content.decode()
    assert "not known since" in page
    assert "that is no fault" in page
    standing = file.standings.get()
    client.post(reverse("procurement:standing-unchanged", args=[standing.pk]))
    standing.refresh_from_db()
    assert (standing.confirmed_on, standing.confirmed_by) == (timezone.localdate(), adviser)
    assert "not known since" not in client.get(page_of(startup)).content.decode()
    # The same organisation in other letters is the same, and the past does not undo the present.
    assert client.post(path, data | {"organisation": "unops"}).status_code == 422
    assert file.standings.count() == 1


def test_listed_is_permitted(startup, programme):
    file, other = make_file(startup), make_file()
    pieces = [
        make_evidence(one, make_requirement(sensitive=sensitive))
        for one in (file, other)
        for sensitive in (False, True)
    ]
    people = {
        "owner": startup.owners()[0],
        "viewer": add_member(startup, role=MemberRole.VIEWER),
        "stranger": make_user(),
        "administrator": make_user(is_superuser=True),
        **{f"{role} here": make_staff(programme, role) for role in Role},
        **{f"{role} elsewhere": make_staff(make_programme(), role) for role in Role},
    }
    restricted = set()
    for name, user in people.items():
        for model, rows in ((SupplierFile, [file, other]), (Evidence, pieces)):
            fresh = {model.objects.get(pk=row.pk) for row in rows}
            listed = set(model.objects.visible_to(user))
            permission = f"procurement.view_{model._meta.model_name}"
            assert listed == {row for row in fresh if user.has_perm(permission, row)}, name
        if Evidence.objects.visible_to(user).filter(requirement__sensitive=True).exists():
            restricted.add(name)
    assert restricted == {"owner", "viewer", "procurement here", "compliance here"}


def test_adviser_does_not_judge_the_own_organisation(startup, programme):
    piece = make_evidence(make_file(startup), make_requirement())
    member = make_staff(programme, Role.PROCUREMENT)
    add_member(startup, member)
    with pytest.raises(StepRefused):
        evidence_workflow.perform(piece, "accept", actor=member)


def test_manager_reads_status_and_gap_of_what_is_restricted_and_no_name(client, startup, programme):
    asked = make_requirement(label="Accounts", sensitive=True)
    paper = make_paper(startup, name="canary-accounts.pdf")
    piece = make_evidence(make_file(startup), asked, document=paper, answer="canary words")
    client.force_login(make_staff(programme, Role.MANAGER))
    page = client.get(page_of(startup)).content.decode()
    assert "Accounts" in page
    assert "Being looked at" in page
    assert "canary" not in page
    path = reverse("procurement:evidence-file", args=[piece.pk, paper.pk])
    assert client.get(path).status_code == 404
    assert not AuditEntry.objects.filter(verb__contains="restricted").exists()


def test_each_opening_of_a_restricted_file_is_written_and_shown(client, startup, adviser):
    asked = make_requirement(sensitive=True)
    piece = make_evidence(make_file(startup), asked)
    path = reverse("procurement:evidence-file", args=[piece.pk, piece.document_id])
    client.force_login(adviser)
    client.get(page_of(startup))
    for _time in range(2):
        answer = client.get(path)
        assert answer["Content-Disposition"].startswith("attachment")
        assert b"".join(answer.streaming_content) == b"%PDF-1.4"
    verbs = AuditEntry.objects.filter(startup_id=startup.pk, actor=adviser).values_list("verb")
    assert sorted(verbs) == [("open-restricted",), ("read-restricted",), ("read-restricted",)]
    owner = startup.owners()[0]
    client.force_login(owner)
    client.get(path)
    page = client.get(page_of(startup)).content.decode()
    assert page.count("downloaded a document") == 2
    assert adviser.shown_name in page
    # The team reads its own papers without an entry.
    assert not AuditEntry.objects.filter(verb="read-restricted", actor=owner).exists()


def test_letter_about_a_restricted_paper_says_neither_name_nor_reason(startup, adviser):
    asked = make_requirement(sensitive=True)
    paper = make_paper(startup, name="canary-accounts.pdf")
    piece = make_evidence(make_file(startup), asked, document=paper)
    evidence_workflow.perform(piece, "reject", actor=adviser, data={"why": "canary loss of 2 m"})
    letter = OutboxMessage.objects.get(notice="evidence_rejected")
    assert "canary" not in letter.text + letter.subject + letter.html
    assert "canary" not in str(list(AuditEntry.objects.values_list("reason", "facts")))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("who", ["owner", "adviser"])
def test_file_query_count(client, startup, adviser, asked, count, who, django_assert_num_queries):
    file = make_file(startup)
    for number in range(count):
        make_evidence(file, asked["level_1/iso"], answer=str(number))
        make_evidence(file, asked["level_1/certificate"])
    client.force_login(adviser if who == "adviser" else startup.owners()[0])
    client.get(page_of(startup))
    with django_assert_num_queries(QUERIES[who]):
        client.get(page_of(startup))


# session, person, startup, its people and who met it, file, what is asked, revision, statement,
# evidence, contacts, clock, registrations, statement shown, values of contracts, who opened,
# unread, my roles on staff
QUERIES = {"owner": 17, "adviser": 17}


@pytest.mark.parametrize("count", [1, 3])
def test_admin_list(client, programme, adviser, count, django_assert_num_queries):
    ask_as_shipped()
    for _number in range(count):
        made = make_startup()
        meet(startup=made, programme=programme)
        make_evidence(make_file(made))
    make_file()
    client.force_login(adviser)
    path = reverse("admin:procurement_supplierfile_changelist")
    client.get(path)
    with django_assert_num_queries(12):
        answer = client.get(path)
    assert answer.context["cl"].result_count == count
    page = answer.content.decode()
    assert "none yet" in page
    assert "Account in the UN Global Marketplace: Missing in your record." in page


def test_requirement_is_added_and_ended_but_not_changed(client, adviser):
    row = make_requirement(label="Licence", valid_from=date(2026, 1, 1))
    client.force_login(adviser)
    path = reverse("admin:procurement_requirement_change", args=[row.pk])
    data = {"label": "Something else", "valid_to": "2026-12-31"}
    assert client.post(path, data).status_code == 302
    row.refresh_from_db()
    assert (row.label, row.valid_to) == ("Licence", date(2026, 12, 31))


def test_of_two_files_the_kept_records_stands(startup):
    gone = make_startup()
    behind = make_file(gone)
    make_evidence(behind)
    assert actions.merge_files(startup.pk, gone.pk).behind == frozenset()
    make_file(startup)
    found = actions.merge_files(startup.pk, gone.pk)
    assert found.behind == {behind.pk}
    assert "1 piece of evidence stays with the other" in found.notes[0]
