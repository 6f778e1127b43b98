"""Versions of a form after the first submission."""

from __future__ import annotations

from typing import Any

import pytest

from challenges.actions.application import save_answers, start_application
from challenges.actions.form import (
    add_question,
    change_question,
    duplicate_question,
    put_back,
    remove_question,
)
from challenges.actions.form_order import move_question, move_section
from challenges.actions.form_version import begin_version, give_up_version, publish_version
from challenges.choices import ApplicationState
from challenges.models import Answer, AnswerNote, Call, FormVersion, Question, Sheet
from portal.choices import Role
from portal.models import AuditEntry, OutboxMessage
from portal.workflow import StepRefused
from startups.models import Startup
from tests.challenges.form.steps import asked, labels, refusal
from tests.factories.challenges import make_application, make_call
from tests.factories.forms import NOTE, content, make_submitted_call, make_version, of
from tests.factories.portal import make_staff
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db


def test_after_a_submission_nothing_changes_in_place(programme, manager):
    call = make_submitted_call(programme)
    title = asked(call, "Title")
    for verb, given in (
        (add_question, {"content": content()}),
        (change_question, {"question": title, "content": of(title, label="Name")}),
        (remove_question, {"question": title}),
        (move_question, {"question": title, "to": "down"}),
        (duplicate_question, {"question": title}),
        (move_section, {"section": "Team", "to": "up"}),
    ):
        assert "new version" in refusal(verb, call=call, by=manager, **given)
    assert labels(call) == ["Title", "Theme", "People"]


def test_version_in_preparation_is_seen_by_nobody_else(programme, manager):
    call = make_submitted_call(programme)
    draft = make_application(call, complete=True)
    make_version(call, manager)
    title, people = asked(call, "Title"), asked(call, "People")
    change_question(call=call, question=title, content=of(title, label="Name"), by=manager)
    remove_question(call=call, question=people, by=manager)
    add_question(call=call, content=content(label="Works?"), by=manager)
    move_question(call=call, question=asked(call, "Theme"), to="up", by=manager)
    assert labels(call) == ["Theme", "Name", "Works?"]
    assert labels(call, 1) == ["Title", "Theme", "People"]
    draft = type(draft).objects.select_related("call").get(pk=draft.pk)
    assert [one.label for one in draft.asked()] == ["Title", "Theme", "People"]
    assert [(one.what, one.question.label) for one in Sheet.of(call).changes] == [
        ("moved", "Theme"),
        ("changed", "Name"),
        ("added", "Works?"),
        ("removed", "People"),
    ]


def test_version_given_up_leaves_nothing(programme, manager):
    call = make_submitted_call(programme)
    before = list(call.questions.values())
    make_version(call, manager)
    theme = asked(call, "Theme")
    new = add_question(call=call, content=content(shown_if=theme), by=manager)
    change_question(call=call, question=theme, content=of(theme, label="Field"), by=manager)
    remove_question(call=call, question=asked(call, "People"), by=manager)
    give_up_version(call=call, by=manager)
    now = list(call.questions.values())
    for rows in (before, now):
        for row in rows:
            row.pop("order")
    assert now == before
    assert not Question.objects.filter(pk=new.pk).exists()
    assert not FormVersion.objects.filter(call=call).exists()


def test_what_depends_on_a_changed_question_follows_it(programme, manager):
    call = make_call(programme)
    theme = asked(call, "Theme")
    depends = content(label="How deep?", shown_if=theme, shown_if_values=["Water"])
    add_question(call=call, content=depends, by=manager)
    make_application(call, state=ApplicationState.SUBMITTED)
    make_version(call, manager)
    change_question(call=call, question=theme, content=of(theme, label="Field"), by=manager)
    now, then = asked(call, "How deep?"), Question.objects.get(label="How deep?", added_in=1)
    assert now.shown_if == asked(call, "Field")
    assert then.shown_if == theme
    # That it follows is no change that anybody needs to be told of.
    assert [(one.what, one.question.label) for one in Sheet.of(call).changes] == [
        ("changed", "Field")
    ]
    put_back(call=call, question=theme, by=manager)
    assert asked(call, "How deep?").shown_if == theme
    assert Sheet.of(call).changes == []


def test_removed_question_is_put_back(programme, manager):
    call = make_submitted_call(programme)
    make_version(call, manager)
    people = asked(call, "People")
    remove_question(call=call, question=people, by=manager)
    put_back(call=call, question=people, by=manager)
    assert labels(call) == ["Title", "Theme", "People"]
    assert Sheet.of(call).changes == []


def test_version_is_begun_once_and_only_when_needed(programme, manager):
    untouched = make_call(programme)
    assert "Nobody has submitted" in refusal(begin_version, call=untouched, by=manager)
    call = make_submitted_call(programme)
    begin_version(call=call, by=manager)
    assert "already" in refusal(begin_version, call=call, by=manager)


def prepared(programme: Any, manager: Any, **fields: Any) -> tuple[Call, FormVersion]:
    """A submitted application, and a version that renames a question and asks one more."""
    call = make_submitted_call(programme)
    version = make_version(call, manager, **fields)
    title = asked(call, "Title")
    change_question(call=call, question=title, content=of(title, label="Name"), by=manager)
    add_question(call=call, content=content(label="Works?"), by=manager)
    return call, version


