"""Files in pieces: resumed, repeated, raced for, bounded, in their place in time or not at all."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from challenges.choices import QuestionKind
from challenges.models import Call, Question
from portal import documents
from portal.choices import UploadState
from portal.documents import pieces
from portal.models import AuditEntry, ClockNow, Document, Upload
from tests.factories import files
from tests.factories.challenges import make_application
from tests.factories.portal import make_user
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db

PIECE = pieces.SMALLEST_PIECE
#: Three pieces and a bit.
CONTENT = b"%PDF-" + files.make_picture(size=(280, 240))[: 3 * PIECE + 5_000 - 5]


def draft(owner=None, **question):
    owner = owner or make_user()
    application = make_application(startup=make_startup(owner=owner))
    question = Question.objects.create(
        call=application.call,
        order=9,
        section="Team",
        label="Deck",
        kind=QuestionKind.FILE,
        **question,
    )
    return application, question, owner


class Sender:
    """The script's side of it."""

    def __init__(self, application, question, user, content=CONTENT, name="deck.pdf"):
        self.client = Client()
        self.client.force_login(user)
        self.base = reverse("challenges:upload-begin", args=[application.pk])
        self.purpose, self.content, self.name = question.field, content, name
        self.id = ""

    def begin(self, **changed):
        facts = {
            "purpose": self.purpose,
            "name": self.name,
            "size": len(self.content),
            "mark": hashlib.sha256(self.content).hexdigest(),
        }
        answer = self.client.post(self.base, {**facts, **changed}, headers={"X-Upload": "1"})
        if answer.status_code == 200:
            self.id = answer.json()["id"]
        return answer

    def piece(self, at, length=PIECE):
        return self.client.post(
            f"{self.base}{self.id}/?at={at}",
            self.content[at : at + length],
            content_type="application/octet-stream",
            headers={"X-Upload": "1"},
        )

    def ask(self):
        return self.client.get(f"{self.base}{self.id}/", headers={"X-Upload": "1"}).json()

    def finish(self):
        return self.client.post(f"{self.base}{self.id}/finish/", headers={"X-Upload": "1"})

    def all_of_it(self):
        at = self.begin().json()["received"]
        while at < len(self.content):
            at = self.piece(at).json()["received"]
        return self.finish()


def stored():
    from django.conf import settings  # noqa: PLC0415 -- the folder of this test

    folder = Path(settings.MEDIA_ROOT) / "uploads"
    return [path for path in folder.rglob("*") if path.is_file()]


def close_call(call):
    """Past its deadline, by the database's clock."""
    Call.objects.filter(pk=call.pk).update(
        closes_at=ClockNow() - timedelta(seconds=2), accepts_until=ClockNow() - timedelta(seconds=1)
    )


# -- whole ------------------------------------------------------------------------------------


def test_file_comes_in_pieces_and_stands_in_its_place():
    application, question, owner = draft()
    answer = Sender(application, question, owner).all_of_it().json()
    document = Document.objects.get()
    with document.file.open("rb") as kept:
        assert kept.read() == CONTENT
    assert document.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert application.answers.get(question=question).document == document
    assert answer["taken"]
    assert answer["checking"]
    assert "deck.pdf" in answer["html"]
    assert "Being checked" in answer["html"]
    assert question.pk.hex in answer["html"]
    assert AuditEntry.objects.filter(verb="attach-file").count() == 1
    assert stored() == []


def test_upload_goes_on_after_a_reload_when_the_same_file_is_chosen():
    application, question, owner = draft()
    first = Sender(application, question, owner)
    first.begin()
    first.piece(0)
    again = Sender(application, question, owner)
    told = again.begin().json()
    assert (told["id"], told["received"]) == (first.id, PIECE)
    # A file that was changed meanwhile, under the same name and of the same length, does not.
    other = Sender(application, question, owner, content=b"%PDF-" + CONTENT[5:][::-1])
    told = other.begin().json()
    assert told["received"] == 0
    assert told["id"] != first.id
    assert first.piece(PIECE).status_code == 404
    assert other.all_of_it().json()["taken"]
    with Document.objects.get().file.open("rb") as kept:
        assert kept.read() == other.content


