"""A page that was loaded before the form changed under it: nothing that was typed there is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from challenges.actions.form import add_question, change_question, remove_question
from challenges.actions.form_order import move_question
from challenges.actions.form_version import publish_version
from challenges.actions.form_words import translate_form
from challenges.models import Application, Call, Question, Sheet
from tests.factories.challenges import make_application, make_call
from tests.factories.forms import content, make_submitted_call, make_version, of

pytestmark = pytest.mark.django_db


def page_of(draft: Application, section: int = 1) -> str:
    return reverse("challenges:application-edit", args=[draft.pk, section])


def typed(client: Any, draft: Application, section: int = 1, **typed: str) -> dict[str, str]:
    """What the page as it is now would send, with something typed into it by a question's label."""
    form = client.get(page_of(draft, section)).context["form"]
    data = {bound.html_name: bound.value() for bound in form if bound.value() is not None}
    labels = {question.label: question.field for question in form.questions}
    return data | {labels[label]: value for label, value in typed.items()}


@pytest.fixture
def moved(client, programme, manager):
    """A page as it was, and the draft after “Title” became “Name” in another section."""
    call = make_submitted_call(programme)
    draft = make_application(call, complete=True)
    client.force_login(draft.started_by)
    old = typed(client, draft, Title="Typed on the old page")
    version = make_version(call, manager)
    title = call.questions.get(label="Title")
    add_question(call=call, content=content(label="Works?"), by=manager)
    change_question(
        call=call, question=title, content=of(title, label="Name", section="Team"), by=manager
    )
    publish_version(version=version, by=manager)
    return draft, old, title, Question.objects.get(call=call, label="Name")


def test_text_of_the_old_page_goes_to_the_question_in_its_place(client, moved):
    draft, old, title, name = moved
    answer = client.post(page_of(draft), old)
    assert answer.status_code == 302, answer.context["form"].errors
    assert draft.answers.get(question=name).value == "Typed on the old page"
    assert draft.answers.get(question=title).value == "Answer"


def test_page_that_saves_in_the_background_hears_it_in_its_own_names(client, moved):
    draft, old, title, name = moved

    def save(data: dict[str, str]) -> Any:
        return client.post(page_of(draft), data, headers={"X-Autosave": "1"}).json()

    old |= {"touched": title.field}
    said = save(old)
    assert said["gone"] == []
    assert said["conflicts"] == []
    mark = said["fields"][title.field]
    assert mark["v"] == 2
    key = title.pk.hex
    again = old | {title.field: "And again", f"v_{key}": mark["v"], f"b_{key}": mark["b"]}
    assert save(again)["conflicts"] == []
    assert draft.answers.get(question=name).value == "And again"


def test_text_of_a_question_that_is_not_asked_any_more_is_repeated(client, programme, manager):
    call = make_call(programme)
    draft = make_application(call, complete=True)
    client.force_login(draft.started_by)
    old = typed(client, draft, Title="Every word of it")
    remove_question(call=call, question=call.questions.get(label="Title"), by=manager)
    page = client.post(page_of(draft), old, follow=True).content.decode()
    assert "“Title” is not asked any more. You wrote: “Every word of it”" in page


def test_text_typed_in_a_section_that_is_gone_is_kept(client, programme, manager):
    call = make_call(programme)
    draft = make_application(call)
    client.force_login(draft.started_by)
    old = typed(client, draft, 2, People="7")
    people = call.questions.get(label="People")
    move_question(call=call, question=people, to="up", by=manager)
    assert list(Sheet.of(Call.objects.get(pk=call.pk)).sections()) == ["Solution"]
    assert client.post(page_of(draft, 2), old).status_code == 302
    assert draft.answers.get(question=people).value == "7"


# -- read in another language -----------------------------------------------------------------


def test_applicant_reads_and_answers_in_their_language(client, programme, manager, settings):
    settings.LANGUAGES = [*settings.LANGUAGES, ("ja", "日本語")]
    call = make_call(programme, languages=["en", "ja"])
    theme = call.questions.get(label="Theme")
    translate_form(
        call=call,
        language="ja",
        sections={"Solution": "解決策"},
        questions={theme.pk: {"label": "テーマ", "options": {0: "水"}}},
        rules={},
        by=manager,
    )
    draft = make_application(call, complete=True)
    client.force_login(draft.started_by)
    printed = reverse("challenges:application-print", args=[draft.pk]) + "?version=draft"
    addresses = {
        "form": page_of(draft),
        "call": call.get_absolute_url(),
        "check": reverse("challenges:application-check", args=[draft.pk]),
        "print": printed,
    }
    pages = {
        name: client.get(address, headers={"Accept-Language": "ja"}).content.decode()
        for name, address in addresses.items()
    }
    for name, page in pages.items():
        assert "テーマ" in page, name
        assert "解決策" in page, name
        # What nobody has translated stands in the first language of the call.
        assert "Title" in page, name
    assert 'value="Water"' in pages["form"]
    assert "水" in pages["form"]
    assert "水" in pages["print"]
    assert "テーマ" not in client.get(printed).content.decode()
