"""Files from upload to download: taken at once, checked beside, refused in words, served whole."""

from __future__ import annotations

import hashlib
import logging
import socketserver
import struct
import threading
import uuid
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import connections, transaction
from django.urls import reverse

from challenges.actions.application import attach_file, submit_application
from challenges.choices import ApplicationState, QuestionKind
from challenges.models import Application, Question
from portal import documents
from portal.choices import DocumentState, Role
from portal.documents import checking
from portal.inspection import BrokenInspection, NoVerdict
from portal.models import AuditEntry, ClockNow, Document, InboxNotice, OutboxMessage
from tests.factories import files
from tests.factories.challenges import make_application
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user()


@pytest.fixture
def application(owner):
    return made_for(owner)


def made_for(owner):
    """A complete draft of a call that also asks for a file."""
    application = make_application(startup=make_startup(owner=owner), complete=True)
    Question.objects.create(
        call=application.call, order=9, section="Team", label="Deck", kind=QuestionKind.FILE
    )
    return application


def attached(application, owner, content=None, name="deck.pdf"):
    """The document that answers the question for a file."""
    return attach_file(
        application=application,
        question=application.call.questions.get(label="Deck"),
        upload=SimpleUploadedFile(name, files.make_pdf() if content is None else content),
        by=owner,
    ).document


def script_pdf():
    return files.hostile()["pdf script in a link"][1]


def edit_page(client, application):
    return client.get(reverse("challenges:application-edit", args=[application.pk, 2]))


def file_url(application, document, name="challenges:application-file"):
    return reverse(name, args=[application.pk, document.pk])


def again(document):
    """The row as it stands, due at once."""
    Document.objects.filter(pk=document.pk).update(check_after=ClockNow())
    document.refresh_from_db()
    return document


# -- taking in --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(files.KINDS))
def test_every_kind_we_name_is_taken_and_found_clean(client, owner, application, name):
    kind, content = files.KINDS[name]()
    client.force_login(owner)
    deck = application.call.questions.get(label="Deck")
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]),
        {deck.field: SimpleUploadedFile(f"Deck.{kind.upper()}", content)},
    )
    assert response.status_code == 302
    document = Document.objects.get()
    assert document.state == DocumentState.CHECKING
    assert "Being checked" in edit_page(client, application).content.decode()
    assert documents.check_due() == 1
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN
    assert "Checked" in edit_page(client, application).content.decode()


def test_too_large_a_file_is_let_fall_while_it_comes_in(client, owner, application, settings):
    settings.UPLOAD_LIMIT_MB = 1
    application.answers.all().delete()
    client.force_login(owner)
    deck, people = (application.call.questions.get(label=label) for label in ("Deck", "People"))
    content = files.make_pdf() + b" " * 5_000_000
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]),
        {deck.field: SimpleUploadedFile("deck.pdf", content), people.field: "12"},
    )
    page = response.content.decode()
    assert "larger than 1 MB" in page
    assert application.answers.get(question=people).value == "12"
    assert not Document.objects.exists()
    # Of what came in, nothing beyond the limit was handed to whoever keeps it.
    upload = response.wsgi_request.FILES[deck.field]
    assert upload.size == len(content)
    assert type(upload) is UploadedFile


def test_old_or_locked_office_file_is_refused_at_once_with_the_remedy(client, owner, application):
    client.force_login(owner)
    deck = application.call.questions.get(label="Deck")
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]),
        {deck.field: SimpleUploadedFile("plan.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99)},
    )
    assert "Save it as .docx without a password" in response.content.decode()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/Plan.pdf", "Plan.pdf"),
        ("C:\\Users\\a\\Plan.pdf", "Plan.pdf"),
        ("Plan\u202efdp.exe.pdf", "Planfdp.exe.pdf"),
        ("Pla\u006e\u0303.pdf", "Pla\u00f1.pdf"),
        ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie: b.pdf"),
        ("募" * 300 + ".pdf", "募" * 116 + ".pdf"),
        ("\u200f", "file"),
    ],
)
def test_name_is_kept_without_what_could_mislead(given, kept):
    assert documents.clean_name(given) == kept
    assert len(documents.clean_name(given)) <= 120


