"""What a whole form lacks, how much of it is done, how copies are laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from challenges import conditions
from challenges.answers.problems import problem_in, problem_with
from challenges.answers.words import label_marked, label_of, value_in_words, value_marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Set as AbstractSet
    from uuid import UUID


@dataclass(frozen=True)
class Missing:
    """One thing that stands between a draft and its submission."""

    question: Any
    section: str
    label: str
    problem: str


@dataclass(frozen=True)
class Unsent:
    """An answer that stays in the draft, because its question is not asked with these answers."""

    question: Any
    label: str
    #: When the question is asked.
    reason: str


def missing_from(questions: Iterable[Any], answers: Mapping[UUID, Any]) -> list[Missing]:
    """Every question whose answer stands in the way of submitting, in the order of the form.

    ``questions`` is the whole form: what is hidden by an answer is neither missing nor wrong.
    """
    found = []
    for question in conditions.of_shown(questions, answers):
        answer = answers.get(question.pk)
        problem = problem_with(
            question,
            answer.value if answer else "",
            has_document=bool(answer and answer.holds_file),
        )
        if problem:
            found.append(Missing(question, question.section, label_of(question), problem))
    return found


def progress(
    questions: Iterable[Any],
    answers: Mapping[UUID, Any],
    shown: AbstractSet[UUID] | None = None,
) -> tuple[int, int]:
    """How many are answered, of those that are required or answered.

    An optional question that nobody answered is neither done nor missing; where a section has no
    others, nothing of it is done. ``shown`` says of a section what of it the whole form shows.
    """
    asked = list(questions)
    keys = conditions.shown(asked, answers) if shown is None else shown
    asked = [question for question in asked if question.pk in keys]
    counted, done = 0, 0
    for question in asked:
        answer = answers.get(question.pk)
        given = bool(answer and answer.is_given)
        if not question.required and not given:
            continue
        counted += 1
        if given:
            assert answer is not None
            done += not problem_in(question, answer.value, has_document=answer.holds_file)
    return done, counted or len(asked)


def completeness(questions: Iterable[Any], answers: Mapping[UUID, Any]) -> int:
    """How much of what is required stands, in per cent; 100 where nothing is in the way."""
    asked = conditions.of_shown(questions, answers)
    required = [question for question in asked if question.required]
    if not required:
        return 100
    lacking = 0
    for question in required:
        answer = answers.get(question.pk)
        value, holds = (answer.value, answer.holds_file) if answer else ("", False)
        lacking += problem_in(question, value, has_document=holds) is not None
    return round(100 * (len(required) - lacking) / len(required))


def unsent(questions: Iterable[Any], answers: Mapping[UUID, Any]) -> list[Unsent]:
    """The answers that a submission leaves behind, each with the answer that hides it."""
    asked = list(questions)
    shown, on = conditions.shown(asked, answers), conditions.targets(asked)
    found = []
    for question in asked:
        answer = answers.get(question.pk)
        if question.pk in shown or not (answer and answer.is_given):
            continue
        found.append(Unsent(question, label_of(question), condition_in_words(question, on)))
    return found


def condition_in_words(question: Any, on: Mapping[UUID, Any]) -> str:
    """When a question is asked, in a sentence; nothing where it is asked always.

    ``on`` is what `conditions.targets` says of the form.
    """
    before = on.get(question.pk)
    return "" if before is None else _condition(question, before, label_of, value_in_words)


def condition_marked(question: Any, on: Mapping[UUID, Any]) -> SafeString:
    """The same as HTML that says in which language the words of the form are."""
    before = on.get(question.pk)
    sentence = "" if before is None else _condition(question, before, label_marked, value_marked)
    return mark_safe(sentence)  # noqa: S308 -- the words of the form are escaped, the rest is ours


def _condition(
    question: Any,
    before: Any,
    label: Callable[[Any], str],
    value: Callable[[Any, str], str],
) -> str:
    if not question.shown_if_values:
        return _("Only if you answered “%(label)s”.") % {"label": label(before)}
    given = [f"“{value(before, one)}”" for one in question.shown_if_values]
    some, last = ", ".join(given[:-1]), given[-1]
    return _("Only if your answer to “%(label)s” is %(values)s.") % {
        "label": label(before),
        "values": _("%(some)s or %(last)s") % {"some": some, "last": last} if some else last,
    }


def by_section(copies: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Answers under the heads of their sections."""
    found: dict[str, list[dict[str, Any]]] = {}
    for copy in copies:
        found.setdefault(copy["section"], []).append(copy)
    return list(found.items())


def documents_in(copies: Iterable[dict[str, Any]]) -> set[str]:
    """The keys of the files that were handed in with these answers."""
    return {copy["document"]["id"] for copy in copies if copy.get("document")}
