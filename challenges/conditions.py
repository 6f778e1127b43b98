"""Which questions are shown, given the answers: pure functions.

A question may be shown only if an earlier one is answered, with anything or with one of the values
it names. A question whose condition hangs on a hidden one is hidden too. The same rules stand in
static/portal/rules.js; tests/browser/test_rules.py compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from challenges.choices import QuestionKind as Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID


#: Kinds that keep several values, one on each line.
SEVERAL = (Kind.CHOICES, Kind.GOALS)


def is_met(question: Any, before: Any, answer: Any) -> bool:
    """Whether the answer to ``before`` is one with which ``question`` is shown."""
    if before.kind == Kind.FILE:
        return bool(answer and answer.holds_file)
    value = answer.value if answer else ""
    if not question.shown_if_values:
        return bool(value.strip())
    given = value.split("\n") if before.kind in SEVERAL else [value]
    return any(one in question.shown_if_values for one in given)


def targets(questions: Iterable[Any]) -> dict[UUID, Any]:
    """For each question with a condition, the one it hangs on, if the form asks that.

    A condition that names a question of an earlier version means the one that took its place.
    """
    asked = list(questions)
    by_key = {one.replaces_id: one for one in asked if one.replaces_id}
    by_key |= {one.pk: one for one in asked}
    return {
        one.pk: by_key[one.shown_if_id]
        for one in asked
        if one.shown_if_id and one.shown_if_id in by_key
    }


def shown(questions: Iterable[Any], answers: Mapping[UUID, Any]) -> set[UUID]:
    """The keys of the questions that are shown with these answers."""
    asked = list(questions)
    if not any(one.shown_if_id for one in asked):
        return {one.pk for one in asked}
    on = targets(asked)

    def is_shown(question: Any) -> bool:
        seen: set[UUID] = set()
        while question.pk in on and question.pk not in seen:
            seen.add(question.pk)
            before = on[question.pk]
            if not is_met(question, before, answers.get(before.pk)):
                return False
            question = before
        return True

    return {one.pk for one in asked if is_shown(one)}


def of_shown(questions: Iterable[Any], answers: Mapping[UUID, Any]) -> list[Any]:
    """The questions that are shown with these answers, in order."""
    asked = list(questions)
    keys = shown(asked, answers)
    return [one for one in asked if one.pk in keys]


def loop_in(questions: Iterable[Any]) -> list[Any]:
    """The questions whose conditions lead back to themselves, in a row; empty where none does."""
    asked = list(questions)
    on = targets(asked)
    for question in asked:
        way, here = [question], on.get(question.pk)
        while here is not None and here not in way:
            way.append(here)
            here = on.get(here.pk)
        if here is question:
            return way
    return []


def problem_with(questions: Iterable[Any]) -> str | None:
    """What is wrong with the conditions of a form, in a sentence that names the questions.

    ``questions`` come in the order of the form.
    """
    asked = list(questions)
    if loop := loop_in(asked):
        if len(loop) == 1:
            return _("“%(label)s” cannot hang on its own answer.") % {"label": loop[0].label}
        return _("These questions hang on each other in a circle: %(labels)s.") % {
            "labels": " → ".join(f"“{one.label}”" for one in [*loop, loop[0]])
        }
    on = targets(asked)
    place = {one.pk: number for number, one in enumerate(asked)}
    for question in asked:
        before = on.get(question.pk)
        if before is not None and place[before.pk] > place[question.pk]:
            return _(
                "“%(label)s” hangs on “%(other)s”, which comes later. Move one of them, or take the"
                " condition away."
            ) % {"label": question.label, "other": before.label}
    return None
