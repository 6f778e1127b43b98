"""A file refused after submission: a day for that file alone, and what everybody sees of it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse

from challenges.actions.files import file_reminding, lapse_due, replace_file
from challenges.choices import ApplicationState, AssignmentState, ReplacementState
from challenges.models import Application, Call, Replacement
from challenges.panels.files import files_not_replaced, files_to_replace
from challenges.panels.team import refused_files
from portal import documents
from portal.choices import ReminderState, Role
from portal.models import AuditEntry, ClockNow, Document, OutboxMessage, Reminder, Upload
from portal.workflow import StepRefused
from tests.challenges.test_uploads import Sender, close_call
from tests.factories import files
from tests.factories.portal import make_staff, make_user
from tests.factories.reviews import given_to
from tests.portal.documents.deck import attached, made_for, script_pdf, submitted

pytestmark = pytest.mark.django_db


def pdf(name="second.pdf", content=None):
    return SimpleUploadedFile(name, files.make_pdf() if content is None else content)


def refused(*, late=True):
    """A submitted application whose one file was refused afterwards; its owner, the replacement."""
    owner = make_user()
    application = made_for(owner)
    attached(application, owner, script_pdf())
    submitted(application, owner)
    if late:
        close_call(application.call)
    documents.check_due()
    application = Application.objects.get(pk=application.pk)
    return application, owner, Replacement.objects.get()


def time_is_up(replacement):
    Replacement.objects.filter(pk=replacement.pk).update(open_until=ClockNow())


def test_refusal_opens_a_day_and_the_letter_leads_to_the_page(client):
    application, owner, replacement = refused()
    assert replacement.state == ReplacementState.OPEN
    left = replacement.open_until - replacement.created_at
    assert timedelta(hours=23, minutes=59) < left < timedelta(hours=24, minutes=1)
    letter = OutboxMessage.objects.get(notice="file_refused")
    assert replacement.get_absolute_url() in letter.text
    assert "Can be replaced until" in letter.text
    assert "nothing needs to be submitted again" in letter.text
    [waits] = files_to_replace(owner)
    assert waits.url == replacement.get_absolute_url()
    assert list(refused_files(owner)) == []  # said once
    client.force_login(owner)
    page = client.get(replacement.get_absolute_url())
    assert page.status_code == 200
    assert "It holds a script." in page.content.decode()
    stranger = make_user()
    client.force_login(stranger)
    assert client.get(replacement.get_absolute_url()).status_code == 404
    # The answers themselves stay shut: it is this file alone.
    client.force_login(owner)
    edit = reverse("challenges:application-edit", args=[application.pk, 1])
    assert client.get(edit).status_code == 302
    # The application's own page and the receipt do not say that there is nothing to do.
    for one in (application.get_absolute_url(), f"{application.get_absolute_url()}receipt/"):
        said = client.get(one).content.decode()
        assert replacement.get_absolute_url() in said
        assert "deck.pdf" in said
        assert "othing more to do" not in said


def test_last_page_says_that_the_file_of_a_draft_was_refused(client):
    owner = make_user()
    application = made_for(owner)
    client.force_login(owner)
    check = f"{application.get_absolute_url()}check/"
    assert "Add the file." in client.get(check).content.decode()
    attached(application, owner, script_pdf())
    documents.check_due()
    said = client.get(check).content.decode()
    assert "Our check refused deck.pdf. Put another file in its place." in said
    assert "Add the file." not in said


def test_file_is_replaced_after_the_deadline_and_the_copy_stays(client):
    application, owner, replacement = refused()
    before = application.current_revision
    submitted_at = application.submitted_at
    client.force_login(owner)
    done = client.post(replacement.get_absolute_url(), {"file": pdf()}, follow=True)
    assert "nothing more to do" in done.content.decode()
    documents.check_due()

    application = Application.objects.get(pk=application.pk)
    replacement = Replacement.objects.get()
    after = application.current_revision
    assert (after.answers, after.fingerprint) == (before.answers, before.fingerprint)
    assert (application.revision_count, application.submitted_at) == (1, submitted_at)
    assert replacement.replaced_by == owner
    assert not application.has_unsubmitted_changes
    assert application.answers.get(question__label="Deck").document == replacement.document
    assert set(Reminder.objects.values_list("state", flat=True)) <= {ReminderState.CANCELLED}
    assert AuditEntry.objects.filter(verb="replace-file", subject_id=application.pk).count() == 1

    # Receipt, paper and text show it in its place.
    receipt = client.get(reverse("challenges:application-receipt", args=[application.pk]))
    assert "replaced on" in receipt.content.decode()
    paper = client.get(reverse("challenges:application-print", args=[application.pk]))
    assert "second.pdf (replaced on" in paper.content.decode()
    own = client.get(application.get_absolute_url()).content.decode()
    assert "Received, nothing more to do." in own
    assert "Refused file replaced" in own
    # A second time there is nothing to replace.
    with pytest.raises(StepRefused):
        replace_file(replacement=replacement, upload=pdf(), by=owner)


def test_newer_version_with_another_file_leaves_nothing_to_replace(client):
    application, owner, replacement = refused(late=False)
    client.force_login(owner)
    assert [one.url for one in files_to_replace(owner)] == [replacement.get_absolute_url()]
    attached(application, owner, name="second.pdf")
    submitted(application, owner)
    application = Application.objects.get(pk=application.pk)
    assert application.revision_count == 2
    assert list(files_to_replace(owner)) == []
    own = client.get(application.get_absolute_url()).content.decode()
    assert replacement.get_absolute_url() not in own
    assert "Received, nothing more to do." in own


def test_staff_jury_and_export_have_the_file_in_its_place(client):
    application, owner, replacement = refused()
    replace_file(replacement=replacement, upload=pdf(), by=owner)
    documents.check_due()
    new = Replacement.objects.get().document
    manager = make_staff(application.call.programme, Role.MANAGER)
    client.force_login(manager)
    page = client.get(reverse("admin:challenges_application_change", args=[application.pk]))
    shown = page.content.decode()
    assert "Replaced on" in shown
    assert "second.pdf" in shown
    address = reverse("admin:challenges_application_file", args=[application.pk, new.pk])
    assert address in shown
    assert client.get(address).status_code == 200
    old = [application.pk, replacement.refused_id]
    assert client.get(reverse("admin:challenges_application_file", args=old)).status_code == 404
    export = reverse("admin:challenges_application_export", args=[application.call_id, "csv"])
    answer = client.post(export) if client.get(export).status_code == 405 else client.get(export)
    rows = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert any(
        "second.pdf (replaced on" in cell for row in csv.reader(io.StringIO(rows)) for cell in row
    )

    juror = make_staff(application.call.programme, Role.REVIEWER)
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.IN_REVIEW)
    assignment = given_to(application, juror, AssignmentState.READING)
    client.force_login(juror)
    page = client.get(reverse("admin:challenges_reviewassignment_review", args=[assignment.pk]))
    address = reverse("admin:challenges_reviewassignment_file", args=[assignment.pk, new.pk])
    picture = reverse("admin:challenges_reviewassignment_page", args=[assignment.pk, new.pk, 1])
    assert address in page.content.decode()
    assert picture in page.content.decode()
    assert client.get(address).status_code == 200
    assert client.get(picture).status_code == 200


def test_file_that_breaks_a_rule_or_is_missing_is_said_beside_the_field(client):
    _application, owner, replacement = refused()
    client.force_login(owner)
    for upload, sentence in (
        ({}, "Choose the file."),
        ({"file": pdf("deck.exe")}, "This kind of file is not taken."),
        ({"file": pdf(content=b"no pdf")}, "not what its name says"),
    ):
        page = client.post(replacement.get_absolute_url(), upload)
        assert page.status_code == 422
        assert sentence in page.content.decode()
    assert Document.objects.count() == 1


def test_replacement_that_is_refused_too_opens_a_day_of_its_own():
    application, owner, replacement = refused()
    replace_file(replacement=replacement, upload=pdf(content=script_pdf()), by=owner)
    documents.check_due()
    second = Replacement.objects.get(state=ReplacementState.OPEN)
    assert second.refused == Replacement.objects.get(pk=replacement.pk).document
    assert OutboxMessage.objects.filter(notice="file_refused").count() == 2
    replace_file(replacement=second, upload=pdf("third.pdf"), by=owner)
    documents.check_due()
    client_copy = Application.objects.get(pk=application.pk)
    from challenges.workflow.replacement import files_that_count  # noqa: PLC0415 -- here only

    [key] = files_that_count(client_copy)
    assert Document.objects.get(pk=key).name == "third.pdf"


def test_time_that_passed_is_said_and_staff_see_it(client):
    application, owner, replacement = refused()
    time_is_up(replacement)
    client.force_login(owner)
    late = client.post(replacement.get_absolute_url(), {"file": pdf()})
    assert late.status_code == 422
    assert "The time to replace this file ended" in late.content.decode()
    assert Document.objects.count() == 1
    assert lapse_due() == 1
    assert lapse_due() == 0
    assert Replacement.objects.get().state == ReplacementState.LAPSED
    assert list(files_to_replace(owner)) == []
    manager = make_staff(application.call.programme, Role.MANAGER)
    [seen] = files_not_replaced(manager)
    assert application.reference in seen.object
    client.force_login(manager)
    assert "It was not replaced by" in client.get(seen.url).content.decode()
    assert client.get("/inbox/").status_code == 200


def test_reminder_comes_before_it_lapses_and_to_nobody_who_is_done():
    _application, owner, replacement = refused()
    planned = Reminder.objects.get(recipient=owner, kind="replace_6_hours")
    assert planned.due_at == replacement.open_until - timedelta(hours=6)
    Reminder.objects.filter(pk=planned.pk).update(due_at=ClockNow())
    assert file_reminding.write_due() == 1
    letter = OutboxMessage.objects.get(notice="file_reminded")
    assert "deck.pdf" in letter.subject
    assert replacement.get_absolute_url() in letter.text

    _application, _owner, other = refused_again()
    time_is_up(other)
    Reminder.objects.filter(subject_id=other.pk).update(due_at=ClockNow())
    file_reminding.write_due()
    assert OutboxMessage.objects.filter(notice="file_reminded").count() == 1


def refused_again():
    """Another application of the same kind."""
    known = set(Replacement.objects.values_list("pk", flat=True))
    owner = make_user()
    application = made_for(owner)
    attached(application, owner, script_pdf())
    submitted(application, owner)
    documents.check_due()
    return application, owner, Replacement.objects.exclude(pk__in=known).get()


def test_nothing_opens_where_nobody_reads():
    owner = make_user()
    application = made_for(owner)
    attached(application, owner, script_pdf())
    submitted(application, owner)
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.WITHDRAWN)
    documents.check_due()
    assert not Replacement.objects.exists()


def test_file_of_a_replacement_comes_in_pieces_too():
    application, owner, replacement = refused()
    sender = Sender(application, replacement.question, owner, content=files.make_pdf())
    sender.purpose = f"r_{replacement.pk.hex}"
    assert sender.all_of_it().json()["taken"]
    assert Replacement.objects.get().state == ReplacementState.REPLACED
    # As a question of the draft it comes too late.
    sender.purpose = replacement.question.field
    assert sender.begin().status_code == 409
    assert Upload.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_replacing_and_lapsing_at_once_are_decided_for_one():
    _application, owner, replacement = refused(late=False)
    together, outcome = Barrier(2), {}

    def run(name, job):
        try:
            together.wait(60)
            outcome[name] = job()
        except StepRefused as refusal:
            outcome[name] = str(refusal)
        finally:
            connections.close_all()

    def replace():
        return replace_file(replacement=replacement, upload=pdf(), by=owner).name

    time_is_up(replacement)
    Replacement.objects.filter(pk=replacement.pk).update(
        open_until=ClockNow() + timedelta(milliseconds=40)
    )

    def lapse():
        while not lapse_due():
            if Replacement.objects.get(pk=replacement.pk).state != ReplacementState.OPEN:
                return 0
        return 1

    jobs = {"replace": replace, "lapse": lapse}
    threads = [Thread(target=run, args=job) for job in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    replacement.refresh_from_db()
    if replacement.state == ReplacementState.REPLACED:
        assert outcome == {"replace": "second.pdf", "lapse": 0}
        assert replacement.document is not None
    else:
        assert replacement.state == ReplacementState.LAPSED
        assert outcome["lapse"] == 1
        assert outcome["replace"] != "second.pdf"
        assert replacement.document is None
    assert Call.objects.count() == 1
