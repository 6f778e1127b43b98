"""A form before the first submission, and the words of its questions."""

from __future__ import annotations

from typing import Any

import pytest

from challenges import answers
from challenges.actions.form import (
    add_question,
    change_question,
    duplicate_question,
    remove_question,
)
from challenges.actions.form_order import move_question, move_section, rename_section
from challenges.actions.form_words import correct_wording, translate_form
from challenges.choices import CallState
from challenges.models import Answer, Call, Question, Sheet
from portal.choices import Role
from portal.models import AuditEntry
from portal.workflow import StepRefused
from tests.challenges.form.steps import asked, labels, refusal
from tests.factories.challenges import make_application, make_call
from tests.factories.forms import content, make_submitted_call, make_version, of
from tests.factories.portal import make_staff

pytestmark = pytest.mark.django_db


def test_question_is_added_at_the_end_of_its_section(programme, manager):
    call = make_call(programme)
    add_question(call=call, content=content(label="Works?"), by=manager)
    assert labels(call) == ["Title", "Theme", "Works?", "People"]
    add_question(call=call, content=content(label="New", section="Other"), by=manager)
    assert labels(call)[-1] == "New"
    assert list(Sheet.of(call).sections()) == ["Solution", "Team", "Other"]


def test_drafts_keep_answers_of_a_question_that_is_changed_in_place(programme, manager):
    call = make_call(programme)
    draft = make_application(call, complete=True)
    title = asked(call, "Title")
    change_question(
        call=call, question=title, content=of(title, label="Name", limit=40), by=manager
    )
    assert draft.answers.get(question=title).value == "Answer"
    assert "Name" in [one.label for one in draft.asked()]
    assert call.form_versions.count() == 0


def test_answers_of_a_removed_question_are_kept_out_of_sight(programme, manager):
    call = make_call(programme)
    draft = make_application(call, complete=True)
    title = asked(call, "Title")
    remove_question(call=call, question=title, by=manager)
    draft = type(draft).objects.select_related("call").get(pk=draft.pk)
    assert labels(call) == ["Theme", "People"]
    assert title not in draft.asked()
    assert draft.answers.get(question=title).value == "Answer"
    draft_of_nobody = make_call(programme, state=CallState.DRAFT, published_at=None)
    gone = asked(draft_of_nobody, "Title")
    remove_question(call=draft_of_nobody, question=gone, by=manager)
    assert not Question.objects.filter(pk=gone.pk).exists()


def test_drafts_are_counted_anew_when_more_is_asked(programme, manager):
    call = make_call(programme)
    draft = make_application(call, complete=True)
    type(draft).objects.filter(pk=draft.pk).update(completeness=100)
    add_question(call=call, content=content(), by=manager)
    draft.refresh_from_db(fields=["completeness"])
    given = {answer.question_id: answer for answer in draft.answers.all()}
    assert draft.completeness == answers.completeness(Sheet.of(call).asked(), given) == 67


def test_question_others_depend_on_is_not_removed(programme, manager):
    call = make_call(programme)
    theme = asked(call, "Theme")
    depends = content(label="How deep?", shown_if=theme, shown_if_values=["Water"])
    add_question(call=call, content=depends, by=manager)
    assert "“How deep?”" in refusal(remove_question, call=call, question=theme, by=manager)
    lost = of(theme, options=["Energy", "Food"])
    said = refusal(change_question, call=call, question=theme, content=lost, by=manager)
    assert "“How deep?”" in said
    assert "“Water”" in said
    assert asked(call, "Theme").options == ["Water", "Energy"]


def test_last_question_of_a_published_call_stays(programme, manager):
    call = make_call(programme)
    for label in ("Title", "Theme"):
        remove_question(call=call, question=asked(call, label), by=manager)
    people = asked(call, "People")
    assert "at least one question" in refusal(
        remove_question, call=call, question=people, by=manager
    )


def test_conditions_that_cannot_be_are_refused_by_name(programme, manager):
    call = make_call(programme)
    title, theme, people = (asked(call, label) for label in ("Title", "Theme", "People"))
    change_question(call=call, question=theme, content=of(theme, shown_if=title), by=manager)
    said = refusal(
        change_question, call=call, question=title, content=of(title, shown_if=theme), by=manager
    )
    assert "“Title”" in said
    assert "“Theme”" in said
    own = of(people, shown_if=people)
    assert "“People”" in refusal(
        change_question, call=call, question=people, content=own, by=manager
    )
    later = of(title, shown_if=people)
    said = refusal(change_question, call=call, question=title, content=later, by=manager)
    assert "“Title”" in said
    assert "“People”" in said
    # Neither does moving bring it about.
    said = refusal(move_question, call=call, question=theme, to="up", by=manager)
    assert "“Theme”" in said
    assert labels(call) == ["Title", "Theme", "People"]


def test_questions_move_by_steps_across_sections(programme, manager):
    call = make_call(programme)

    def move(label: str, **where: Any) -> list[str]:
        move_question(call=call, question=asked(call, label), by=manager, **where)
        found = Sheet.of(call).sections()
        return [f"{name}: {' '.join(one.label for one in rows)}" for name, rows in found.items()]

    assert move("Theme", to="up") == ["Solution: Theme Title", "Team: People"]
    assert move("Theme", to="up") == ["Solution: Theme Title", "Team: People"]
    assert move("Title", to="down") == ["Solution: Theme", "Team: Title People"]
    assert move("Title", to="down") == ["Solution: Theme", "Team: People Title"]
    assert move("People", to="up") == ["Solution: Theme People", "Team: Title"]
    assert move("Title", before=asked(call, "Theme")) == ["Solution: Title Theme People"]
    add_question(call=call, content=content(label="New", section="Team"), by=manager)
    assert move("Title", section="Team") == ["Solution: Theme People", "Team: New Title"]
    assert move("People", before=asked(call, "Title")) == [
        "Solution: Theme",
        "Team: New People Title",
    ]


