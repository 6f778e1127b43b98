"""Pages of suppliers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from procurement import actions
from procurement.forms import SupplierStatementForm
from procurement.models import SupplierStatement
from startups.models import Startup

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from portal.http import PortalRequest


@require_http_methods(["GET", "POST"])
def supplier_statement_create(request: PortalRequest, startup: UUID) -> HttpResponse:
    """State how the organisation stands as a UN supplier."""
    record = get_object_or_404(Startup.objects.visible_to(request.user), pk=startup)
    if not request.user.has_perm("procurement.add_supplierstatement", record):
        raise PermissionDenied
    form = SupplierStatementForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.state_supplier(startup=record, by=request.user, **form.cleaned_data)
        messages.success(request, _("Your statement is saved with its date."))
        return redirect(record)
    context = {
        "startup": record,
        "form": form,
        "statements": SupplierStatement.objects.visible_to(request.user).filter(startup=record),
    }
    return render(request, "procurement/supplier_statement_form.html", context)
