"""What was submitted on paper, what differs between versions, the blank form."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2
import pytest
from django.urls import reverse
from docx import Document as WordDocument
from hypothesis import given, strategies as st

from challenges.actions.application import save_answers, submit_application
from challenges.choices import Audience, LimitUnit, QuestionKind
from challenges.differences import between, pieces_of
from challenges.models import Application, Question
from challenges.papers import notes_of
from portal.models import AuditEntry
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff

if TYPE_CHECKING:
    from django.test import Client

    from portal.models import User

pytestmark = pytest.mark.django_db


def submitted(text: str, *more: str) -> tuple[Application, User]:
    """An application whose first long answer reads ``text``, then each of ``more``."""
    application = make_application(make_call(), complete=True)
    owner = application.startup.owners()[0]
    question = application.call.questions.get(kind=QuestionKind.SHORT)
    for words in (text, *more):
        now = Application.objects.get(pk=application.pk)
        known = now.answers.filter(question=question).first()
        save_answers(
            application=now,
            values={question.pk: words},
            versions={question.pk: known.version if known else 0},
            by=owner,
        )
        submit_application(
            application=Application.objects.get(pk=now.pk),
            key=uuid.uuid4(),
            terms_version=now.call.terms_version,
            by=owner,
        )
    return Application.objects.get(pk=application.pk), owner


def pdf_of(client: Client, application: Application, number: int = 1) -> bytes:
    answer = client.get(reverse("challenges:application-pdf", args=[application.pk, number]))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    return answer.content


def text_of(content: bytes) -> str:
    paper = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_bounded() for page in paper)


def test_submitted_version_is_a_tagged_pdf_in_every_script(client):
    words = "Buoy 浮標 عوامة буй"
    application, owner = submitted(words)
    client.force_login(owner)
    content = pdf_of(client, application)
    with pikepdf.open(BytesIO(content)) as paper:
        assert paper.Root.MarkInfo.Marked
        assert str(paper.Root.Lang) == "en"
        assert paper.open_metadata()["pdfuaid:part"] == "1"
    said = text_of(content)
    for word in ("Buoy", "浮標", "буй", application.reference, application.startup.name):
        assert word in said
    assert application.current_revision.fingerprint in said.replace("\r\n", "")
    assert pdf_of(client, application) == content


def test_letter_without_a_font_is_said_and_the_receipt_never_fails(client):
    application, owner = submitted("A buoy 😀 부표")
    client.force_login(owner)
    said = text_of(pdf_of(client, application))
    assert "have no font here" in said.replace("\r\n", " ")
    assert "A buoy" in said


def test_typed_words_are_never_taken_for_instructions(client):
    typed = '#panic("x") = Head $x^2$ #read("/etc/passwd") \\ */'
    application, owner = submitted(typed)
    client.force_login(owner)
    said = text_of(pdf_of(client, application)).replace("\r\n", "")
    assert typed.replace(" ", "") in said.replace(" ", "")
    assert "root:" not in said


def test_versions_stand_beside_each_other(client):
    application, owner = submitted("A small buoy", "A large buoy")
    client.force_login(owner)
    page = client.get(reverse("challenges:application-versions", args=[application.pk]))
    said = page.content.decode()
    assert "<del>small </del><ins>large </ins>" in said
    same = client.get(page.request["PATH_INFO"], {"older": "2", "newer": "2"}).content.decode()
    assert "Every answer is the same." in same
    client.get(page.request["PATH_INFO"], {"older": "99", "newer": "x"})
    manager = make_staff(application.call.programme)
    client.force_login(manager)
    staff = reverse("admin:challenges_application_versions", args=[application.pk])
    assert "<ins>large </ins>" in client.get(staff).content.decode()
    client.get(reverse("admin:challenges_application_pdf", args=[application.pk, 2]))
    entry = AuditEntry.objects.about(application).get(verb="download-version")
    assert (entry.actor, entry.facts) == (manager, {"version": 2})


def test_draft_is_not_among_the_versions(client):
    application = make_application(make_call(), complete=True)
    client.force_login(make_staff(application.call.programme))
    address = reverse("admin:challenges_application_versions", args=[application.pk])
    assert client.get(address).status_code == 404


def test_own_answers_as_a_document(client):
    application, owner = submitted("A small buoy")
    client.force_login(owner)
    answer = client.get(reverse("challenges:application-word", args=[application.pk]))
    lines = [one.text for one in WordDocument(BytesIO(answer.content)).paragraphs]
    assert "A small buoy" in lines
    assert any("version 1, submitted" in line for line in lines)
    draft = client.get(answer.request["PATH_INFO"], {"version": "draft"})
    lines = [one.text for one in WordDocument(BytesIO(draft.content)).paragraphs]
    assert any("draft, not submitted" in line for line in lines)


def test_blank_form_is_for_everybody(client):
    call = make_call()
    first = call.questions.first()
    shown = Question.objects.create(
        call=call,
        order=99,
        section=first.section,
        label="Which river?",
        kind=QuestionKind.LONG,
        limit=100,
        limit_unit=LimitUnit.WORDS,
        required=False,
        read_by=Audience.STAFF,
        shown_if=first,
        shown_if_values=["Water"],
    )
    Question.objects.create(call=call, section="Later", label="Not yet asked", added_in=2)
    page = client.get(reverse("challenges:call-form", args=[call.slug])).content.decode()
    content = client.get(reverse("challenges:call-form-word", args=[call.slug])).content
    lines = "\n".join(one.text for one in WordDocument(BytesIO(content)).paragraphs)
    for said in (page.replace("&quot;", '"'), lines):
        assert "Which river?" in said
        assert "Not yet asked" not in said
        assert "optional · at most 100 words · read by staff only" in said
        assert f"Only if “{first.label}” is answered with: Water" in said
    assert notes_of(shown)[-1].startswith("optional")


@pytest.mark.parametrize("count", [1, 3])
def test_blank_form_query_count(client, count, django_assert_num_queries):
    call = make_call()
    first = call.questions.first()
    for number in range(count):
        Question.objects.create(call=call, section="More", label=f"{number}", shown_if=first)
    client.get(reverse("challenges:call-form", args=[call.slug]))
    with django_assert_num_queries(2):
        client.get(reverse("challenges:call-form", args=[call.slug]))


@given(st.text(max_size=60), st.text(max_size=60))
def test_pieces_make_both_texts(older, newer):
    pieces = pieces_of(older, newer)
    assert "".join(one.text for one in pieces if one.change != "new") == older
    assert "".join(one.text for one in pieces if one.change != "gone") == newer


def test_question_of_one_version_only_is_said():
    def row(key: str, value: str) -> dict[str, str]:
        return {"question": key, "section": "S", "label": key, "value": value}

    found = between([row("a", "x"), row("b", "y")], [row("a", "x"), row("c", "z"), row("d", "")])
    assert [(one.label, one.only_in) for one in found] == [("c", "new"), ("b", "gone")]


def test_very_long_texts_stand_whole():
    older, newer = "word " * 5_000, "other " * 5_000
    assert [one.change for one in pieces_of(older, newer)] == ["gone", "new"]
