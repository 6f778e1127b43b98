"""The pages of a call's form in the admin: what they offer, refuse, count and show."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.urls import reverse

from challenges.actions.application import submit_application
from challenges.actions.form import add_question, change_question
from challenges.actions.form_version import publish_version
from challenges.actions.form_words import translate_form
from challenges.choices import ApplicationState, CallState, QuestionKind
from challenges.models import Call, FormVersion, Question, Sheet
from portal.choices import Role
from portal.workflow import StepRefused, lock_row
from startups.models import Contact
from tests.factories.challenges import make_application, make_call
from tests.factories.forms import content, make_submitted_call, make_version, of
from tests.factories.portal import make_programme, make_staff

#: Session and person, roles, the call and its figures, questions, version, rules, answers.
FORM_QUERIES = 11


def address(name: str, call: Call, *more: Any) -> str:
    return reverse(f"admin:challenges_call_{name}", args=[call.pk, *more])


def typed(page: Any) -> dict[str, Any]:
    """What a browser sends back from the form of a page."""
    data: dict[str, Any] = {}
    for bound in page.context["form"]:
        value = bound.value()
        if isinstance(value, bool):
            value = "on" if value else None
        if isinstance(value, list) and bound.name in {"options", "shown_if_values"}:
            value = "\n".join(value)
        elif isinstance(value, list) and bound.name == "currencies":
            value = ",".join(value)
        if value is not None:
            data[bound.html_name] = value
        if bound.field.show_hidden_initial:
            data[bound.html_initial_name] = value or ""
    return data


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def desk(client, manager):
    client.force_login(manager)
    return client


# -- one question -----------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("kind", QuestionKind.values)
def test_question_of_each_kind_is_added_with_its_own_options(desk, programme, kind):
    call = make_call(programme)
    page = desk.get(address("question_add", call), {"kind": kind, "section": "Team"})
    fields = set(page.context["form"].fields)
    assert ("options" in fields) == (kind in {"choice", "choices"})
    assert ("limit" in fields) == (kind in {"short", "long"})
    assert ("file_kinds" in fields) == (kind == "file")
    assert ("currencies" in fields) == (kind == "money")
    assert ("minimum" in fields) == (kind in {"number", "money"})
    assert ("most" in fields) == (kind in {"choices", "goals"})
    data = typed(page) | {"label": "New?"} | ({"options": "A\nB"} if "options" in fields else {})
    response = desk.post(f"{address('question_add', call)}?kind={kind}", data)
    assert response.status_code == 302, page.context["form"].errors
    made = Question.objects.get(call=call, label="New?")
    assert (made.kind, made.section, made.required) == (kind, "Team", True)
    again = desk.get(address("question", call, made.pk))
    assert desk.post(address("question", call, made.pk), typed(again)).status_code == 302
    assert of(Question.objects.get(pk=made.pk)) == of(made)


@pytest.mark.django_db
def test_first_one_chooses_the_kind(desk, programme):
    call = make_call(programme)
    page = text(desk.get(address("question_add", call), {"section": "Team"}))
    for kind in QuestionKind:
        assert f"?kind={kind.value}&amp;section=Team" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "sent", "sentence"),
    [
        ("choice", {"options": "Water\nEnergy\nwater"}, "“Water” stands here twice."),
        ("choice", {"options": ""}, "Please fill this in."),
        ("choices", {"options": "A\nB", "most": "3"}, "There are only 2 options."),
        ("number", {"minimum": "5", "maximum": "1"}, "below the smallest"),
        ("money", {"currencies": "USD, XXQ"}, "XXQ"),
        ("short", {"label": ""}, "Please fill this in."),
    ],
)
def test_what_is_wrong_with_a_question_is_said_beside_the_field(
    desk, programme, kind, sent, sentence
):
    call = make_call(programme)
    data = {"section": "Team", "label": "Typed and kept", "read_by": "jury", **sent}
    page = desk.post(f"{address('question_add', call)}?kind={kind}", data)
    assert page.status_code == 422
    assert sentence in text(page).replace("&quot;", '"')
    assert call.questions.count() == 3


@pytest.mark.django_db
def test_condition_names_answers_that_can_be_given(desk, programme):
    call = make_call(programme)
    theme, people = (call.questions.get(label=label) for label in ("Theme", "People"))
    where = address("question", call, people.pk)
    data = typed(desk.get(where)) | {"shown_if": str(theme.pk), "shown_if_values": "Fire"}
    page = desk.post(where, data)
    assert "“Fire” is no answer to it. It can be: Water, Energy." in text(page)
    assert desk.post(where, data | {"shown_if_values": "Water"}).status_code == 302
    people.refresh_from_db()
    assert (people.shown_if, people.shown_if_values) == (theme, ["Water"])
    assert "Only if your answer to “Theme” is “Water”." in text(desk.get(address("form", call)))
    # Of questions that come later, none is offered.
    offered = dict(
        desk.get(address("question", call, theme.pk)).context["form"]["shown_if"].field.choices
    )
    assert str(people.pk) not in offered


@pytest.mark.django_db
def test_removing_says_what_hangs_on_it_and_what_becomes_of_answers(desk, programme, manager):
    call = make_call(programme)
    theme = call.questions.get(label="Theme")
    make_application(call, complete=True)
    page = text(desk.get(address("question_remove", call, theme.pk)))
    assert "1 team has answered it." in page
    assert "kept out of sight" in page
    add_question(call=call, content=content(label="How deep?", shown_if=theme), by=manager)
    page = text(desk.get(address("question_remove", call, theme.pk)))
    assert "“How deep?”" in page
    assert "Remove the question</button>" not in page
    said = text(desk.post(address("question_remove", call, theme.pk), follow=True))
    assert "“How deep?”" in said
    assert theme in Sheet.of(call).asked()


@pytest.mark.django_db
def test_page_says_when_only_the_wording_may_change(desk, programme):
    call = make_submitted_call(programme)
    title = call.questions.get(label="Title")
    page = text(desk.get(address("form", call)))
    assert "Begin a new version" in page
    assert "Add a question" not in page
    assert "Save the question" not in text(desk.get(address("question", call, title.pk)))
    refused = desk.post(
        address("question", call, title.pk),
        {"section": "Solution", "label": "Other", "read_by": "jury", "limit_unit": "characters"},
    )
    assert "new version only" in text(refused)
    title.refresh_from_db()
    assert title.label == "Title"
    where = address("question_wording", call, title.pk)
    assert desk.post(where, typed(desk.get(where)) | {"label": "Titel"}).status_code == 302
    title.refresh_from_db()
    assert title.label == "Titel"
    assert "corrected the wording “Title” to “Titel”" in text(
        desk.get(reverse("admin:challenges_call_history", args=[call.pk]))
    )


@pytest.mark.django_db
def test_order_changes_by_buttons_and_the_button_keeps_the_focus(desk, programme):
    call = make_call(programme)
    theme = call.questions.get(label="Theme")
    answer = desk.post(address("form_move", call), {"up": str(theme.pk)})
    assert answer["Location"].endswith(f"#up-{theme.pk.hex}")
    assert f'id="up-{theme.pk.hex}"' in text(desk.get(address("form", call)))
    assert [one.label for one in Sheet.of(call).asked()] == ["Theme", "Title", "People"]
    dropped = {"question": str(theme.pk), "section": "Team"}
    desk.post(address("form_move", call), dropped)
    assert [one.label for one in Sheet.of(call).asked()] == ["Title", "People", "Theme"]
    desk.post(address("form_section", call), {"section": "Team", "name": "Your team"})
    assert list(Sheet.of(call).sections()) == ["Solution", "Your team"]
    for junk in ({}, {"up": "x"}, {"question": "1"}, {"down": str(call.pk)}):
        assert desk.post(address("form_move", call), junk).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_form_is_read_in_the_same_number_of_queries(
    desk, programme, django_assert_num_queries, count
):
    call = make_call(programme, bare=True, languages=["en", "ja"])
    for number in range(count):
        Question.objects.create(call=call, order=number, section=f"S{number}", label="What?")
    make_application(call, complete=True)
    desk.get(address("form", call))
    with django_assert_num_queries(FORM_QUERIES):
        desk.get(address("form", call))


# -- languages --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_missing_words_are_counted_and_written(desk, programme, manager):
    call = make_call(programme, languages=["en", "ja"], state=CallState.DRAFT, published_at=None)
    theme = call.questions.get(label="Theme")
    # Two sections, three questions, two options.
    assert "7 texts missing" in text(desk.get(address("form", call)))
    record = text(desk.get(reverse("admin:challenges_call_change", args=[call.pk])))
    assert "7 texts not translated" in record
    where = address("form_words", call, "ja")
    page = desk.get(where)
    assert page.context["form"].missing == 7
    key = theme.pk.hex
    # A colleague translates another text while this page is open: both stay.
    translate_form(
        call=call,
        language="ja",
        sections={},
        questions={theme.pk: {"label": "テーマ"}},
        rules={},
        by=manager,
    )
    sent = typed(page) | {"s0": "解決策", f"o_{key}_0": "水"}
    assert "4 texts are still missing" in text(desk.post(where, sent, follow=True))
    theme.refresh_from_db()
    assert theme.translations == {
        "ja": {"section": "解決策", "label": "テーマ", "options": ["水", ""]}
    }
    assert desk.get(address("form_words", call, "fr")).status_code == 404
    assert desk.get(address("form_words", call, "en")).status_code == 404


# -- preview ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_staff_look_at_the_form_in_each_language_and_nothing_can_be_sent(desk, programme, manager):
    call = make_call(programme, languages=["en", "ja"])
    theme = call.questions.get(label="Theme")
    words = {theme.pk: {"label": "テーマ", "options": {0: "水"}}}
    translate_form(call=call, language="ja", sections={}, questions=words, rules={}, by=manager)
    where = address("form_look", call, 1)
    page = text(desk.get(where))
    assert "Theme" in page
    assert "nothing is saved here" in page
    assert 'method="post"' not in page.partition("<main")[2].partition("</main>")[0]
    assert desk.post(where).status_code == 405
    page = text(desk.get(where, {"language": "ja"}))
    assert "テーマ" in page
    assert 'value="Water"' in page
    assert "水" in page
    assert desk.get(address("form_look", call, 2)).status_code == 200
    assert desk.get(address("form_look", call, 3)).status_code == 404
    assert desk.get(address("form_look", call, 0)).status_code == 404


@pytest.mark.django_db
def test_version_in_preparation_is_looked_at_by_those_who_prepare_it(client, programme, manager):
    call = make_submitted_call(programme)
    make_version(call, manager)
    add_question(call=call, content=content(label="Works?"), by=manager)
    where = address("form_look", call, 1)
    client.force_login(make_staff(programme, Role.PARTNER))
    assert "Works?" not in text(client.get(where))
    assert client.get(where, {"version": "2"}).status_code == 404
    client.force_login(manager)
    assert "Works?" in text(client.get(where, {"version": "2"}))
    assert "Works?" not in text(client.get(where, {"version": "1"}))


# -- a new version ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_version_is_begun_described_and_put_in_force_on_its_page(desk, programme, manager):
    call = make_submitted_call(programme)
    draft = make_application(call, complete=True)
    where = address("form_version", call)
    assert desk.get(where).status_code == 302
    desk.post(where, {"begin": "1"})
    title = call.questions.get(label="Title")
    change_question(call=call, question=title, content=of(title, label="Name"), by=manager)
    page = text(desk.get(where))
    assert "<del>Title</del> <ins>Name</ins>" in page
    assert "1 draft moves to the new version" in page
    nameless = desk.post(where, {"publish": "1", "note": ""}, follow=True)
    assert "Write what changes" in text(nameless)
    desk.post(where, {"save": "1", "note": "A better name.", "ask_submitted": "on"})
    version = FormVersion.objects.get()
    assert (version.note, version.ask_submitted, version.state) == (
        "A better name.",
        True,
        "preparing",
    )
    said = text(desk.post(where, {"publish": "1", "note": "A better name."}, follow=True))
    assert "The new version is in force. 1 person is told." in said
    draft.refresh_from_db()
    assert draft.form_version == 2
    history = text(desk.get(reverse("admin:challenges_call_history", args=[call.pk])))
    assert "put version 2 of the form in force" in history


@pytest.mark.django_db
def test_coordinator_sees_that_a_manager_puts_it_in_force(client, programme, manager):
    call = make_submitted_call(programme)
    make_version(call, manager)
    client.force_login(make_staff(programme, Role.COORDINATOR))
    page = text(client.get(address("form_version", call)))
    assert "A manager puts it in force." in page
    assert 'name="publish"' not in page
    add_question(call=call, content=content(), by=manager)
    answer = client.post(address("form_version", call), {"publish": "1", "note": "Words."})
    assert answer.status_code == 404
    assert FormVersion.objects.get().state == "preparing"


# -- two at once ------------------------------------------------------------------------------


def apart(verb: Any) -> tuple[threading.Thread, dict[str, Any]]:
    """Run in a thread with a connection of its own; what it said is in the dictionary."""
    said: dict[str, Any] = {}

    def run() -> None:
        try:
            said["done"] = verb()
        except StepRefused as refusal:
            said["refused"] = str(refusal)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, said


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        # Inside a transaction the view stays as it was first seen.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        # The other worker of the tests has a database of its own in the same cluster.
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def wait_until_it_waits() -> None:
    for _attempt in range(1200):
        if waits_for_a_lock():
            return
        time.sleep(0.05)
    raise AssertionError("nothing waits for a lock")


@pytest.fixture
def race(transactional_db):
    """A complete draft of a call for which a version with one optional question more is ready."""
    programme = make_programme()
    manager = make_staff(programme, Role.MANAGER)
    call = make_submitted_call(programme)
    draft = make_application(call, complete=True)
    Contact.objects.create(startup=draft.startup, name="Desk", telephone="+81 78 000 0000")
    version = make_version(call, manager)
    title = call.questions.get(label="Title")
    change_question(call=call, question=title, content=of(title, label="Name"), by=manager)
    return call, draft, version, manager


def submit(draft: Any) -> Any:
    application = type(draft).objects.select_related("call__programme", "startup").get(pk=draft.pk)
    return submit_application(
        application=application,
        key=uuid.uuid4(),
        terms_version=application.call.terms_version,
        by=application.started_by,
    )


def submitted_labels(draft: Any) -> list[str]:
    return [one["label"] for one in draft.revisions.get().answers]


def test_submission_behind_a_new_version_is_whole_of_the_new_one(race):
    _call, draft, version, manager = race
    with transaction.atomic():
        publish_version(version=version, by=manager)
        thread, said = apart(lambda: submit(draft))
        wait_until_it_waits()
    thread.join(60)
    assert "refused" not in said, said
    draft.refresh_from_db()
    assert (draft.state, draft.form_version) == (ApplicationState.SUBMITTED, 2)
    assert submitted_labels(draft) == ["Name", "Theme", "People"]


def test_new_version_behind_a_submission_leaves_it_whole_of_the_old_one(race):
    _call, draft, version, manager = race
    with transaction.atomic():
        submit(draft)
        thread, said = apart(lambda: publish_version(version=version, by=manager))
        wait_until_it_waits()
    thread.join(60)
    assert said["done"].facts == {"version": 2, "drafts": 0, "asked": 0}
    draft.refresh_from_db()
    assert (draft.state, draft.form_version) == (ApplicationState.SUBMITTED, 1)
    assert submitted_labels(draft) == ["Title", "Theme", "People"]


def test_change_in_place_waits_for_the_first_submission_and_is_refused_then(transactional_db):
    programme = make_programme()
    manager = make_staff(programme, Role.MANAGER)
    call = make_call(programme)
    draft = make_application(call, complete=True)
    Contact.objects.create(startup=draft.startup, name="Desk", telephone="+81 78 000 0000")
    with transaction.atomic():
        submit(draft)
        thread, said = apart(lambda: add_question(call=call, content=content(), by=manager))
        wait_until_it_waits()
    thread.join(60)
    assert "new version only" in said["refused"]
    assert call.questions.count() == 3


def test_draft_that_is_begun_meanwhile_belongs_to_one_version(race):
    call, _draft, version, manager = race
    with transaction.atomic():
        lock_row(Call, call.pk, "SHARE")
        thread, said = apart(lambda: publish_version(version=version, by=manager))
        wait_until_it_waits()
        begun = make_application(call)
    thread.join(60)
    assert said["done"].facts["drafts"] == 2
    begun.refresh_from_db()
    assert begun.form_version == 2
