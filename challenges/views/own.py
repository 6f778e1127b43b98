"""What pages of an applicant begin with: the application, if it is theirs, and if it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.shortcuts import get_object_or_404, redirect

from challenges.models import Application
from challenges.workflow.application import why_shut
from portal.models import ClockNow

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from challenges.models import Answer, Question
    from portal.http import PortalRequest


def own_application(request: PortalRequest, pk: UUID, **columns: Any) -> Application:
    """The application, if the person belongs to its team, with more columns; strangers get 404."""
    applications = Application.objects.of_applicant(request.user).select_related(
        "call__programme", "startup"
    )
    found = get_object_or_404(applications.annotate(clock=ClockNow(), **columns), pk=pk)
    # What the page says of the time; what is decided under a lock reads the clock behind it.
    found.call.__dict__["clock"] = found.__dict__["clock"]
    return found


def away_if_shut(request: PortalRequest, application: Application) -> HttpResponse | None:
    """To the application's page with the reason, where its answers cannot be changed now."""
    reason = why_shut(application, application.call.now)
    if reason is None:
        return None
    messages.info(request, str(reason))
    return redirect(application)


def questions_of(application: Application) -> list[Question]:
    """The questions in order; kept with the call, so that a save does not read them again."""
    prefetch_related_objects([application.call], "questions")
    return application.asked()


def answers_of(application: Application) -> dict[UUID, Answer]:
    """The answers so far, by question."""
    return {answer.question_id: answer for answer in application.answers.select_related("document")}
