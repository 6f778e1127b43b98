"""A file of last year's application is offered to the same question, and taken by one tap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from challenges.actions.application import attach_file
from challenges.choices import ApplicationState, QuestionKind, ReplacementState
from challenges.models import Answer, Application, Question, Replacement, Revision
from portal import documents
from portal.choices import DocumentState
from portal.models import Document
from startups.choices import MemberRole
from tests.factories import files
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_user
from tests.factories.startups import add_member, make_startup

if TYPE_CHECKING:
    from django.test import Client

    from portal.models import User
    from startups.models import Startup

pytestmark = pytest.mark.django_db

DECK = files.make_pdf()


@pytest.fixture
def owner() -> User:
    return make_user()


@pytest.fixture
def startup(owner: User) -> Startup:
    return make_startup(owner)


def file_question(**fields: Any) -> Question:
    """A call that asks for a deck and nothing else."""
    fields = {"label": "Deck", "section": "Files", "order": 1} | fields
    return Question.objects.create(call=make_call(bare=True), kind=QuestionKind.FILE, **fields)


def hand_in(question: Question, startup: Startup, day: str = "2026-03-09") -> Document:
    """What the organisation submitted to it, checked and clean."""
    owner = startup.owners()[0]
    application = make_application(question.call, startup)
    upload = SimpleUploadedFile("pitch-deck.pdf", DECK, "application/pdf")
    answer = attach_file(application=application, question=question, upload=upload, by=owner)
    assert answer.document is not None
    Revision.objects.create(
        application=application,
        number=1,
        answers=[
            {
                "question": str(question.pk),
                "section": "Files",
                "label": question.label,
                "kind": "file",
                "read_by": "jury",
                "unit": "",
                "value": "",
                "document": {
                    "id": str(answer.document.pk),
                    "name": "pitch-deck.pdf",
                    "size": len(DECK),
                    "sha256": answer.document.sha256,
                },
            }
        ],
        startup_facts=startup.snapshot(),
        fingerprint="1" * 64,
        submitted_by=owner,
        submitted_at=f"{day}T12:00:00+00:00",
    )
    Application.objects.filter(pk=application.pk).update(
        revision_count=1, state=ApplicationState.NOT_SELECTED
    )
    Document.objects.filter(pk=answer.document.pk).update(state=DocumentState.CLEAN)
    answer.document.refresh_from_db()
    return answer.document


@pytest.fixture
def before(startup: Startup) -> Document:
    return hand_in(file_question(), startup)


@pytest.fixture
def draft(startup: Startup, before: Document) -> Application:
    """This year's draft, whose call asks the same."""
    then = Question.objects.get(call__applications=before.subject_id)
    return make_application(file_question(lineage=then.lineage).call, startup)


def address(application: Application) -> str:
    return reverse("challenges:application-edit", args=[application.pk, 1])


def page(client: Client, application: Application) -> str:
    return client.get(address(application)).content.decode()


def take(client: Client, application: Application, document: Document) -> str:
    question = application.call.questions.get()
    sent = {"take_file": f"{question.pk.hex} {document.pk.hex}"}
    return client.post(address(application), sent, follow=True).content.decode()


def test_file_is_offered_and_not_taken_by_itself(
    client: Client, owner: User, draft: Application
) -> None:
    client.force_login(owner)
    assert "Take pitch-deck.pdf of March 2026" in page(client, draft)
    assert not Answer.objects.filter(application=draft).exists()


def test_taken_file_is_a_copy_of_its_own(
    client: Client, owner: User, draft: Application, before: Document
) -> None:
    client.force_login(owner)
    shown = take(client, draft, before)
    answer = draft.answers.get()
    taken = answer.document
    assert taken is not None
    assert taken.pk != before.pk
    assert (taken.subject_id, taken.uploaded_by, taken.name) == (draft.pk, owner, "pitch-deck.pdf")
    assert "Take pitch-deck.pdf" not in shown
    assert "Unchanged since March 2026" in shown
    # Either may go without the other.
    before.file.storage.delete(str(before.file.name))
    documents.check_due()
    taken.refresh_from_db()
    assert taken.is_clean
    url = reverse("challenges:application-file", args=[draft.pk, taken.pk])
    response: Any = client.get(url)
    assert b"".join(response.streaming_content) == DECK


@pytest.mark.parametrize("state", [DocumentState.CHECKING, DocumentState.REFUSED])
def test_only_a_file_that_passed_its_check_is_offered(
    client: Client, owner: User, draft: Application, before: Document, state: str
) -> None:
    refusal = "virus" if state == DocumentState.REFUSED else ""
    Document.objects.filter(pk=before.pk).update(state=state, refusal=refusal)
    client.force_login(owner)
    assert "Take pitch-deck.pdf" not in page(client, draft)
    take(client, draft, before)
    assert not draft.answers.exists()


