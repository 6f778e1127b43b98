"""Asking to join an organisation that has a record already; the asker sees nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.http import where_next
from portal.workflow import StepRefused
from startups import actions
from startups.forms import JoinForm, RecordForms
from startups.models import JoinRequest
from startups.workflow import join_request_workflow

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from portal.http import PortalRequest


@require_http_methods(["GET", "POST"])
def join_request_create(request: PortalRequest) -> HttpResponse:
    """Ask the owners of the organisation whose name is like the one typed."""
    if request.method != "POST":
        return redirect("startups:startup-create")
    typed, form = RecordForms(request.POST), JoinForm(request.POST)
    name, country = typed.typed_name
    if not name or not country or not form.is_valid():
        context = {"forms": typed, "join": form, "similar": True}
        context["next"] = where_next(request)
        return render(request, "startups/startup_form.html", context)
    message = form.cleaned_data["message"]
    try:
        actions.ask_to_join(name=name, country=country, message=message, by=request.user)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("Your request is with the owners. You will get a letter with the answer.")
        )
    return redirect("startups:startup-list")


@require_POST
def join_request_answer(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Say yes with a role, or no."""
    asked = get_object_or_404(
        JoinRequest.objects.visible_to(request.user).select_related("user"), pk=pk
    )
    name = request.POST.get("answer", "")
    if name not in join_request_workflow.transitions:
        raise Http404
    data = {"role": request.POST.get("role", "")}
    try:
        join_request_workflow.perform(asked, name, actor=request.user, data=data)
    except StepRefused as refusal:
        if refusal.permission:
            raise PermissionDenied from refusal
        messages.error(request, str(refusal))
    else:
        who = {"name": asked.user.shown_name}
        messages.success(
            request,
            _("%(name)s belongs to the organisation now.") % who
            if name == "accept"
            else _("The request of %(name)s is declined.") % who,
        )
    return redirect("startups:member-list", asked.startup_id)
