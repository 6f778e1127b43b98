"""What pages of an applicant begin with: the application, if it is theirs, and if it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect

from challenges.choices import CallState
from challenges.models import Application
from challenges.workflow.application import why_shut
from portal import clock
from portal.models import AuditEntry

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from challenges.models import Answer, Call
    from portal.http import PortalRequest


def own_application(request: PortalRequest, pk: UUID) -> Application:
    """The application, if the person belongs to its team; strangers get 404."""
    applications = Application.objects.of_applicant(request.user).select_related(
        "call__programme", "startup"
    )
    return get_object_or_404(applications, pk=pk)


def away_if_shut(request: PortalRequest, application: Application) -> HttpResponse | None:
    """To the application's page with the reason, where its answers cannot be changed now."""
    reason = why_shut(application, clock.database_now())
    if reason is None:
        return None
    messages.info(request, str(reason))
    return redirect(application)


def why_cancelled(call: Call) -> str:
    """What staff wrote to everybody when they cancelled the call."""
    if call.state != CallState.CANCELLED:
        return ""
    entry = AuditEntry.objects.about(call).filter(verb="cancel").order_by("-id").first()
    return entry.reason if entry else ""


def answers_of(application: Application) -> dict[UUID, Answer]:
    """The answers so far, by question."""
    return {
        answer.question_id: answer
        for answer in application.answers.select_related("document", "edited_by")
    }
