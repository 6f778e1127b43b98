"""How registrations stand with UN organisations, typed by hand and confirmed by a tap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.workflow import StepRefused
from procurement import actions
from procurement.forms import StandingForm
from procurement.models import Standing
from procurement.views.own import file_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from portal.http import PortalRequest


@require_http_methods(["GET", "POST"])
def standing_write(request: PortalRequest, startup: UUID) -> HttpResponse:
    """Write how a registration stands."""
    file = file_of(request, startup)
    if not request.user.has_perm("procurement.confirm_standing", file):
        raise PermissionDenied
    sent = request.method == "POST"
    asked = {name: request.GET[name] for name in ("organisation", "level") if name in request.GET}
    form = StandingForm(request.POST if sent else None, initial=asked)
    if sent and form.is_valid():
        try:
            actions.write_standing(file=file, by=request.user, **form.cleaned_data)
        except StepRefused as refusal:
            form.add_error("confirmed_on", str(refusal))
        else:
            messages.success(request, _("Saved with its day."))
            return redirect(f"{file.get_absolute_url()}#standings")
    context = {"startup": file.startup, "file": file, "form": form}
    return render(request, "procurement/standing_form.html", context, status=422 if sent else 200)


@require_POST
def standing_unchanged(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One tap: it is as it was."""
    rows = Standing.objects.visible_to(request.user).select_related("file__startup")
    standing = get_object_or_404(rows, pk=pk)
    if not request.user.has_perm("procurement.confirm_standing", standing):
        raise PermissionDenied
    actions.confirm_standing(standing=standing, by=request.user)
    messages.success(request, _("Confirmed as of today."))
    return redirect(f"{standing.file.get_absolute_url()}#standings")
