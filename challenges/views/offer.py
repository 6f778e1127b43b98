"""The offer that an application led to, and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from challenges.views.own import own_application
from challenges.workflow.application import application_workflow
from startups.models import Place
from startups.views.place import offer_of, take_answer

if TYPE_CHECKING:
    from uuid import UUID

    from portal.http import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
def application_offer(request: PortalRequest, pk: UUID) -> HttpResponse:
    """What is offered, until when, on which terms, who answers; then accept or refuse."""
    application = own_application(request, pk)
    place = (
        Place.objects.filter(application=application)
        .select_related("cohort__programme", "startup")
        .first()
    )
    if place is None:
        raise Http404
    said: dict[str, Any] = {}
    if request.method == "POST":
        said = take_answer(
            request,
            place,
            accept=lambda data: application_workflow.perform(
                application, "accept-offer", actor=request.user, data=data
            ),
            refuse=lambda reason: application_workflow.perform(
                application, "refuse-offer", actor=request.user, reason=reason
            ),
        )
        if not said:
            return redirect("challenges:application-offer", application.pk)
    context = {
        **offer_of(place, request.user),
        "application": application,
        "call": application.call,
        "is_member": application.startup.has_member(request.user),
        **said,
    }
    return render(
        request, "challenges/application_offer.html", context, status=409 if said else 200
    )