# -- refused ----------------------------------------------------------------------------------


def test_refused_file_is_told_in_words_where_it_stands_and_by_letter(client, owner, application):
    document = attached(application, owner, script_pdf())
    documents.check_due()
    document.refresh_from_db()
    assert document.state == DocumentState.REFUSED
    sentence = "It holds a script. Print it to a new PDF"
    client.force_login(owner)
    assert sentence in edit_page(client, application).content.decode()
    check = reverse("challenges:application-check", args=[application.pk])
    assert sentence in client.get(check).content.decode()
    letter = OutboxMessage.objects.get(notice="file_refused")
    notice = InboxNotice.objects.get(notice="file_refused", recipient=owner)
    assert application.reference in letter.subject
    for text in (letter.text, notice.body):
        assert sentence in text
        assert "Put another file in its place, or remove it." in text
        assert "“deck.pdf”" in text
    entry = AuditEntry.objects.get(verb="refuse-file")
    assert entry.facts == {"document": str(document.pk), "rule": "script"}
    # Checked once, told once.
    assert documents.check_due() == 0
    assert OutboxMessage.objects.filter(notice="file_refused").count() == 1


def test_file_that_was_taken_out_meanwhile_is_no_news(owner, application):
    attached(application, owner, script_pdf())
    attached(application, owner)
    documents.check_due()
    states = list(Document.objects.order_by("created_at").values_list("state", flat=True))
    assert states == ["refused", "clean"]
    assert not OutboxMessage.objects.filter(notice="file_refused").exists()


def test_refused_file_does_not_answer_a_question_that_must_be_answered(owner, application):
    assert submitted(application, owner).state == ApplicationState.SUBMITTED
    other = made_for(owner)
    attached(other, owner, script_pdf())
    other.refresh_from_db()
    assert other.completeness == 100
    documents.check_due()
    other.refresh_from_db()
    assert other.completeness < 100


# -- a submission never waits -----------------------------------------------------------------


def submitted(application, owner):
    """Submit it; the question for a file is answered first where nothing is there."""
    if not application.answers.filter(question__label="Deck").exists():
        attached(application, owner)
    call = application.call
    submit_application(
        application=application, key=uuid.uuid4(), terms_version=call.terms_version, by=owner
    )
    application.refresh_from_db()
    return application


def test_submission_does_not_wait_and_staff_see_how_far_the_check_is(client, owner, application):
    document = attached(application, owner, script_pdf())
    submitted(application, owner)
    assert document.state == DocumentState.CHECKING
    manager = make_staff(application.call.programme, Role.MANAGER)
    page = reverse("admin:challenges_application_change", args=[application.pk])
    address = file_url(application, document, "admin:challenges_application_file")

    client.force_login(manager)
    shown = client.get(page).content.decode()
    assert "Being checked" in shown
    assert address not in shown
    early = client.get(address)
    assert early.status_code == 409
    assert "still being checked" in early.content.decode()

    documents.check_due()
    shown = client.get(page).content.decode()
    assert "Refused" in shown
    assert "It holds a script." in shown
    assert address not in shown
    refused = client.get(address)
    assert refused.status_code == 409
    assert "It holds a script." in refused.content.decode()
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    letter = OutboxMessage.objects.get(notice="file_refused")
    assert "it stays submitted" in letter.text
    assert "submit the new version before the deadline" in letter.text
    # Its own team may have back what it handed in.
    client.force_login(owner)
    assert client.get(file_url(application, document)).status_code == 200
    client.force_login(make_user())
    assert client.get(file_url(application, document)).status_code == 404


def test_clean_file_is_handed_to_staff(client, owner, application):
    content = files.make_pdf()
    document = attached(application, owner, content)
    submitted(application, owner)
    documents.check_due()
    client.force_login(make_staff(application.call.programme, Role.MANAGER))
    address = file_url(application, document, "admin:challenges_application_file")
    page = reverse("admin:challenges_application_change", args=[application.pk])
    assert address in client.get(page).content.decode()
    assert b"".join(client.get(address).streaming_content) == content


