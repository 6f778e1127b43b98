"""Files of earlier applications: offered to a draft that asks the same, taken by one tap."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from challenges.actions.application import lock_for_writing, put_file
from challenges.choices import QuestionKind
from challenges.models import Application, Question, Replacement, Revision
from challenges.models.team import in_place
from portal import documents
from portal.models import Document
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from challenges.models import Answer
    from portal.models import User

#: So many earlier applications are looked through, the newest first.
MOST_COPIES = 20


@dataclass(frozen=True)
class Offered:
    """A file that the organisation submitted to the same question of another call."""

    document: Document
    #: When that version was submitted, and to which call.
    day: date
    call: str


def offered(
    application: Application, questions: Iterable[Question], *, reader: User
) -> dict[UUID, Offered]:
    """By question the file that was submitted last, where it passed its check and fits here.

    Only from applications that the person sees as one of their team: whoever helps with this one
    alone is offered nothing of another.
    """
    asked = [one for one in questions if one.kind == QuestionKind.FILE and one.lineage]
    own = (
        Application.objects.of_applicant(reader)
        .filter(startup=application.startup_id, revision_count__gte=1)
        .exclude(call=application.call_id)
    )
    before: dict[str, UUID] = {
        str(key): lineage
        for key, lineage in Question.objects.filter(
            lineage__in=[one.lineage for one in asked],
            kind=QuestionKind.FILE,
            call__in=own.values("call"),
        ).values_list("pk", "lineage")
        if lineage is not None
    }
    if not before:
        return {}
    copies = Revision.objects.filter(
        application__in=own.values("pk"), number=F("application__revision_count")
    ).order_by("-submitted_at")
    found = _latest(
        copies.select_related("application__call").only(
            "answers", "submitted_at", "application__call__title"
        )[:MOST_COPIES],
        before,
    )
    return {
        question.pk: found[question.lineage]
        for question in asked
        if question.lineage in found and _fits(question, found[question.lineage].document)
    }


def _latest(copies: Iterable[Revision], before: dict[str, UUID]) -> dict[UUID, Offered]:
    """By lineage the file of the newest copy that has one, if others may have that file."""
    copies = list(copies)
    held: dict[UUID, tuple[str, Revision]] = {}
    of_these = Replacement.objects.filter(application__in=[one.application_id for one in copies])
    replaced = of_these.by_refused()
    for copy in copies:
        # With what stands in the place of a file that the check refused afterwards.
        for row in in_place(copy.answers, replaced):
            lineage = before.get(str(row["question"]))
            if lineage is not None and row.get("document") and lineage not in held:
                held[lineage] = (row["document"]["id"], copy)
    files = Document.objects.by_key(key for key, _copy in held.values())
    return {
        lineage: Offered(files[key], copy.submitted_at.date(), copy.application.call.title)
        for lineage, (key, copy) in held.items()
        if key in files and files[key].is_clean
    }


def _fits(question: Question, document: Document) -> bool:
    kind = PurePath(document.name).suffix.lower().lstrip(".")
    return kind in documents.kinds_accepted(question.file_kinds)


@transaction.atomic
def take_earlier(
    *, application: Application, question: Question, document_id: UUID | None, by: User
) -> Answer:
    """Answer with the file that was offered: a copy of its own, checked once more.

    Raises:
        StepRefused: not now, not this person, a file is there already, or it is not offered.
        ValidationError: the store does not have it.
    """
    locked = lock_for_writing(application, by)
    if locked.answers.filter(question=question, document__isnull=False).exists():
        raise StepRefused(_("A file is there already. Remove it first to take the other."))
    found = offered(locked, [question], reader=by).get(question.pk)
    if found is None or found.document.pk != document_id:
        raise StepRefused(
            _("That file is not offered any more. Nothing of your draft has changed.")
        )
    document = documents.copy_in(found.document, subject=locked, by=by, kinds=question.file_kinds)
    return put_file(locked, question, document, by=by, came_from=found.day.isoformat())
