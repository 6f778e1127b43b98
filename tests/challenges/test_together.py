"""Two colleagues at one page of a call: nobody undoes unseen what the other has saved."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from challenges.actions.form import change_question, remove_question
from challenges.choices import CallState, QuestionKind
from challenges.models import Call, FaqEntry, Question, Sheet
from portal.choices import Role
from portal.workflow import StepRefused
from tests.factories.challenges import make_call
from tests.factories.forms import make_submitted_call, make_version, of
from tests.factories.portal import make_staff
from tests.pages import text_of

pytestmark = pytest.mark.django_db
#: Kinds of input that are sent only where they are ticked.
TICKED = ("checkbox", "radio", "submit", "button")
LETTER = ("application_received", "en-gb")


class Sender(HTMLParser):
    """What a browser sends from the form of a page that holds a field."""

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field, self.found = field, dict[str, list[str]]()
        self.data: dict[str, list[str]] = {}
        self.area = self.list = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        name, kind = have.get("name", ""), have.get("type", "text")
        if tag == "form":
            self.data = {}
        elif tag == "textarea":
            self.area = name
            self.data[name] = [""]
        elif tag == "select":
            self.list = name
        elif tag == "option" and "selected" in have:
            self.data.setdefault(self.list, []).append(have.get("value", ""))
        elif tag == "input" and name and (kind not in TICKED or "checked" in have):
            empty = "on" if kind in TICKED else ""
            self.data.setdefault(name, []).append(have.get("value", empty))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""
        elif tag == "form" and self.field in self.data:
            self.found = self.data

    def handle_data(self, data: str) -> None:
        if self.area:
            self.data[self.area][0] += data.removeprefix("\n")


def sent_from(page: Any, field: str, **typed: Any) -> dict[str, Any]:
    """The form with ``field`` as it came, with what a person typed into it."""
    reader = Sender(field)
    reader.feed(page.content.decode())
    assert reader.found, text_of(page)
    return reader.found | typed


def desk_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def mari(manager):
    return desk_of(manager)


@pytest.fixture
def daniel(programme):
    return desk_of(make_staff(programme, Role.COORDINATOR))


def address(name: str, call: Call, *more: Any) -> str:
    return reverse(f"admin:challenges_call_{name}", args=[call.pk, *more])


def both_open(mari: Client, daniel: Client, where: str, field: str) -> tuple[Any, Any]:
    """What each browser sends back from the page, opened by both at the same time."""
    return tuple(sent_from(one.get(where), field) for one in (mari, daniel))  # type: ignore[return-value]


def test_other_fields_of_one_question_go_together(mari, daniel, programme):
    call = make_call(programme)
    title = call.questions.get(label="Title")
    where = address("question", call, title.pk)
    hers, his = both_open(mari, daniel, where, "label")
    assert mari.post(where, hers | {"label": "Name", "help": "A long help."}).status_code == 302
    assert daniel.post(where, his | {"limit": "80"}).status_code == 302
    title.refresh_from_db()
    assert (title.label, title.help, title.limit) == ("Name", "A long help.", 80)


def test_same_field_shows_both_texts_and_a_second_save_decides(mari, daniel, programme):
    call = make_call(programme)
    title = call.questions.get(label="Title")
    where = address("question", call, title.pk)
    hers, his = both_open(mari, daniel, where, "label")
    mari.post(where, hers | {"label": "Name of the solution"})
    page = daniel.post(where, his | {"label": "Its name"})
    assert page.status_code == 422
    assert "Now it reads: “Name of the solution”." in text_of(page)
    again = sent_from(page, "label")
    assert again["label"] == ["Its name"]
    title.refresh_from_db()
    assert title.label == "Name of the solution"
    assert daniel.post(where, again).status_code == 302
    title.refresh_from_db()
    assert title.label == "Its name"


def test_question_replaced_in_a_new_version_is_still_found(mari, daniel, programme, manager):
    call = make_submitted_call(programme)
    make_version(call, manager)
    title = call.questions.get(label="Title")
    where = address("question", call, title.pk)
    hers, his = both_open(mari, daniel, where, "label")
    mari.post(where, hers | {"help": "Hers."})
    assert daniel.post(where, his | {"limit": "80"}).status_code == 302
    heir = Sheet.of(call).heir_of(title.pk)
    assert (heir.help, heir.limit) == ("Hers.", 80)


def test_what_was_typed_into_a_question_that_is_gone_is_kept(mari, daniel, programme, manager):
    call = make_call(programme)
    title = call.questions.get(label="Title")
    where = address("question", call, title.pk)
    his = sent_from(daniel.get(where), "label", label="Its name", help="Typed for long")
    remove_question(call=call, question=title, by=manager)
    page = daniel.post(where, his)
    assert "A colleague has removed this question meanwhile." in text_of(page)
    assert not Question.objects.filter(label="Its name").exists()
    saved = daniel.post(address("question_add", call), sent_from(page, "label"))
    assert saved.status_code == 302
    assert Question.objects.get(label="Its name").help == "Typed for long"


def test_another_kind_keeps_what_was_typed(mari, programme):
    call = make_call(programme)
    where = address("question_add", call)
    page = mari.get(f"{where}?kind=short&section=Team")
    typed = {"label": "Typed before the kind", "help": "So was this", "kind": "long"}
    page = mari.post(where, sent_from(page, "label", **typed, **{"take-kind": "1"}))
    assert page.status_code == 200
    assert call.questions.count() == 3
    assert mari.post(where, sent_from(page, "label")).status_code == 302
    made = call.questions.get(label="Typed before the kind")
    assert (made.kind, made.help, made.section) == (QuestionKind.LONG, "So was this", "Team")


def test_kind_that_a_colleague_changed_is_not_changed_back(mari, daniel, programme):
    call = make_call(programme)
    title = call.questions.get(label="Title")
    where = address("question", call, title.pk)
    hers, his = both_open(mari, daniel, where, "label")
    mari.post(where, hers | {"kind": "long"})
    page = daniel.post(where, his | {"help": "His"})
    assert "a question of another kind meanwhile" in text_of(page)
    assert daniel.post(where, sent_from(page, "label")).status_code == 302
    title.refresh_from_db()
    assert (title.kind, title.help) == (QuestionKind.LONG, "His")


def test_two_saves_in_the_same_moment_are_noticed_behind_the_lock(programme, manager):
    call = make_call(programme)
    title = call.questions.get(label="Title")
    stood = {"label": "Title", "limit": title.limit}
    change_question(call=call, question=title, content=of(title, limit=50), by=manager, stood=stood)
    late = of(title, label="Late", limit=None)
    with pytest.raises(StepRefused, match="in the same moment"):
        change_question(call=call, question=title, content=late, by=manager, stood=stood)


def test_translation_of_the_same_text_is_asked_about(mari, daniel, programme):
    call = make_call(programme, languages=["en", "ja"])
    where = address("form_words", call, "ja")
    hers, his = both_open(mari, daniel, where, "s0")
    mari.post(where, hers | {"s0": "解決策"})
    page = daniel.post(where, his | {"s0": "解答"})
    assert "Now it reads: “解決策”." in text_of(page)
    assert sent_from(page, "s0")["s0"] == ["解答"]
    words = call.questions.get(label="Title").translations["ja"]
    assert words["section"] == "解決策"


def test_letter_in_own_words_is_not_overwritten_unseen(mari, daniel, programme):
    call = make_call(programme)
    where = address("letter", call, *LETTER)
    hers, his = both_open(mari, daniel, where, "subject")
    keep = {"keep": "1"}
    mari.post(where, hers | keep | {"text": "Dear {name}, thank you.", "signature": "Mari"})
    page = daniel.post(where, his | keep | {"text": "Hello {name}."})
    assert "Now it reads: “Dear {name}, thank you.”" in text_of(page)
    assert call.wordings.get().text == "Dear {name}, thank you."
    assert daniel.post(where, sent_from(page, "subject") | keep).status_code == 302
    worded = call.wordings.get()
    assert (worded.text, worded.signature) == ("Hello {name}.", "Mari")


def test_page_of_a_call_writes_only_what_was_touched_on_it(mari, daniel, programme):
    call = make_call(programme, state=CallState.DRAFT, published_at=None, languages=["en", "ja"])
    entry = FaqEntry.objects.create(call=call, question="May we?", answer="Yes.")
    where = address("change", call)
    hers, his = both_open(mari, daniel, where, "title")
    hers |= {"description": "Her long text.", "faq-0-answer": "Yes, once."}
    assert mari.post(where, hers).status_code == 302
    assert daniel.post(where, his | {"gives": "A pilot"}).status_code == 302
    call.refresh_from_db()
    entry.refresh_from_db()
    assert (call.description, call.gives) == ("Her long text.", "A pilot")
    assert entry.answer == "Yes, once."


def test_same_field_of_a_call_is_asked_about(mari, daniel, programme):
    call = make_call(programme, state=CallState.DRAFT, published_at=None)
    where = address("change", call)
    hers, his = both_open(mari, daniel, where, "title")
    mari.post(where, hers | {"gives": "Money"})
    page = daniel.post(where, his | {"gives": "A pilot"})
    assert "Now it reads: “Money”." in text_of(page)
    assert sent_from(page, "title")["gives"] == ["A pilot"]
    call.refresh_from_db()
    assert call.gives == "Money"


def test_dates_confirmed_by_two_go_together(mari, daniel, programme):
    call = make_call(programme, state=CallState.DRAFT, published_at=None)
    where = address("timetable", call)
    hers, his = both_open(mari, daniel, where, "results_on")
    mari.post(where, hers | {"results_on": "2027-02-03"})
    assert daniel.post(where, his | {"shortlist_on": "2027-01-12"}).status_code == 302
    call.refresh_from_db()
    assert f"{call.results_on} {call.shortlist_on}" == "2027-02-03 2027-01-12"


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("number", "abc", "“abc” is no answer to it."),
        ("number", "900", "“900” is no answer to it."),
        ("date", "yesterday", "“yesterday” is no answer to it."),
        ("money", "USD", "“USD” is no answer to it."),
    ],
)
def test_condition_that_no_answer_meets_is_refused(mari, programme, kind, value, sentence):
    call = make_call(programme)
    before = Question.objects.create(
        call=call, section="Solution", label="Before", kind=kind, maximum=100, order=0
    )
    where = address("question_add", call)
    page = mari.get(f"{where}?kind=short&section=Team")
    typed = {"label": "Then?", "shown_if": str(before.pk), "shown_if_values": value}
    page = mari.post(where, sent_from(page, "label", **typed))
    assert sentence in text_of(page)
    assert not Question.objects.filter(label="Then?").exists()


def test_condition_is_kept_as_the_answer_will_be(mari, programme):
    call = make_call(programme)
    before = Question.objects.create(
        call=call, section="Solution", label="Metres", kind="number", order=0
    )
    where = address("question_add", call)
    page = mari.get(f"{where}?kind=short&section=Team")
    typed = {"label": "Then?", "shown_if": str(before.pk), "shown_if_values": "1 000"}
    assert mari.post(where, sent_from(page, "label", **typed)).status_code == 302
    assert call.questions.get(label="Then?").shown_if_values == ["1000"]


def test_values_without_a_question_are_asked_about(mari, programme):
    call = make_call(programme)
    where = address("question_add", call)
    page = mari.get(f"{where}?kind=short&section=Team")
    page = mari.post(where, sent_from(page, "label", label="Then?", shown_if_values="Water"))
    assert "Choose the question, or take its answers away." in text_of(page)


def test_figures_are_asked_for_in_our_words(mari, programme):
    call = make_call(programme)
    where = address("question_add", call)
    page = mari.get(f"{where}?kind=short&section=Team")
    page = mari.post(where, sent_from(page, "label", label="How?", limit="0"))
    assert "Write 1 or more." in text_of(page)
    page = mari.post(where, sent_from(page, "label", limit="many"))
    assert "Write a whole number, like 12." in text_of(page)
    page = mari.get(f"{where}?kind=choice&section=Team")
    page = mari.post(where, sent_from(page, "label", label="Which?", options="x" * 151))
    assert "Entry 1: Write at most 150 characters; these are 151." in text_of(page)


def test_note_of_a_version_is_not_overwritten_unseen(mari, daniel, programme, manager):
    call = make_submitted_call(programme)
    version = make_version(call, manager)
    where = address("form_version", call)
    hers, his = both_open(mari, daniel, where, "note")
    mari.post(where, hers | {"note": "Hers:\r\ntwo lines."})
    version.refresh_from_db()
    assert version.note == "Hers:\ntwo lines."
    page = daniel.post(where, his | {"note": "His."})
    assert "Now it reads: “Hers: two lines.”." in text_of(page)
    assert sent_from(page, "note")["note"] == ["His."]


def test_version_that_a_colleague_put_in_force_gives_back_what_was_typed(
    mari, daniel, programme, manager
):
    call = make_submitted_call(programme)
    make_version(call, manager)
    where = address("form_version", call)
    his = sent_from(daniel.get(where), "note", note="Typed for long")
    mari.post(where, {"give-up": "1"})
    page = text_of(daniel.post(where, his, follow=True))
    assert "There is no version in preparation any more" in page
    assert "“Typed for long”" in page


def test_address_is_asked_for_in_our_words(mari, programme):
    call = make_call(programme)
    where = address("copy", call)
    data = {"title": "Next", "slug": "next year", "opens_on": "2027-11-22"}
    page = mari.post(where, sent_from(mari.get(where), "slug", **data))
    assert "Write small letters a to z, numbers and hyphens" in text_of(page)


def test_new_call_keeps_the_programme_that_its_page_had_chosen(mari, programme):
    """Nobody has a new call open beside one: what stands now is nothing to compare with."""
    where = reverse("admin:challenges_call_add")
    typed = {
        "kind": "challenge",
        "title": "Quiet harbours",
        "slug": "quiet-harbours",
        "summary": "Less noise.",
        "description": "Quiet.",
        "places": "5",
        "time_zone": "Asia/Tokyo",
        "opens_at": "2031-01-07T09:00",
        "closes_at": "2031-02-07T23:59",
        "terms": "Be honest.",
        "terms_version": "1",
    }
    page = sent_from(mari.get(where), "title", **typed)
    assert page["programme"] == [str(programme.pk)]
    answer = mari.post(where, page)
    assert answer.status_code == 302, answer.context["errors"]
    assert Call.objects.get().programme == programme
