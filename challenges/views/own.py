"""What every page of an applicant begins with: the application, if it is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404

from challenges.models import Application

if TYPE_CHECKING:
    from uuid import UUID

    from challenges.models import Answer
    from portal.http import PortalRequest


def own_application(request: PortalRequest, pk: UUID) -> Application:
    """The application, if the person belongs to its team; strangers get 404."""
    applications = Application.objects.of_applicant(request.user).select_related(
        "call__programme", "startup"
    )
    return get_object_or_404(applications, pk=pk)


def answers_of(application: Application) -> dict[UUID, Answer]:
    """The answers so far, by question."""
    return {
        answer.question_id: answer
        for answer in application.answers.select_related("document", "edited_by")
    }
