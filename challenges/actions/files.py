"""When the check refuses a file of an application: who is told, and the day to replace it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings

from challenges import answers
from challenges.choices import ReplacementState
from challenges.models import Application, Replacement
from challenges.models.team import in_place
from challenges.notices.file import FileRefused, FileReminded
from challenges.workflow.application import why_shut
from challenges.workflow.replacement import STILL_READ, replacement_workflow, with_application
from portal import audit, clock, outbox
from portal.actions.reminding import Reminding
from portal.models import Programme, Reminder
from portal.workflow import Step, StepRefused, lock_row

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

    from portal.models import Document, User

#: The reminder of a file that nobody replaced yet.
LAPSES_SOON = "replace_6_hours"
REMINDED_BEFORE = timedelta(hours=6)


def tell_of_refused_file(document: Document) -> None:
    """Tell the team, in the transaction that refuses the file; a file they took out is no news."""
    if document.subject_type != Application._meta.label_lower:
        return
    application = (
        Application.objects.select_for_update(of=("self",), no_key=True)
        .select_related("call__programme", "startup")
        .filter(pk=document.subject_id)
        .first()
    )
    if application is None:
        return
    given = {
        answer.question_id: answer for answer in application.answers.select_related("document")
    }
    questions = application.asked()
    asked = {
        question.pk: question.label
        for question in questions
        if question.pk in given and given[question.pk].document_id == document.pk
    }
    copy = _copy_that_holds(application, document)
    Application.objects.filter(pk=application.pk).update(
        completeness=answers.completeness(questions, given)
    )
    audit.record(
        application,
        "refuse-file",
        actor=None,
        facts={"document": str(document.pk), "rule": document.refusal},
    )
    if not asked and copy is None:
        return
    now = clock.database_now()
    replacement = _open_replacement(application, document, copy, now) if copy else None
    step = Step(
        record=application,
        actor=None,
        at=now,
        data={
            "document": document,
            "question": next(iter(asked.values()), copy["label"] if copy else ""),
            "submitted": copy is not None,
            "replacement": replacement,
            "may_replace": why_shut(application, now) is None,
        },
    )
    programme = Programme.objects.get(pk=application.call.programme_id)
    outbox.tell(FileRefused(), step, programme=programme)


def _copy_that_holds(application: Application, document: Document) -> dict[str, Any] | None:
    """The submitted answer that the file counts for, itself or in the place of another."""
    revision = application.current_revision
    if revision is None:
        return None
    copies = in_place(revision.answers, application.replacements.all().by_refused())
    key = str(document.pk)
    return next((one for one in copies if (one.get("document") or {}).get("id") == key), None)


def _open_replacement(
    application: Application, document: Document, copy: dict[str, Any], now: datetime
) -> Replacement | None:
    """A day for this file alone, whatever the deadline of the call; nothing where nobody reads."""
    if application.state not in STILL_READ:
        return None
    replacement = Replacement.objects.create(
        application=application,
        question_id=copy["question"],
        revision=application.revision_count,
        refused=document,
        open_until=now + timedelta(hours=settings.REPLACE_HOURS),
    )
    Reminder.objects.plan(
        replacement,
        [
            (LAPSES_SOON, person, replacement.open_until - REMINDED_BEFORE)
            for person in application.team()
            if application.has_writer(person)
        ],
        version=0,
        now=now,
    )
    return replacement


def replace_file(*, replacement: Replacement, upload: UploadedFile[Any], by: User) -> Document:
    """Put a file in the place of the refused one; the submitted copy stays as it is.

    Raises:
        StepRefused: too late, nothing to be replaced any more, or not this person.
        ValidationError: the rule the file breaks, and the remedy.
    """
    step = replacement_workflow.perform(replacement, "replace", actor=by, data={"upload": upload})
    assert step.record.document is not None
    return step.record.document


def lapse_due(*, limit: int = 100) -> int:
    """The sweep's part: close what nobody replaced in time; a file that came first stands."""
    lapsed = 0
    for replacement in Replacement.objects.lapsing().order_by("open_until")[:limit]:
        with suppress(StepRefused):
            replacement_workflow.perform(replacement, "lapse", actor=None)
            lapsed += 1
    return lapsed


def _find(key: UUID) -> Replacement | None:
    lock_row(Replacement, key, "SHARE")
    return with_application(Replacement.objects.filter(pk=key)).first()


def _wanted(replacement: Replacement, reminder: Reminder, now: datetime) -> dict[str, Any] | None:
    """Only while it is open, to who may still put a file in its place."""
    if replacement.state != ReplacementState.OPEN or now >= replacement.open_until:
        return None
    if replacement.application.state not in STILL_READ:
        return None
    return {} if replacement.has_writer(reminder.recipient) else None


file_reminding = Reminding(
    model=Replacement, letters={LAPSES_SOON: FileReminded()}, find=_find, wanted=_wanted
)
