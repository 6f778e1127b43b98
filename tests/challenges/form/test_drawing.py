"""The page of many questions: drawn from outlines, packed for a slow line."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import translation

from challenges.choices import QuestionKind as Kind
from challenges.forms.application import SectionForm
from challenges.views import drawing
from tests.challenges.test_asked import ask
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_user
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from challenges.models import Application
    from portal.models import User

pytestmark = pytest.mark.django_db
#: What a question would have to say to be taken for a place of an outline.
MARK = "\ue000body\ue001"


@pytest.fixture
def owner() -> User:
    return make_user(given_name="Amina")


@pytest.fixture
def application(owner: User) -> Application:
    call = make_call(bare=True)
    before = ask(call, Kind.CHOICE, "Pilot?", options=["Yes", "No"])
    for kind in Kind.values:
        ask(call, kind, f"{kind} <b> {MARK}", options=["A", "B"])
    ask(call, Kind.SHORT, "Where?", shown_if=before, shown_if_values=["Yes"])
    ask(call, Kind.FILE, "Paper", shown_if=before)
    return make_application(call, make_startup(owner=owner))


def entries_of(form: SectionForm, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "question": question,
            "field": form[question.field],
            "known": "",
            "is_unsaved": False,
            "conflict": None,
            "document": None,
            "earlier": None,
            "notes": [],
            "open_notes": 0,
            "note_left": "",
            **more,
        }
        for question in form.questions
    ]


@pytest.mark.parametrize("is_shut", [False, True])
@pytest.mark.parametrize("more", [{}, {"known": "From <your> record"}, {"is_unsaved": True}])
def test_outline_draws_what_the_template_draws(application, is_shut, more):
    form = SectionForm(questions=application.asked(), answers={})
    context = {"form": form, "application": application, "is_shut": is_shut}
    entries = entries_of(form, **more)
    drawn = drawing.draw(entries, **context)
    alone = "".join(drawing._alone(entry, context) for entry in entries)
    assert re.sub(r"\s+", " ", drawn) == re.sub(r"\s+", " ", alone)
    assert drawn.count("&lt;b&gt;") >= len(Kind.values)
    assert drawn.count(MARK) == alone.count(MARK) > 0


def test_outline_of_one_language_is_not_that_of_another(application):
    form = SectionForm(questions=application.asked(), answers={})
    context = {"form": form, "application": application, "is_shut": False}
    drawing.draw(entries_of(form), **context)
    found = []
    for language in ("en", "ja", "en"):
        with translation.override(language):
            drawing.draw(entries_of(form), **context)
            found.append({shape.language for kept in drawing._drawn.values() for shape in kept})
    assert found[1] == found[2] >= {"en", "ja"}


def test_form_is_packed_for_who_takes_it_but_not_with_a_strangers_words(client, owner, application):
    client.force_login(owner)
    path = reverse("challenges:application-edit", args=[application.pk, 1])
    headers = {"Accept-Encoding": "br, gzip"}
    packed = client.get(path, headers=headers)
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert b"Pilot?" in gzip.decompress(packed.content)
    assert "Content-Encoding" not in client.get(path)
    # What a link brings along might be guessed at by the length of what is packed with it.
    assert "Content-Encoding" not in client.get(f"{path}?x=Pilot", headers=headers)
    other = client.get(
        reverse("challenges:application-check", args=[application.pk]), headers=headers
    )
    assert "Content-Encoding" not in other
