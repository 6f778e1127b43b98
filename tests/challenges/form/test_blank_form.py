"""The blank form on paper says what the form's own inputs say and enforce."""

from __future__ import annotations

import io
from decimal import Decimal

import docx
import pytest
from django.urls import reverse

from challenges.choices import QuestionKind as Kind
from challenges.models import Question
from tests.factories.challenges import make_call
from tests.factories.portal import make_programme

pytestmark = pytest.mark.django_db

ASKED = [
    (Kind.SHORT, {"limit": 120}, ["at most 120 characters"]),
    (Kind.LONG, {"limit": 1, "limit_unit": "words"}, ["at most 1 word"]),
    (Kind.LONG, {"limit": 250, "limit_unit": "words"}, ["at most 250 words"]),
    (Kind.CHOICES, {"options": ["Sea", "Land", "Air"], "most": 2}, ["choose at most 2", "Land"]),
    (Kind.NUMBER, {"minimum": Decimal(1), "maximum": Decimal(50)}, ["from 1 to 50"]),
    (Kind.NUMBER, {"minimum": Decimal("0.5"), "unit": "kg"}, ["at least 0.5", "kg"]),
    (Kind.NUMBER, {"maximum": Decimal(20_000)}, ["at most 20\u202f000"]),
    (Kind.MONEY, {"currencies": ["EUR", "KES"]}, ["in EUR or KES"]),
    (Kind.GOALS, {"most": 3}, ["choose at most 3", "14 – Life below water"]),
    (Kind.MATURITY, {}, ["We have an idea"]),
    (Kind.FILE, {"file_kinds": ["pdf"]}, ["one file of at most", "PDF"]),
]


@pytest.mark.parametrize(("kind", "fields", "said"), ASKED, ids=lambda one: str(one)[:40])
def test_blank_form_says_what_may_be_answered(client, kind, fields, said):
    call = make_call(make_programme())
    call.questions.all().delete()
    Question.objects.create(call=call, section="One", label="What?", kind=kind, **fields)
    page = client.get(reverse("challenges:call-form", args=[call.slug])).content.decode()
    word = client.get(reverse("challenges:call-form-word", args=[call.slug])).content
    paper = "\n".join(one.text for one in docx.Document(io.BytesIO(word)).paragraphs)
    for words in said:
        assert words in page
        assert words in paper
