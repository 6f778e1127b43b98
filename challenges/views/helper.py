"""Asking somebody to help with one application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from challenges.actions.application import accept_help, end_help, invite_helper
from challenges.forms.application import HelperForm
from challenges.models import Application
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from portal.http import PortalRequest


@require_http_methods(["GET", "POST"])
def helper_invite(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Invite a helper by e-mail."""
    application = get_object_or_404(Application.objects.of_applicant(request.user), pk=pk)
    if not request.user.has_perm("challenges.invite_helper", application):
        raise Http404
    form = HelperForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invite_helper(
                application=application, email=form.cleaned_data["email"], by=request.user
            )
        except StepRefused as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect(application)
    context = {"application": application, "call": application.call, "form": form}
    return render(request, "challenges/helper_invite.html", context)


@require_POST
def helper_end(request: PortalRequest, pk: UUID, helper_id: UUID) -> HttpResponse:
    """End somebody's help."""
    application = get_object_or_404(Application.objects.of_applicant(request.user), pk=pk)
    try:
        end_help(application=application, helper_id=helper_id, by=request.user)
    except StepRefused as refusal:
        raise Http404 from refusal
    messages.success(request, _("Done."))
    return redirect(application)


@require_http_methods(["GET", "POST"])
def helper_accept(request: PortalRequest, token: str) -> HttpResponse:
    """Begin to help, with the address one is signed in with."""
    if request.method == "POST":
        try:
            application = accept_help(token=token, by=request.user)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("challenges:application-list")
        return redirect(application)
    return render(request, "challenges/helper_accept.html", {"token": token})
