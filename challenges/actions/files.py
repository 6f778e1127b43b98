"""What follows when the check refuses a file of an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from challenges import answers
from challenges.models import Application
from challenges.notices.application import FileRefused
from challenges.workflow.application import why_shut
from portal import audit, clock, outbox
from portal.models import Programme
from portal.workflow import Step

if TYPE_CHECKING:
    from portal.models import Document


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
    questions = list(application.call.questions.all())
    asked = {
        question.pk: question.label
        for question in questions
        if question.pk in given and given[question.pk].document_id == document.pk
    }
    revision = application.current_revision
    submitted = bool(revision and str(document.pk) in answers.documents_in(revision.answers))
    Application.objects.filter(pk=application.pk).update(
        completeness=answers.completeness(questions, given)
    )
    audit.record(
        application,
        "refuse-file",
        actor=None,
        facts={"document": str(document.pk), "rule": document.refusal},
    )
    if not asked and not submitted:
        return
    now = clock.database_now()
    step = Step(
        record=application,
        actor=None,
        at=now,
        data={
            "document": document,
            "question": next(iter(asked.values()), ""),
            "submitted": submitted,
            "may_replace": why_shut(application, now) is None,
        },
    )
    programme = Programme.objects.get(pk=application.call.programme_id)
    outbox.tell(FileRefused(), step, programme=programme)