def test_sections_move_and_take_another_name(programme, manager):
    call = make_call(programme)
    move_section(call=call, section="Team", to="up", by=manager)
    assert labels(call) == ["People", "Title", "Theme"]
    move_section(call=call, section="Team", to="down", by=manager)
    assert labels(call) == ["Title", "Theme", "People"]
    rename_section(call=call, section="Team", name=" Your  people ", by=manager)
    assert asked(call, "People").section == "Your people"
    assert "already" in refusal(
        rename_section, call=call, section="Solution", name="Your people", by=manager
    )


def test_copy_stands_behind_its_question_with_a_history_of_its_own(programme, manager):
    call = make_call(programme)
    theme = asked(call, "Theme")
    copy = duplicate_question(call=call, question=theme, by=manager)
    assert labels(call) == ["Title", "Theme", "Theme (copy)", "People"]
    assert copy.options == theme.options
    assert copy.lineage != theme.lineage


def test_only_who_runs_the_call_changes_its_form(programme):
    call = make_call(programme)
    chair = make_staff(programme, Role.CHAIR)
    with pytest.raises(StepRefused) as refused:
        add_question(call=call, content=content(), by=chair)
    assert refused.value.permission


def test_a_slip_is_no_version(programme, manager):
    call = make_submitted_call(programme)
    submitted = call.applications.get()
    theme = asked(call, "Theme")
    correct_wording(
        call=call,
        question=theme,
        label="Theme of it",
        help_text="One.",
        options=["Fresh water", "Energy"],
        by=manager,
    )
    call.refresh_from_db()
    now = asked(call, "Theme of it")
    assert (now.pk, now.help, now.options, call.form_version) == (
        theme.pk,
        "One.",
        ["Fresh water", "Energy"],
        1,
    )
    assert submitted.answers.get(question=theme).value == "Fresh water"
    assert submitted.revisions.get().answers[1]["label"] == "Theme"
    said = AuditEntry.objects.about(call).filter(verb="correct-wording").order_by("pk")
    assert [(one.facts["was"], one.facts["now"]) for one in said] == [
        ("Theme", "Theme of it"),
        ("", "One."),
        ("Water", "Fresh water"),
    ]


def test_options_that_change_places_by_name_do_so_in_answers_and_conditions(programme, manager):
    call = make_call(programme)
    theme = asked(call, "Theme")
    several = add_question(
        call=call,
        content=content(kind="choices", label="Where?", options=["Sea", "Land"]),
        by=manager,
    )
    add_question(
        call=call,
        content=content(label="How deep?", shown_if=several, shown_if_values=["Sea"]),
        by=manager,
    )
    draft = make_application(call)
    for question, value in ((theme, "Water"), (several, "Sea\nLand")):
        Answer.objects.create(
            application=draft, question=question, value=value, edited_by=draft.started_by
        )
    for question, options in ((theme, ["Energy", "Water"]), (several, ["Ocean", "Land"])):
        correct_wording(
            call=call,
            question=question,
            label=question.label,
            help_text="",
            options=options,
            by=manager,
        )
    assert draft.answers.get(question=theme).value == "Energy"
    assert draft.answers.get(question=several).value == "Ocean\nLand"
    assert asked(call, "How deep?").shown_if_values == ["Ocean"]


def test_correction_reaches_the_version_in_preparation(programme, manager):
    call = make_submitted_call(programme)
    make_version(call, manager)
    title = asked(call, "Title")
    mine = change_question(call=call, question=title, content=of(title, required=False), by=manager)
    correct_wording(
        call=call, question=mine, label="Title of it", help_text="", options=[], by=manager
    )
    assert labels(call, 1)[0] == labels(call, 2)[0] == "Title of it"


def translated(call: Call, manager: Any, **given: Any) -> int:
    return translate_form(
        call=call,
        language="ja",
        by=manager,
        **{"sections": {}, "questions": {}, "rules": {}, **given},
    )


def test_question_reads_in_the_language_of_the_reader(programme, manager):
    call = make_call(programme, languages=["en", "ja"])
    theme = asked(call, "Theme")
    translated(
        call,
        manager,
        sections={"Solution": "解決策"},
        questions={theme.pk: {"label": "テーマ", "options": {0: "水"}}},
    )
    now = asked(call, "Theme")
    now.language = "ja-jp"
    assert (now.shown_section, now.shown_label, now.shown_help) == ("解決策", "テーマ", "")
    # What is kept is the option of the call's first language; what is missing reads in that.
    assert now.shown_options == [("Water", "水"), ("Energy", "Energy")]
    now.language = "fr"
    assert now.shown_label == "Theme"
    assert asked(call, "Title").translations["ja"]["section"] == "解決策"
    with pytest.raises(StepRefused):
        translate_form(call=call, language="fr", sections={}, questions={}, rules={}, by=manager)


def test_options_keep_their_translations_when_they_change_places(programme, manager):
    call = make_call(programme, languages=["en", "ja"])
    theme = asked(call, "Theme")
    translated(call, manager, questions={theme.pk: {"options": {0: "水", 1: "エネルギー"}}})
    theme = asked(call, "Theme")
    change_question(
        call=call,
        question=theme,
        content=of(theme, options=["Energy", "Food", "Water"]),
        by=manager,
    )
    assert asked(call, "Theme").translations["ja"]["options"] == ["エネルギー", "", "水"]
