"""What people paste and what programs send: odd signs and numbers never break a page or a paper."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from docx import Document as WordDocument

from challenges.choices import CompanyFact, QuestionKind
from challenges.models import Answer, Question
from challenges.panels.team import refused_files
from portal import clock
from portal.choices import DocumentState
from portal.models import Document
from tests.factories.challenges import make_application, make_call

pytestmark = pytest.mark.django_db


def lines_of(content: bytes) -> list[str]:
    return [one.text for one in WordDocument(BytesIO(content)).paragraphs]


@pytest.mark.parametrize("sign", ["\x01", "\x0b", "\x0c", "\x1f", "\ufffe"])
def test_signs_that_no_document_may_hold_are_left_out_of_it(client, sign):
    draft = make_application(complete=True)
    client.force_login(draft.started_by)
    title = draft.call.questions.get(label="Title")
    page = reverse("challenges:application-edit", args=[draft.pk, 1])
    assert client.post(page, {title.field: f"A{sign} buoy", f"v_{title.pk.hex}": 1}).status_code
    assert draft.answers.get(question=title).value == f"A{sign} buoy"
    answer = client.get(reverse("challenges:application-word", args=[draft.pk]))
    assert "A buoy" in lines_of(answer.content)


def test_blank_form_leaves_them_out_too(client):
    call = make_call()
    call.questions.filter(label="Title").update(help="\x01", label="Ti\x02tle")
    answer = client.get(reverse("challenges:call-form-word", args=[call.slug]))
    assert "Title" in lines_of(answer.content)


def test_version_of_five_thousand_figures_is_none(client):
    """Python reads no such number, and says so with an error."""
    draft = make_application(complete=True)
    client.force_login(draft.started_by)
    title = draft.call.questions.get(label="Title")
    answer = client.post(
        reverse("challenges:application-edit", args=[draft.pk, 1]),
        {"touched": "", f"v_{title.pk.hex}": "9" * 5_000},
        headers={"X-Autosave": "1"},
    )
    assert answer.json()["newer"][title.field]["value"] == "Answer"


@pytest.mark.parametrize("typed", ["2021-5-4", "\uff12\uff10\uff12\uff11-05-04"])
def test_founding_day_in_any_figures_is_compared_with_the_record(client, typed):
    call = make_call()
    call.questions.filter(label="Title").update(fact=CompanyFact.FOUNDED)
    draft = make_application(call, complete=True)
    client.force_login(draft.started_by)
    draft.answers.filter(question__label="Title").update(value=typed)
    check = reverse("challenges:application-check", args=[draft.pk])
    assert "4 May 2021" in client.get(check).content.decode()
    title = call.questions.get(label="Title")
    record = reverse("challenges:record-change", args=[draft.pk])
    client.post(record, {"question": title.pk.hex})
    draft.startup.refresh_from_db()
    assert draft.startup.founded_on.isoformat() == "2021-05-04"


def test_refused_file_of_a_draft_names_the_published_deadline_and_no_grace():
    now = timezone.now()
    closes = now + timedelta(days=1)
    call = make_call(closes_at=closes, accepts_until=closes + timedelta(hours=7))
    draft = make_application(call)
    deck = Question.objects.create(
        call=call, order=9, section="Solution", label="Deck", kind=QuestionKind.FILE
    )
    refused = Document.objects.create(
        name="deck.pdf",
        file="deck",
        size=1,
        content_type="application/pdf",
        sha256="0" * 64,
        subject_type=draft._meta.label_lower,
        subject_id=draft.pk,
        uploaded_by=draft.started_by,
        state=DocumentState.REFUSED,
        refusal="damaged",
    )
    Answer.objects.create(
        application=draft, question=deck, document=refused, edited_by=draft.started_by
    )
    [waiting] = refused_files(draft.started_by)
    zone = draft.started_by.time_zone
    assert clock.in_both_zones(closes, call.time_zone, zone) in waiting.when


def test_page_of_a_call_says_in_what_a_limit_is_counted(client):
    call = make_call()
    call.questions.filter(label="Title").update(limit=120, limit_unit="words")
    said = " ".join(client.get(call.get_absolute_url()).content.decode().split())
    assert "up to 120 words" in said