@pytest.mark.django_db(transaction=True)
def test_submission_passes_while_its_file_is_being_looked_at(monkeypatch):
    """Several people, several sessions: the check holds no lock that anybody waits for."""
    owner = make_user()
    application = made_for(owner)
    attached(application, owner)
    looking, go_on = threading.Event(), threading.Event()
    look = checking.inspect

    def slowly(path, kind):
        looking.set()
        assert go_on.wait(20)
        return look(path, kind)

    monkeypatch.setattr(checking, "inspect", slowly)

    def check():
        try:
            documents.check_due()
        finally:
            connections.close_all()

    checker = threading.Thread(target=check)
    checker.start()
    try:
        assert looking.wait(10)
        # A second worker finds nothing left to do, rather than the same file.
        assert documents.check_due() == 0
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            assert submitted(application, owner).state == ApplicationState.SUBMITTED
        assert Document.objects.get().state == DocumentState.CHECKING
    finally:
        go_on.set()
        checker.join(20)
    assert Document.objects.get().state == DocumentState.CLEAN


# -- when looking fails -----------------------------------------------------------------------


def failing(monkeypatch, error):
    def fail(_path, _kind):
        raise error

    monkeypatch.setattr(checking, "inspect", fail)


def test_file_that_brings_the_inspection_down_is_refused_after_three_attempts(
    owner, application, monkeypatch
):
    document = attached(application, owner)
    failing(monkeypatch, NoVerdict("ended with -11"))
    for attempt in (1, 2):
        assert documents.check_due() == 1
        document.refresh_from_db()
        assert (document.state, document.attempts) == (DocumentState.CHECKING, attempt)
        assert documents.check_due() == 0  # not before a while has passed
        again(document)
    documents.check_due()
    document.refresh_from_db()
    assert document.refusal == "unreadable"
    assert "could not be read within 5 seconds" in OutboxMessage.objects.latest("created_at").text


def test_file_waits_while_the_inspection_itself_is_broken(owner, application, monkeypatch, caplog):
    document = attached(application, owner)
    failing(monkeypatch, BrokenInspection("no pikepdf"))
    for _attempt in range(5):
        assert documents.check_due() == 1
        again(document)
    assert (document.state, document.attempts) == (DocumentState.CHECKING, 0)
    assert "could not be checked and waits" in caplog.text
    monkeypatch.undo()
    documents.check_due()
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN


def test_one_bad_file_does_not_keep_the_others_waiting(owner, application, monkeypatch):
    attached(application, owner)
    attached(application, owner, b"%PDF-1.4 cut off")
    attached(application, owner)
    assert documents.check_due() == 3
    assert Document.objects.filter(state=DocumentState.CLEAN).count() == 2


def test_check_whose_worker_died_is_begun_again(owner, application):
    document = attached(application, owner)
    with transaction.atomic():
        assert checking._take_next() == document
    assert documents.check_due() == 0
    Document.objects.update(check_after=ClockNow() - timedelta(seconds=1))
    assert documents.check_due() == 1
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN


def test_sweep_checks_what_nobody_was_told_of(owner, application):
    from portal import actions  # noqa: PLC0415 -- the sweep as it runs

    document = attached(application, owner)
    actions.sweep()  # the broker is down in the tests
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN


@pytest.mark.django_db(transaction=True)
def test_web_process_checks_by_itself_while_no_worker_can_be_woken(settings):
    settings.DELIVER_WITHOUT_WORKER = True
    owner = make_user()
    attached(made_for(owner), owner)
    for thread in threading.enumerate():
        if thread.name in {"check", "deliver"}:
            thread.join(20)
    assert Document.objects.get().state == DocumentState.CLEAN


def test_file_spoilt_on_its_way_to_the_store_is_refused(owner, application, caplog):
    document = attached(application, owner)
    Path(document.file.path).write_bytes(files.make_pdf() + b" ")
    documents.check_due()
    document.refresh_from_db()
    assert document.refusal == "changed"
    assert "its hash differs" in caplog.text


# -- serving ----------------------------------------------------------------------------------