def test_repeated_pieces_and_lost_answers_change_nothing():
    application, question, owner = draft()
    sender = Sender(application, question, owner)
    sender.begin()
    for _time in range(2):
        assert sender.piece(0).json()["received"] == PIECE
    ahead = sender.piece(2 * PIECE)
    assert (ahead.status_code, ahead.json()) == (409, {"received": PIECE})
    overlapping = sender.piece(PIECE - 10)
    assert (overlapping.status_code, overlapping.json()) == (409, {"received": PIECE})
    early = sender.finish()
    assert (early.status_code, early.json()) == (409, {"received": PIECE})
    assert sender.all_of_it().json()["taken"]
    # Nobody heard that it was finished: asked again the answer is the same, and nothing doubled.
    assert sender.finish().json()["taken"]
    assert sender.ask()["taken"]
    assert sender.piece(0).status_code == 200
    assert Document.objects.count() == 1
    assert application.answers.get(question=question).version == 1


def test_piece_whose_line_broke_is_not_kept():
    application, question, owner = draft()
    sender = Sender(application, question, owner)
    sender.begin()
    broken = {"CONTENT_LENGTH": str(2 * PIECE), "wsgi.input": io.BytesIO(CONTENT[:PIECE])}
    answer = sender.client.generic(
        "POST", f"{sender.base}{sender.id}/?at=0", b"", "application/octet-stream", **broken
    )
    assert (answer.status_code, answer.json()) == (400, {"received": 0})
    assert stored() == []


def test_what_a_dead_process_left_in_the_store_does_not_spoil_the_file(settings):
    application, question, owner = draft()
    sender = Sender(application, question, owner)
    sender.begin()
    sender.piece(0)
    upload = Upload.objects.get()
    left = Path(settings.MEDIA_ROOT) / pieces.piece_path(upload, 1)
    left.write_bytes(b"half of a piece")
    assert sender.all_of_it().json()["taken"]
    with Document.objects.get().file.open("rb") as kept:
        assert kept.read() == CONTENT
    assert stored() == []


# -- refused at the beginning -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": "deck.exe"}, "This kind of file is not taken."),
        ({"name": "deck.docx"}, "This kind of file is not taken. Save it as one of: pdf, pptx."),
        ({"size": 26 * 1024 * 1024}, "The file is larger than 25 MB."),
        ({"size": 0}, "The file is empty."),
        ({"size": "9" * 40}, "The file is empty."),
        ({"size": "-1"}, "The file is empty."),
    ],
)
def test_what_is_not_taken_is_refused_before_a_byte_has_come(changed, sentence):
    application, question, owner = draft(file_kinds=["pdf", "pptx"])
    answer = Sender(application, question, owner).begin(**changed)
    assert answer.status_code == 422
    assert sentence in answer.json()["refusal"]
    assert not Upload.objects.exists()


def test_file_that_is_not_what_its_name_says_is_refused_at_its_first_piece():
    application, question, owner = draft()
    sender = Sender(application, question, owner, content=b"MZ" + CONTENT)
    sender.begin()
    answer = sender.piece(0)
    assert answer.status_code == 422
    assert "not what its name says" in answer.json()["refusal"]
    assert stored() == []


def test_form_field_heeds_the_kinds_of_the_question(client):
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415 -- here only

    application, question, owner = draft(file_kinds=["pptx"])
    client.force_login(owner)
    page = client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]),
        {question.field: SimpleUploadedFile("deck.pdf", files.make_pdf())},
    )
    assert "This kind of file is not taken here. Save it as pptx." in page.content.decode()
    assert not Document.objects.exists()


def test_quota_of_one_person_is_counted_over_all_that_is_on_its_way(settings):
    settings.UPLOAD_LIMIT_MB = settings.UPLOAD_QUOTA_MB = 1
    application, question, owner = draft()
    other = Question.objects.create(
        call=application.call, order=10, section="Team", label="Plan", kind=QuestionKind.FILE
    )
    assert Sender(application, question, owner).begin(size=700_000).status_code == 200
    refused = Sender(application, other, owner).begin(size=700_000)
    assert refused.status_code == 422
    assert "more than 1 MB at once" in refused.json()["refusal"]
    # Another file for the same question takes the place of the one before.
    assert Sender(application, question, owner).begin(size=100, mark="x").status_code == 200
    assert Sender(application, other, owner).begin(size=700_000).status_code == 200
    # A colleague has a quota of their own, and sees nothing of what others send.
    colleague = add_member(application.startup, make_user())
    theirs = Sender(application, question, colleague)
    assert theirs.begin(size=900_000).status_code == 200
    theirs.id = Upload.objects.filter(user=owner).first().pk
    assert theirs.piece(0).status_code == 404


# -- who and when -----------------------------------------------------------------------------


