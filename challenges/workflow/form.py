"""A new version of a call's form: prepared beside the one in force, then put in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _, gettext_lazy

from challenges import answers
from challenges.choices import ApplicationState, CallState, FormState as State
from challenges.models import (
    Answer,
    AnswerNote,
    Application,
    Call,
    FormVersion,
    Question,
    Sheet,
)
from challenges.notices.form import FormChanged, FormChangedForSubmitted
from portal import audit
from portal.models import ClockNow
from portal.workflow import Step, StepRefused, Transition, Workflow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from portal.models import User


class FormMoved(StepRefused):
    """A new version of the form came into force after a page's questions were read.

    What was typed belongs to other questions now: whoever asked reads them again and tries anew.
    """

    def __init__(self) -> None:
        super().__init__(_("The questions have changed meanwhile. Do it once more."))


#: So many applications are held in memory at once.
AT_ONCE = 200


def with_call(versions: QuerySet[FormVersion]) -> QuerySet[FormVersion]:
    """What guards, effects and letters read."""
    return versions.select_related("call__programme")


def sheet_of(step: Step[FormVersion]) -> Sheet:
    """The form with this version in preparation, read once for a step."""
    found: Sheet | None = step.record.__dict__.get("sheet")
    if found is None:
        found = step.record.__dict__["sheet"] = Sheet.of(step.record.call)
    return found


def while_the_call_is_open(step: Step[FormVersion]) -> StrOrPromise | None:
    """Nobody is asked anything new who cannot answer any more."""
    call = step.record.call
    if call.state == CallState.PUBLISHED and step.at < call.accepts_until:
        return None
    return _("The call is not open any more. Its questions stay as they are.")


def when_something_changes(step: Step[FormVersion]) -> StrOrPromise | None:
    """There is a difference."""
    return None if sheet_of(step).changes else _("Nothing is changed yet.")


def when_it_can_be_asked(step: Step[FormVersion]) -> StrOrPromise | None:
    """Conditions hold, and there is something to answer."""
    sheet = sheet_of(step)
    return sheet.problem() or (None if sheet.asked() else _("There is no question yet."))


def when_teams_can_be_told(step: Step[FormVersion]) -> StrOrPromise | None:
    """What changes is said in words."""
    if step.record.note.strip():
        return None
    return _("Write what changes, for the teams. Everybody with a draft reads it.")


def date_it(_step: Step[FormVersion]) -> dict[str, Any]:
    """Since when it is in force."""
    return {"published_at": ClockNow()}


def put_in_force(step: Step[FormVersion]) -> None:
    """The call asks the new questions, and open drafts go on with them."""
    version = step.record
    # The call's row is locked: whoever submits has done so, or will with the new questions.
    Call.objects.filter(pk=version.call_id).update(form_version=version.number)
    version.call.form_version = version.number
    drafts = _move(step, ApplicationState.DRAFT)
    asked = _move(step, ApplicationState.SUBMITTED) if version.ask_submitted else []
    step.facts.update(version=version.number, drafts=len(drafts), asked=len(asked))
    step.data = {**step.data, "drafts": people_of(drafts), "asked": people_of(asked)}
    audit.record(
        version.call,
        "publish-form",
        actor=step.actor,
        facts={"version": version.number, "drafts": len(drafts), "asked": len(asked)},
    )


def _move(step: Step[FormVersion], state: str) -> list[Application]:
    """Applications in one state to the new version, each with its entry in the history."""
    version = step.record
    rows = version.call.applications.filter(state=state).exclude(form_version=version.number)
    # In the order of their keys, each for itself: a save in progress is waited for.
    moved = list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))
    keys = [one.pk for one in moved]
    new = [
        row for row in sheet_of(step).asked() if row.replaces_id and row.added_in == version.number
    ]
    for row in new:
        carry_answers(row, keys)
    Application.objects.filter(pk__in=keys).update(form_version=version.number)
    count_anew(Application.objects.filter(pk__in=keys), sheet_of(step).asked())
    for one in moved:
        one.call = version.call
        audit.record(one, "move-to-form", actor=step.actor, facts={"version": version.number})
    return moved


def carry_answers(question: Question, applications: list[Any]) -> None:
    """What was answered to the question before goes on in the one that replaces it.

    With its version, so that a page which still shows the old question saves without a conflict.
    """
    kept = Answer.objects.filter(question=question.replaces_id, application__in=applications)
    columns = [
        field.attname
        for field in Answer._meta.concrete_fields
        if field.name not in {"id", "created_at", "question"}
    ]
    rows = list(kept.values(*columns))
    Answer.objects.bulk_create(
        [Answer(**row, question=question) for row in rows], ignore_conflicts=True
    )
    # `auto_now` has written the hour of this step; the text was written when it was written.
    written = {row["application_id"]: row["edited_at"] for row in rows}
    again = list(Answer.objects.filter(question=question, application__in=applications))
    for answer in again:
        answer.edited_at = written.get(answer.application_id, answer.edited_at)
    Answer.objects.bulk_update(again, ["edited_at"])
    AnswerNote.objects.filter(question=question.replaces_id, application__in=applications).update(
        question=question
    )


def count_anew(applications: QuerySet[Application], asked: list[Question]) -> None:
    """How far each has come with these questions."""
    given = Prefetch("answers", Answer.objects.select_related("document"))
    rows = applications.only("pk", "completeness").order_by("pk").prefetch_related(given)
    changed = []
    for row in rows.iterator(chunk_size=AT_ONCE):
        by_question = {answer.question_id: answer for answer in row.answers.all()}
        now = answers.completeness(asked, by_question)
        if now != row.completeness:
            row.completeness = now
            changed.append(row)
    Application.objects.bulk_update(changed, ["completeness"], batch_size=AT_ONCE)


def people_of(applications: Iterable[Application]) -> list[User]:
    """Everybody in the teams of these applications, once."""
    return list(Application.objects.filter(pk__in=[one.pk for one in applications]).people())


form_workflow: Workflow[FormVersion] = Workflow(
    FormVersion,
    Transition(
        name="publish",
        label=gettext_lazy("Put in force and tell the teams"),
        permission="challenges.publish_formversion",
        sources={State.PREPARING},
        target=State.IN_FORCE,
        locks=(("call", "NO KEY UPDATE"),),
        # Schedulers that write reminders to many drafts read the call in a stream.
        in_turn=True,
        reads=with_call,
        guards=(
            while_the_call_is_open,
            when_something_changes,
            when_it_can_be_asked,
            when_teams_can_be_told,
        ),
        changes=date_it,
        effects=(put_in_force,),
        notices=(FormChanged(), FormChangedForSubmitted()),
        primary=True,
    ),
)