def test_file_is_served_as_an_attachment_and_as_nothing_else(client, owner, application):
    document = attached(application, owner, name="Plän “2026”; a=b.pdf")
    client.force_login(owner)
    response = client.get(file_url(application, document))
    body = b"".join(response.streaming_content)
    assert hashlib.sha256(body).hexdigest() == document.sha256
    assert response["Content-Length"] == str(len(body))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''Pl%C3%A4n%20%E2%80%9C2026%E2%80%9D%3B%20a%3Db.pdf"
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Frame-Options"] == "DENY"


def test_large_file_is_served_whole(client, owner, application):
    content = files.make_picture(size=(1_200, 900))
    assert len(content) > 3_000_000
    document = attached(application, owner, content, "site.png")
    client.force_login(owner)
    response = client.get(file_url(application, document))
    assert b"".join(response.streaming_content) == content
    response.close()


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_file_harmed_in_the_store_is_not_handed_out(client, owner, application, caplog, harm):
    document = attached(application, owner)
    documents.check_due()
    if harm == "changed":
        Path(document.file.path).write_bytes(b"<html>" + files.make_pdf())
    else:
        default_storage.delete(document.file.name)
    client.force_login(owner)
    with caplog.at_level(logging.ERROR):
        response = client.get(file_url(application, document))
    assert response.status_code == 503
    page = response.content.decode()
    assert "This file cannot be opened now" in page
    assert "We have been told." in page
    assert str(document.pk) in caplog.text
    assert any(record.levelno == logging.ERROR for record in caplog.records)
    # A name may be personal: the log has the key alone.
    assert document.name not in caplog.text


# -- the virus scanner, where there is one ----------------------------------------------------

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner(socketserver.BaseRequestHandler):
    """The daemon's side of INSTREAM, as its manual describes it."""

    def take(self, count):
        data = b""
        while len(data) < count:
            data += self.request.recv(count - len(data))
        return data

    def handle(self):
        assert self.take(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">I", self.take(4))[0]:
            content += self.take(length)
        if b"too large" in content:
            said = b"INSTREAM size limit exceeded. ERROR\0"
        elif EICAR in content:
            said = b"stream: Win.Test.EICAR_HDB-1 FOUND\0"
        else:
            said = b"stream: OK\0"
        self.request.sendall(said)


@contextmanager
def scanner_at(where):
    kind = (
        socketserver.ThreadingUnixStreamServer
        if isinstance(where, str)
        else socketserver.ThreadingTCPServer
    )
    with kind(where, Scanner) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address
        server.shutdown()
        thread.join()


def test_scanner_is_asked_where_there_is_one(owner, application, settings, tmp_path):
    table = b"name,code\na,"
    with scanner_at(str(tmp_path / "clamd")) as address:
        settings.CLAMAV = address
        bad = attached(application, owner, table + EICAR + b"\n" * 200_000, "a.csv")
        assert documents.check_due() == 1
        good = attached(application, owner, table + b"\n" * 200_000, "a.csv")
        assert documents.check_due() == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.refusal) == (DocumentState.REFUSED, "virus")
    assert good.state == DocumentState.CLEAN


def test_files_wait_while_the_scanner_is_away(owner, application, settings, caplog):
    with scanner_at(("127.0.0.1", 0)) as (host, port):
        settings.CLAMAV = f"{host}:{port}"
        confused = attached(application, owner, b"too large\n", "a.csv")
        documents.check_due()
        confused.refresh_from_db()
        assert confused.state == DocumentState.CHECKING
    document = attached(application, owner)
    for _attempt in range(4):
        documents.check_due()
        again(document)
    assert (document.state, document.attempts) == (DocumentState.CHECKING, 0)
    with scanner_at((host, 0)) as (host, port):
        settings.CLAMAV = f"{host}:{port}"
        documents.check_due()
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN
    assert not OutboxMessage.objects.filter(notice="file_refused").exists()


def test_list_of_files_asks_the_database_once(owner, application, django_assert_num_queries):
    """One question for one file or three, and none where there is no file."""
    keys = [str(attached(application, owner).pk) for _number in range(3)]
    for wanted, asked in ((keys, 1), (keys[:1], 1), ([], 0)):
        with django_assert_num_queries(asked):
            assert set(Document.objects.by_key(wanted)) == set(wanted)
    assert Application.objects.count() == 1
