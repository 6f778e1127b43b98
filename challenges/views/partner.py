"""Organisations that apply together with the startup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from challenges.actions.application import add_partner, remove_partner
from challenges.actions.eligibility import against_rules
from challenges.forms.application import PartnerForm
from challenges.views.own import own_application
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from portal.http import PortalRequest


@require_http_methods(["GET", "POST"])
def partner_list(request: PortalRequest, pk: UUID) -> HttpResponse:
    """The partners in an application, and a form for one more."""
    application = own_application(request, pk)
    if not request.user.has_perm("challenges.change_application", application):
        raise Http404
    form = PartnerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_partner(application=application, by=request.user, **form.cleaned_data)
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Added."))
            return redirect("challenges:partner-list", application.pk)
    context = {
        "application": application,
        "call": application.call,
        "partners": application.consortium.all(),
        "against": against_rules(application),
        "form": form,
    }
    return render(request, "challenges/partner_list.html", context)


@require_POST
def partner_remove(request: PortalRequest, pk: UUID, partner_id: UUID) -> HttpResponse:
    """Take a partner out."""
    application = own_application(request, pk)
    try:
        remove_partner(application=application, partner_id=partner_id, by=request.user)
    except StepRefused as refusal:
        if refusal.permission:
            raise Http404 from refusal
        messages.error(request, str(refusal))
    return redirect("challenges:partner-list", application.pk)
