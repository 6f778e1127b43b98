"""The way of a supplier file to a complete Basic level."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.models import AuditEntry, OutboxMessage
from portal.registry import registry
from procurement import actions
from procurement.actions.evidence import Given
from procurement.choices import EvidenceState, FileLevel, Gap
from procurement.models import CodeRevision, Evidence, Requirement, SupplierFile
from procurement.readiness import read_file
from procurement.workflow import evidence_workflow
from tests.factories.suppliers import (
    SHIPPED,
)
from tests.procurement.file.steps import form_of, gap_of, page_of

pytestmark = pytest.mark.django_db


def report_of(file, level):
    return next(one for one in read_file(file).levels if one.level == level)


def test_what_is_shipped_has_its_source_and_invents_no_statement(asked):
    assert all(row.source for row in Requirement.objects.all())
    assert CodeRevision.objects.in_force(date(2024, 8, 31)).name.startswith("Rev.06")
    assert CodeRevision.objects.in_force(date(2026, 11, 22)).name.startswith("Rev.07")
    assert CodeRevision.objects.in_force(date(2017, 1, 1)) is None
    assert asked["level_2/audited-accounts"].sensitive
    assert asked["level_2/audited-accounts"].how_many == 3
    assert asked["level_1/references"].how_many == 3
    beside = Requirement.objects.get(organisation="UN Secretariat")
    assert (beside.level, beside.years) == ("level_1", 3)
    # The seven statements are not known here: one declaration, in the organisation's words.
    assert asked["basic/eligibility"].kind == "declaration"
    assert SHIPPED.read_text().count("eligib") < 8


def test_the_way_to_basic(client, startup, adviser, asked):  # noqa: PLR0915 -- one way, in one go
    """Opened, prefilled, given, judged, complete; with a no on the way and its letter."""
    owner = startup.owners()[0]
    client.force_login(owner)
    empty = client.get(page_of(startup)).content.decode()
    assert "neither submits anything to the UN Global Marketplace nor speaks for it" in empty
    client.post(reverse("procurement:supplier-file-open", args=[startup.pk]))
    file = SupplierFile.objects.get()
    # Nothing is typed twice: the record answers these already.
    assert gap_of(file, "legal-name").gap == Gap.MET
    assert gap_of(file, "address").gap == Gap.MET
    assert gap_of(file, "account").gap == Gap.MISSING
    page = client.get(page_of(startup)).content.decode()
    assert "Not before 12 Mar 2027" in page
    assert "12 Mar 2027, when you are 3 years old" in page
    actions.state_supplier(
        startup=startup, level="basic", number="123456", as_of=date(2026, 5, 2), by=owner
    )
    assert gap_of(file, "account").gap == Gap.MET

    conduct = asked["basic/conduct"]
    revision = CodeRevision.objects.in_force(timezone.localdate())
    refused = client.post(form_of(startup, conduct), {"revision": str(revision.pk)})
    assert refused.status_code == 422
    client.post(form_of(startup, conduct), {"revision": str(revision.pk), "agreed": "on"})
    assert gap_of(file, "conduct").gap == Gap.MET

    for code in ("market-ready", "ownership", "countries", "classification", "eligibility"):
        data = {"answer": f"Our answer to {code}", "agreed": "on"}
        assert client.post(form_of(startup, asked[f"basic/{code}"]), data).status_code == 302
    assert report_of(file, "basic").complete is False
    waiting = {
        str(item.object): item.verb for ask in registry.staff_waiting for item in ask(adviser)
    }
    assert waiting == {"5 pieces of evidence of Maji Safi Ltd": "Look at"}

    client.force_login(adviser)
    page = client.get(page_of(startup)).content.decode()
    assert "Our answer to ownership" in page
    pieces = {one.requirement.code: one for one in Evidence.objects.select_related("requirement")}
    no = reverse("procurement:evidence-reject", args=[pieces["ownership"].pk])
    client.post(no, {"why": ""})
    assert Evidence.objects.get(pk=pieces["ownership"].pk).state == EvidenceState.GIVEN
    client.post(no, {"why": "Say who holds the shares."})
    letter = OutboxMessage.objects.get(notice="evidence_rejected")
    assert letter.to_address == owner.email
    assert "Say who holds the shares." in letter.text
    for code in ("market-ready", "countries", "classification", "eligibility"):
        client.post(reverse("procurement:evidence-accept", args=[pieces[code].pk]))
    assert gap_of(file, "ownership").gap == Gap.REJECTED

    client.force_login(owner)
    assert "Say who holds the shares." in client.get(page_of(startup)).content.decode()
    mine = [item.verb for ask in registry.waiting for item in ask(owner)]
    assert "Mend" in mine
    client.post(form_of(startup, asked["basic/ownership"]), {"answer": "Privately owned by two."})
    client.force_login(adviser)
    newest = Evidence.objects.get(requirement=asked["basic/ownership"], state="given")
    client.post(reverse("procurement:evidence-accept", args=[newest.pk]))

    assert report_of(file, "basic").complete
    done = AuditEntry.objects.get(verb="complete-level")
    assert (done.subject_id, done.facts, done.startup_id) == (
        file.pk,
        {"level": "basic"},
        startup.pk,
    )
    assert OutboxMessage.objects.filter(notice="level_completed").count() == 1
    client.force_login(owner)
    told = client.get(startup.get_absolute_url()).content.decode()
    assert "Supplier file: Basic is complete" in told
    assert "Mend" not in [item.verb for ask in registry.waiting for item in ask(owner)]


def complete_basic(startup, asked, adviser):
    """All of Basic, as if it had been given and judged."""
    owner = startup.owners()[0]
    actions.state_supplier(
        startup=startup, level="basic", number="123456", as_of=date(2026, 5, 2), by=owner
    )
    file = actions.open_file(startup=startup, by=owner)
    for key, row in asked.items():
        if key.startswith("basic/") and row.kind in {"answer", "declaration", "conduct"}:
            piece = actions.give_evidence(
                file=file, requirement=row, given=Given(answer="So."), by=owner
            )
            if row.kind != "conduct":
                evidence_workflow.perform(piece, "accept", actor=adviser)
    return SupplierFile.objects.get(pk=file.pk)


def test_level_is_told_once_and_reopens_with_a_new_revision(startup, adviser, asked):
    file = complete_basic(startup, asked, adviser)
    assert file.level == FileLevel.BASIC
    while actions.look_again():
        pass
    assert AuditEntry.objects.filter(verb="complete-level").count() == 1
    CodeRevision.objects.create(name="Rev.08", in_force_from=timezone.localdate(), source="A test")
    actions.file.ask_all_anew()
    assert actions.look_again() == 1
    assert actions.look_again() == 0
    file.refresh_from_db()
    assert file.level == ""
    reopened = AuditEntry.objects.get(verb="reopen-level")
    assert (reopened.actor, reopened.facts) == (None, {"level": "basic"})
    letter = OutboxMessage.objects.get(notice="level_reopened")
    assert letter.reply_to == adviser.staff_roles.get().programme.mailbox
    assert f"Questions? {letter.reply_to}" in letter.text
    assert "earlier revision" in gap_of(file, "conduct").sentence
    actions.give_evidence(
        file=file, requirement=asked["basic/conduct"], given=Given(), by=startup.owners()[0]
    )
    file.refresh_from_db()
    assert file.level == FileLevel.BASIC
    assert AuditEntry.objects.filter(verb="complete-level").count() == 2


def test_changed_record_is_noticed_by_the_sweep(startup, adviser, asked):
    file = complete_basic(startup, asked, adviser)
    startup.registration_number = ""
    startup.save(update_fields=["registration_number", "updated_at"])
    assert actions.look_again() == 1
    file.refresh_from_db()
    assert file.level == ""
