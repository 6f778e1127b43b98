"""The life of a question to staff: asked, then answered for everybody or for its asker alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import ClarificationState as State
from challenges.models import Clarification
from challenges.notices.question import AnswerCorrected, QuestionAnswered, QuestionClosed
from portal.models import ClockNow
from portal.workflow import Transition, Workflow

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from portal.workflow import Step


def when_something_is_said(step: Step[Clarification]) -> StrOrPromise | None:
    """There is an answer, and for everybody a question that says nobody's name."""
    if not step.data:
        return None  # asked for the button only
    if not step.data["answer"].strip():
        return _("Write an answer first.")
    if step.data["for_everybody"] and not step.data["published_text"].strip():
        return _("Write the question as everybody reads it.")
    return None


def while_private_stays_so(step: Step[Clarification]) -> StrOrPromise | None:
    """What was asked in private is never shown to others."""
    if step.data.get("for_everybody") and step.record.private:
        return _("This was asked in private, so the answer is for its asker alone.")
    return None


def while_published_stays_so(step: Step[Clarification]) -> StrOrPromise | None:
    """A correction keeps to whom the answer was given."""
    if not step.data or step.data["for_everybody"] == (step.record.published_at is not None):
        return None
    return _("A correction goes to the same readers as the answer.")


def words_of(step: Step[Clarification]) -> dict[str, Any]:
    """The answer, and for everybody the question in the words that were chosen for it."""
    said = {
        "answer": step.data["answer"].strip(),
        "answered_by": step.actor,
    }
    if step.data["for_everybody"]:
        said["published_text"] = step.data["published_text"].strip()
    step.facts.update(for_everybody=bool(step.data["for_everybody"]))
    return said


def give_answer(step: Step[Clarification]) -> dict[str, Any]:
    """For everybody, for the asker alone, or together with a question that says the same."""
    alike = step.data.get("answered_with")
    said: dict[str, Any] = {"answered_at": ClockNow(), "answered_with": alike, **words_of(step)}
    if alike is not None:
        step.facts.update(with_question=str(alike.pk))
    elif step.data["for_everybody"]:
        said["published_at"] = ClockNow()
    return said


def with_call(questions: QuerySet[Clarification]) -> QuerySet[Clarification]:
    """What the letter reads."""
    return questions.select_related("call__programme", "asked_by")


clarification_workflow: Workflow[Clarification] = Workflow(
    Clarification,
    Transition(
        name="answer",
        label=gettext_lazy("Answer"),
        permission="challenges.answer_clarification",
        sources={State.ASKED},
        target=State.ANSWERED,
        guards=(when_something_is_said, while_private_stays_so),
        changes=give_answer,
        reads=with_call,
        notices=(QuestionAnswered(),),
        needs_data=True,
        primary=True,
    ),
    Transition(
        name="correct",
        label=gettext_lazy("Correct the answer"),
        permission="challenges.answer_clarification",
        sources={State.ANSWERED},
        target=None,
        guards=(when_something_is_said, while_private_stays_so, while_published_stays_so),
        changes=words_of,
        reads=with_call,
        notices=(AnswerCorrected(),),
        needs_data=True,
    ),
    Transition(
        name="set-aside",
        label=gettext_lazy("Close without an answer"),
        permission="challenges.answer_clarification",
        sources={State.ASKED},
        target=State.SET_ASIDE,
        reads=with_call,
        notices=(QuestionClosed(),),
        needs_reason=True,
        destructive=True,
    ),
)
