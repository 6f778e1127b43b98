"""Evidence in life: replaced, translated, refused, taken over, typed wrongly, reminded of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from portal.choices import DocumentState, ReminderState
from portal.models import Document, OutboxMessage, Reminder
from portal.registry import registry
from portal.workflow import StepRefused
from procurement import actions, gaps
from procurement.actions.evidence import Given
from procurement.choices import EvidenceState, Gap
from procurement.models import Evidence
from procurement.workflow import evidence_workflow
from startups.choices import MemberRole
from tests.factories.portal import make_user
from tests.factories.startups import add_member, make_startup
from tests.factories.suppliers import (
    make_evidence,
    make_file,
    make_paper,
    make_requirement,
)
from tests.procurement.file.steps import form_of, gap_of

pytestmark = pytest.mark.django_db


def pdf(name="certificate.pdf", content=b"%PDF-1.4 one"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def test_what_is_good_counts_until_the_newer_is_good(startup, adviser):
    file, asked = make_file(startup), make_requirement()
    owner = startup.owners()[0]
    old = make_evidence(file, asked, state=EvidenceState.ACCEPTED)
    new = actions.give_evidence(
        file=file, requirement=asked, given=Given(upload=pdf(), language="en"), by=owner
    )
    assert gap_of(file, asked.code).gap == Gap.MET
    with pytest.raises(StepRefused, match="still being checked"):
        evidence_workflow.perform(new, "accept", actor=adviser)
    Document.objects.filter(pk=new.document_id).update(state=DocumentState.CLEAN)
    evidence_workflow.perform(new, "accept", actor=adviser)
    old.refresh_from_db()
    assert old.state == EvidenceState.REPLACED
    # What waits or was not good gives way at once.
    third = actions.give_evidence(
        file=file, requirement=asked, given=Given(upload=pdf(), language="en"), by=owner
    )
    actions.give_evidence(
        file=file, requirement=asked, given=Given(upload=pdf(), language="en"), by=owner
    )
    third.refresh_from_db()
    assert third.state == EvidenceState.REPLACED


def test_one_of_three_is_replaced_and_the_others_stay(client, startup, adviser):
    file = make_file(startup)
    asked = make_requirement(kind="reference", how_many=3, level="level_1")
    pieces = [make_evidence(file, asked, state=EvidenceState.ACCEPTED) for _number in range(3)]
    client.force_login(startup.owners()[0])
    referee = {
        "name": "Ruth Okello",
        "organisation": "County of Kisumu",
        "email": "ruth@example.org",
        "telephone": "+254 700 000 002",
        "relation": "Twelve sensors in 2025",
        "agreed": "on",
    }
    path = form_of(startup, asked)
    assert client.post(path, referee | {"email": "ruth"}).status_code == 422
    assert client.post(f"{path}?replaces={pieces[1].pk}", referee).status_code == 302
    new = Evidence.objects.get(state=EvidenceState.GIVEN)
    assert (new.replaces, new.referee.name) == (pieces[1], "Ruth Okello")
    assert gap_of(file, asked.code).gap == Gap.MET
    evidence_workflow.perform(new, "accept", actor=adviser)
    states = [Evidence.objects.get(pk=one.pk).state for one in pieces]
    assert states == ["accepted", "replaced", "accepted"]


def test_paper_in_another_language_waits_for_its_translation(startup, adviser):
    file, asked = make_file(startup), make_requirement(english=True)
    piece = make_evidence(file, asked, language="sw")
    assert "certified translation" in gap_of(file, asked.code).sentence
    with pytest.raises(StepRefused, match="translation is missing"):
        evidence_workflow.perform(piece, "accept", actor=adviser)
    piece = make_evidence(file, asked, language="sw", translation=make_paper(startup))
    evidence_workflow.perform(piece, "accept", actor=adviser)
    assert gap_of(file, asked.code).gap == Gap.MET


def test_file_refused_by_the_check_is_told(startup):
    file, asked = make_file(startup), make_requirement()
    paper = make_paper(startup, state=DocumentState.REFUSED, refusal="locked")
    piece = make_evidence(file, asked, document=paper)
    Document.objects.filter(pk=paper.pk).update(subject_id=piece.pk)
    paper.refresh_from_db()
    for tell in registry.refused_files:
        tell(paper)
    piece.refresh_from_db()
    assert piece.state == EvidenceState.REJECTED
    assert "password" in OutboxMessage.objects.get(notice="evidence_rejected").text


def test_file_of_an_application_is_taken_over(client, startup):
    asked, file = make_requirement(), make_file(startup)
    paper = make_paper(startup, subject_type="challenges.application", name="registry.pdf")
    foreign = make_paper(make_startup(), subject_type="challenges.application", name="theirs.pdf")
    client.force_login(startup.owners()[0])
    page = client.get(form_of(startup, asked)).content.decode()
    assert "registry.pdf" in page
    assert "theirs.pdf" not in page
    data = {"known": str(foreign.pk), "language": "en"}
    assert client.post(form_of(startup, asked), data).status_code == 422
    data = {"known": str(paper.pk), "language": "en"}
    assert client.post(form_of(startup, asked), data).status_code == 302
    assert file.evidence.get().document == paper


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"language": "en"}, "Choose the document."),
        ({"language": ""}, "Please fill this in."),
        ({"language": "en", "issued_on": "2999-01-01"}, "has not come yet"),
        ({"language": "en", "expires_on": "2020-01-01"}, "expired already"),
        ({"language": "en", "expires_on": "soon"}, "Write a day"),
        ({"language": "xx"}, "not one of the available"),
        ({"language": "en", "upload": "x"}, "Choose the document."),
    ],
)
def test_bad_input_gets_a_sentence(client, startup, data, sentence):
    file, asked = make_file(startup), make_requirement()
    client.force_login(startup.owners()[0])
    answer = client.post(form_of(startup, asked), data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not file.evidence.exists()


def test_accounts_ask_for_the_day_of_issue_and_hold_a_year(client, startup, asked):
    file = make_file(startup)
    client.force_login(startup.owners()[0])
    path = form_of(startup, asked["level_2/audited-accounts"])
    assert client.post(path, {"language": "en", "upload": pdf()}).status_code == 422
    issued = timezone.localdate() - timedelta(days=30)
    data = {"language": "en", "upload": pdf(), "issued_on": issued.isoformat()}
    assert client.post(path, data).status_code == 302
    assert file.evidence.get().expires_on == gaps.months_after(issued, 12)


def test_reminders_at_nine_of_each_readers_morning(startup, adviser):
    file, asked = make_file(startup), make_requirement()
    editor = add_member(startup, make_user(time_zone="Pacific/Auckland"))
    add_member(startup, role=MemberRole.VIEWER)
    ends = timezone.localdate() + timedelta(days=45)
    piece = make_evidence(file, asked, expires_on=ends)
    evidence_workflow.perform(piece, "accept", actor=adviser)
    planned = Reminder.objects.about(piece)
    # Sixty days before has passed; a viewer is not asked to renew.
    assert planned.count() == 6
    for reminder in planned.select_related("recipient"):
        there = reminder.due_at.astimezone(reminder.recipient.zone)
        assert (there.hour, there.minute) == (9, 0)
        assert (ends - there.date()).days in {30, 7, 0}
    assert {one.recipient for one in planned} == {startup.owners()[0], editor}


def due_now(piece):
    past = timezone.now() - timedelta(minutes=1)
    Reminder.objects.about(piece).filter(kind="evidence_30_days").update(due_at=past)
    return actions.evidence_reminding.write_due()


def test_reminder_is_written_once_and_not_for_what_was_replaced(startup, adviser):
    file, asked = make_file(startup), make_requirement(label="ISO certificate")
    piece = make_evidence(file, asked, expires_on=timezone.localdate() + timedelta(days=31))
    evidence_workflow.perform(piece, "accept", actor=adviser)
    assert due_now(piece) == 1
    assert due_now(piece) == 0
    letter = OutboxMessage.objects.get(notice="evidence_expiry_reminded")
    assert letter.subject == "Expires in 30 days: ISO certificate"
    newer = make_evidence(file, asked, expires_on=timezone.localdate() + timedelta(days=400))
    evidence_workflow.perform(newer, "accept", actor=adviser)
    left = Reminder.objects.about(piece).exclude(state=ReminderState.SENT)
    assert {one.state for one in left} == {ReminderState.CANCELLED}
    assert Reminder.objects.about(newer).filter(state=ReminderState.PLANNED).count() == 4


@pytest.mark.parametrize("what", ["a newer one waits", "left", "not good"])
def test_no_reminder_of_what_does_not_hold(startup, adviser, what):
    file, asked = make_file(startup), make_requirement()
    editor = add_member(startup)
    piece = make_evidence(file, asked, expires_on=timezone.localdate() + timedelta(days=31))
    evidence_workflow.perform(piece, "accept", actor=adviser)
    Reminder.objects.about(piece).exclude(recipient=editor).delete()
    if what == "a newer one waits":
        make_evidence(file, asked)
    elif what == "left":
        startup.memberships.get(user=editor).delete()
    else:
        Evidence.objects.filter(pk=piece.pk).update(state=EvidenceState.REJECTED)
    assert due_now(piece) == 1
    assert not OutboxMessage.objects.filter(notice="evidence_expiry_reminded").exists()