def test_drafts_move_with_their_answers_and_their_teams_are_told_once(programme, manager):
    call, version = prepared(programme, manager)
    first, second = make_application(call, complete=True), make_application(call)
    title = Question.objects.get(call=call, label="Title")
    kept = first.answers.get(question=title)
    Answer.objects.filter(pk=kept.pk).update(version=7)
    AnswerNote.objects.create(
        application=first, question=title, author=first.started_by, text="Shorter?"
    )
    step = publish_version(version=version, by=manager)
    assert step.facts == {"version": 2, "drafts": 2, "asked": 0}
    call.refresh_from_db()
    assert call.form_version == 2
    name = asked(call, "Name")
    for draft in (first, second):
        draft.refresh_from_db()
        assert draft.form_version == 2
    carried = first.answers.get(question=name)
    assert (carried.value, carried.version, carried.edited_at) == (
        "Answer",
        7,
        Answer.objects.get(pk=kept.pk).edited_at,
    )
    assert first.answer_notes.get().question == name
    assert first.completeness == 67
    told = OutboxMessage.objects.filter(notice="form_changed")
    assert sorted(told.values_list("to_address", flat=True)) == sorted(
        one.started_by.email for one in (first, second)
    )
    assert NOTE in told[0].text
    assert AuditEntry.objects.about(first).filter(verb="move-to-form").exists()
    assert AuditEntry.objects.about(call).get(verb="publish-form").facts["drafts"] == 2


@pytest.mark.parametrize("ask", [False, True])
def test_the_submitted_are_asked_only_if_the_manager_chooses(programme, manager, ask):
    call, version = prepared(programme, manager, ask_submitted=ask)
    submitted = call.applications.get(state=ApplicationState.SUBMITTED)
    reviewed = make_application(call, state=ApplicationState.IN_REVIEW)
    publish_version(version=version, by=manager)
    for one in (submitted, reviewed):
        one.refresh_from_db()
    assert submitted.form_version == (2 if ask else 1)
    assert reviewed.form_version == 1
    assert submitted.revision_count == 1
    assert submitted.state == ApplicationState.SUBMITTED
    told = OutboxMessage.objects.filter(notice="form_changed_for_submitted")
    assert [one.to_address for one in told] == ([submitted.started_by.email] if ask else [])


def test_who_starts_afterwards_begins_with_the_new_version(programme, manager):
    call, version = prepared(programme, manager)
    publish_version(version=version, by=manager)
    startup = make_startup()
    stale = Call.objects.get(pk=call.pk)
    stale.form_version = 1
    begun = start_application(call=stale, startup=startup, by=startup.owners()[0])
    assert begun.form_version == 2


def test_third_version_carries_answers_on_through_the_second(programme, manager):
    call, version = prepared(programme, manager)
    draft = make_application(call, complete=True)
    publish_version(version=version, by=manager)
    call.refresh_from_db()
    third = make_version(call, manager)
    name = asked(call, "Name")
    change_question(call=call, question=name, content=of(name, help="In one line."), by=manager)
    publish_version(version=third, by=manager)
    draft.refresh_from_db()
    now = {one.question.label: one.value for one in draft.answers.select_related("question")
           if one.question.is_in(3)}  # fmt: skip
    assert now["Name"] == "Answer"
    assert draft.form_version == 3


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda call, version: give_nothing(call), "Nothing is changed"),
        (
            lambda call, version: FormVersion.objects.filter(pk=version.pk).update(note=" "),
            "Write what changes",
        ),
        (
            lambda call, version: Call.objects.filter(pk=call.pk).update(state="cancelled"),
            "not open any more",
        ),
    ],
)
def test_version_is_put_in_force_only_when(programme, manager, break_it, sentence):
    call, version = prepared(programme, manager)
    break_it(call, version)
    assert sentence in refusal(publish_version, version=version, by=manager)
    call.refresh_from_db()
    assert call.form_version == 1


def give_nothing(call: Call) -> None:
    Question.objects.filter(call=call, added_in=2).update(replaces=None)
    Question.objects.filter(call=call, added_in=2).delete()
    Question.objects.filter(call=call).update(removed_in=None)


def test_coordinator_prepares_and_a_manager_puts_in_force(programme, manager):
    coordinator = make_staff(programme, Role.COORDINATOR)
    call = make_submitted_call(programme)
    version = make_version(call, coordinator)
    add_question(call=call, content=content(), by=coordinator)
    with pytest.raises(StepRefused) as refused:
        publish_version(version=version, by=coordinator)
    assert refused.value.permission
    publish_version(version=version, by=manager)


def test_version_carries_translations_and_answers_saved_on_the_old_page(programme, manager):
    """A page loaded before goes on being saved, under the key it was loaded with or the new one."""
    call, version = prepared(programme, manager)
    draft = make_application(call, complete=True)
    publish_version(version=version, by=manager)
    name = asked(Call.objects.get(pk=call.pk), "Name")
    draft = type(draft).objects.select_related("call__programme", "startup").get(pk=draft.pk)
    saved = save_answers(
        application=draft, values={name.pk: "Mine"}, versions={name.pk: 1}, by=draft.started_by
    )
    assert not saved.conflicts
    assert draft.answers.get(question=name).value == "Mine"


def test_startups_of_a_draft_are_asked_once_each(programme, manager):
    """Somebody in two teams reads one letter."""
    call, version = prepared(programme, manager)
    one = make_application(call, complete=True)
    other = make_startup(owner=one.started_by)
    make_application(call, other)
    assert Startup.objects.filter(memberships__user=one.started_by).count() == 2
    publish_version(version=version, by=manager)
    told = OutboxMessage.objects.filter(notice="form_changed", recipient=one.started_by)
    assert told.count() == 1