def test_upload_begun_before_the_deadline_does_not_end_after_it():
    application, question, owner = draft()
    sender = Sender(application, question, owner)
    sender.begin()
    for at in range(0, len(CONTENT), PIECE):
        sender.piece(at)
    close_call(application.call)
    late = sender.finish()
    assert late.status_code == 409
    assert "The deadline passed" in late.json()["refusal"]
    assert not Document.objects.exists()
    assert sender.piece(0).status_code == 409
    assert Sender(application, question, owner).begin().status_code == 409
    # An extension opens it again, and what has come is still there.
    application.extended_until = ClockNow() + timedelta(hours=1)
    application.save(update_fields=["extended_until"])
    assert sender.finish().json()["taken"]


def test_upload_is_for_who_writes_the_application():
    application, question, owner = draft()
    viewer, stranger = make_user(), make_user()
    application.startup.memberships.create(user=viewer, role="viewer")
    assert Sender(application, question, viewer).begin().status_code == 404
    client = Client()
    client.force_login(stranger)
    base = reverse("challenges:upload-begin", args=[application.pk])
    assert client.post(base, {"purpose": question.field}).status_code == 404
    out = Client().post(base, {}, headers={"X-Upload": "1"})
    assert (out.status_code, out.json()) == (401, {"signed_out": True})
    client.force_login(owner)
    for purpose in ("", "q_", f"q_{'0' * 32}", "\x00", application.call.questions.first().field):
        answer = client.post(base, {"purpose": purpose})
        assert answer.status_code == 422
        assert "takes no file" in answer.json()["refusal"]
    # Whoever loses the right meanwhile does not finish.
    editor = add_member(application.startup, make_user())
    sender = Sender(application, question, editor)
    sender.begin()
    sender.piece(0)
    application.startup.memberships.filter(user=editor).delete()
    assert sender.piece(PIECE).status_code == 404


def test_stopped_and_forgotten_uploads_leave_nothing_behind(django_capture_on_commit_callbacks):
    application, question, owner = draft()
    sender = Sender(application, question, owner)
    stop = f"{sender.base}{{}}/stop/"
    sender.begin()
    sender.piece(0)
    assert len(stored()) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert sender.client.post(stop.format(sender.id)).json() == {"stopped": True}
    assert sender.client.post(stop.format(sender.id)).status_code == 404
    assert not Upload.objects.exists()
    assert stored() == []

    sender.begin()
    sender.piece(0)
    assert documents.tidy() == 0
    Upload.objects.update(expires_at=ClockNow() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert documents.tidy() == 1
    assert not Upload.objects.exists()
    assert stored() == []

    sender.all_of_it()
    # What is taken in stays, whoever stops or tidies its row.
    sender.client.post(stop.format(sender.id))
    assert documents.tidy() == 0
    Upload.objects.update(expires_at=ClockNow() - timedelta(seconds=1))
    assert documents.tidy() == 1
    document = application.answers.get(question=question).document
    assert document is not None
    assert Path(document.file.path).is_file()


# -- races ------------------------------------------------------------------------------------


def at_once(*jobs):
    """Run the jobs in threads of their own, at the same moment."""
    together = Barrier(len(jobs))
    answers = [None] * len(jobs)

    def run(number, job):
        try:
            together.wait(60)
            answers[number] = job()
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=each) for each in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.django_db(transaction=True)
def test_equal_pieces_at_once_count_once_and_finishing_twice_takes_one_file():
    application, question, owner = draft()
    senders = [Sender(application, question, owner) for _number in range(3)]
    begun = at_once(*[sender.begin for sender in senders])
    assert {answer.status_code for answer in begun} == {200}
    assert Upload.objects.count() == 1
    for at in range(0, len(CONTENT), PIECE):
        answers = at_once(*[lambda sender=sender, at=at: sender.piece(at) for sender in senders])
        assert {answer.json()["received"] for answer in answers} == {min(at + PIECE, len(CONTENT))}
    done = at_once(*[sender.finish for sender in senders])
    assert [answer.json()["taken"] for answer in done] == [True] * 3
    assert Document.objects.count() == 1
    assert application.answers.get(question=question).version == 1
    upload = Upload.objects.get()
    assert upload.state == UploadState.TAKEN
    assert stored() == []
    kept = Path(Document.objects.get().file.path)
    assert [path.name for path in kept.parent.parent.rglob("*") if path.is_file()] == [kept.name]
    assert kept.read_bytes() == CONTENT