def test_what_stands_in_the_place_of_a_refused_file_is_offered(
    client: Client, owner: User, draft: Application, before: Document
) -> None:
    then = Application.objects.get(pk=before.subject_id)
    upload = SimpleUploadedFile("new-deck.pdf", DECK, "application/pdf")
    later = documents.take_in(upload, subject=then, by=owner)
    Document.objects.filter(pk=later.pk).update(state=DocumentState.CLEAN)
    Document.objects.filter(pk=before.pk).update(state=DocumentState.REFUSED, refusal="virus")
    Replacement.objects.create(
        application=then,
        question=then.call.questions.get(),
        revision=1,
        refused=before,
        document=later,
        open_until="2026-04-01T00:00Z",
        state=ReplacementState.REPLACED,
    )
    client.force_login(owner)
    assert "Take new-deck.pdf of March 2026" in page(client, draft)


def test_who_does_not_see_the_earlier_application_is_offered_nothing(
    client: Client, owner: User, draft: Application, before: Document
) -> None:
    helper = make_user()
    draft.collaborators.create(
        email=helper.email,
        token_hash="h" * 64,
        invited_by=owner,
        expires_at="2030-01-01T00:00Z",
        user=helper,
    )
    client.force_login(helper)
    assert "pitch-deck.pdf" not in page(client, draft)
    assert "not offered any more" in take(client, draft, before)
    assert not draft.answers.exists()


def test_who_only_reads_takes_nothing(
    client: Client, startup: Startup, draft: Application, before: Document
) -> None:
    client.force_login(add_member(startup, role=MemberRole.VIEWER))
    question = draft.call.questions.get()
    sent = {"take_file": f"{question.pk.hex} {before.pk.hex}"}
    assert client.post(address(draft), sent).status_code == 404
    assert not draft.answers.exists()


def test_nobody_elses_file_can_be_named(client: Client, owner: User, draft: Application) -> None:
    then = draft.call.questions.get()
    theirs = hand_in(file_question(lineage=then.lineage), make_startup())
    client.force_login(owner)
    assert "not offered any more" in take(client, draft, theirs)
    assert not draft.answers.exists()


def test_other_question_and_other_kind_are_not_offered(
    client: Client, owner: User, startup: Startup, before: Document
) -> None:
    then = Question.objects.get(call__applications=before.subject_id)
    client.force_login(owner)
    for other in (file_question(), file_question(lineage=then.lineage, file_kinds=["xlsx"])):
        assert "Take pitch-deck.pdf" not in page(client, make_application(other.call, startup))


def test_file_that_came_meanwhile_stays(
    client: Client, owner: User, draft: Application, before: Document
) -> None:
    upload = SimpleUploadedFile("newer.pdf", DECK, "application/pdf")
    question = draft.call.questions.get()
    attach_file(application=draft, question=question, upload=upload, by=owner)
    client.force_login(owner)
    assert "A file is there already" in take(client, draft, before)
    assert draft.answers.filter(document__name="newer.pdf").exists()


def test_file_that_the_store_lost_is_said_so(
    client: Client, owner: User, draft: Application, before: Document
) -> None:
    before.file.storage.delete(str(before.file.name))
    client.force_login(owner)
    assert "cannot be read from our store" in take(client, draft, before)
    assert not draft.answers.exists()


@pytest.mark.parametrize("named", ["", "x", "x y", f"{'0' * 32} {'0' * 32}"])
def test_nonsense_takes_nothing(
    client: Client, owner: User, draft: Application, named: str
) -> None:
    client.force_login(owner)
    response = client.post(address(draft), {"take_file": named}, follow=True)
    assert response.status_code == 200
    assert not draft.answers.exists()


def test_who_applies_for_the_first_time_is_asked_no_more_of_the_database(
    client: Client, owner: User, startup: Startup, draft: Application
) -> None:
    """Nor is anybody in a section whose file is there."""
    client.force_login(owner)
    newcomer = make_startup(make_user())
    first = make_application(draft.call, newcomer)
    counted = []
    for person, application in ((newcomer.owners()[0], first), (owner, draft)):
        client.force_login(person)
        page(client, application)
        with CaptureQueriesContext(connection) as found:
            page(client, application)
        counted.append(len(found))
    upload = SimpleUploadedFile("deck.pdf", DECK, "application/pdf")
    question = draft.call.questions.get()
    attach_file(application=draft, question=question, upload=upload, by=owner)
    with CaptureQueriesContext(connection) as found:
        page(client, draft)
    assert counted[0] == len(found)
    # The question of before, its copy, what was replaced, the file.
    assert counted[1] == counted[0] + 4
