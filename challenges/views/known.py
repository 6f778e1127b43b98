"""What a team need not type twice, beside the fields of a section, and the buttons that take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import BooleanField
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext as _

from challenges import carried
from challenges.actions.earlier import Offered, offered, take_earlier
from challenges.actions.known import differing, leave_record, take_into_record
from challenges.choices import QuestionKind
from challenges.models.revision import SubmittedBefore
from challenges.views.notes import as_key
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from django.utils.safestring import SafeString

    from challenges.models import Answer, Application, Question
    from portal.http import PortalRequest
    from portal.models import User

#: Read with the application: who applies for the first time is asked no more for files of before.
COLUMN = {"submitted_before": SubmittedBefore("startup", output_field=BooleanField())}
#: The buttons' names. Each names its question; the first one the file as well.
TAKE_FILE, TO_RECORD, LEAVE_RECORD = "take_file", "to_record", "leave_record"


def earlier_files(
    application: Application,
    questions: Iterable[Question],
    answered: Mapping[UUID, Answer],
    *,
    reader: User,
) -> dict[UUID, Offered]:
    """Files of earlier applications, by question; only where one is lacking is anything read.

    ``application`` was read with `COLUMN`.
    """
    if not application.__dict__["submitted_before"]:
        return {}
    lacking = [
        one
        for one in questions
        if one.kind == QuestionKind.FILE
        and (one.pk not in answered or answered[one.pk].document_id is None)
    ]
    return offered(application, lacking, reader=reader) if lacking else {}


def lines(
    application: Application,
    questions: Sequence[Question],
    answered: Mapping[UUID, Answer],
    *,
    reader: User,
) -> dict[UUID, SafeString]:
    """By question where its answer comes from; or, once changed, whether the record follows."""
    found = {
        question.pk: format_html('<p class="known-mark" data-known>{}</p>', mark)
        for question in questions
        if (mark := carried.mark(answered.get(question.pk)))
    }
    changed = [one for one in questions if one.fact and one.pk not in found]
    for entry in differing(application, answered, reader=reader, questions=changed):
        html = render_to_string("challenges/_record_asked.html", {"entry": entry})
        found[entry.question.pk] = html
    return found


def pressed(request: PortalRequest) -> tuple[str, UUID | None, str]:
    """Which of these buttons sent the form, for which question, and what else it names."""
    for name in (TAKE_FILE, TO_RECORD, LEAVE_RECORD):
        if sent := request.POST.get(name):
            key, _space, more = sent.partition(" ")
            return name, as_key(key), more
    return "", None, ""


def place(request: PortalRequest) -> str:
    """The question to go back to, as a button sent it."""
    _name, key, _more = pressed(request)
    return key.hex if key else ""


def act(request: PortalRequest, application: Application, questions: Sequence[Question]) -> None:
    """Do what the button says; what stands against it is a sentence above the page.

    What was typed beside it is saved already, and stays so.
    """
    name, key, more = pressed(request)
    question = next((one for one in questions if one.pk == key), None)
    if question is None:
        return
    user = request.user
    try:
        if name == TAKE_FILE:
            take_earlier(
                application=application, question=question, document_id=as_key(more), by=user
            )
        elif name == TO_RECORD:
            take_into_record(application=application, question=question, by=user)
            messages.success(request, _("Your record says it too now."))
        else:
            leave_record(application=application, question=question, by=user)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
