"""Asking somebody to help with one application."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from challenges.actions.helper import (
    accept_help,
    asked_to_help,
    decline_help,
    end_help,
    invite_helper,
    used_or_expired,
)
from challenges.forms.application import HelperForm
from challenges.models import Application
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

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
    messages.success(request, _("They see nothing of this application any more."))
    return redirect(application)


@login_not_required
@require_http_methods(["GET", "POST"])
def helper_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Who asks for help with what; accept or decline with the address one is signed in with."""
    if request.method == "POST":
        if request.user.is_authenticated:
            return answer_help(cast("PortalRequest", request), token)
        return redirect_to_login(request.path)
    helper = asked_to_help(token=token)
    if helper and request.user.is_authenticated and helper.user_id == request.user.pk:
        return redirect(helper.application)
    if helper and helper.user_id is not None:
        helper = None
    response = render(
        request, "challenges/helper_accept.html", {"helper": helper, "refusal": used_or_expired()}
    )
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    return response


def answer_help(request: PortalRequest, token: str) -> HttpResponse:
    """Begin to help, or say no, thank you."""
    try:
        if request.POST.get("answer") == "decline":
            decline_help(token=token, by=request.user)
            messages.success(request, _("You have declined. The invitation is gone."))
            return redirect("home")
        application = accept_help(token=token, by=request.user)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("challenges:application-list")
    return redirect(application)
