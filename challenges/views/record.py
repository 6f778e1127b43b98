"""What a team answered, taken into its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from challenges.actions.known import leave_record, take_into_record
from challenges.views.own import own_application, questions_of
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from portal.http import PortalRequest


@require_POST
def record_change(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Change the record's fact to the answer or leave it, for whoever may change the record."""
    application = own_application(request, pk)
    if not request.user.has_perm("startups.change_startup", application.startup):
        raise Http404
    leave = request.POST.get("leave", "")
    named = leave or request.POST.get("question", "")
    question = next((one for one in questions_of(application) if one.pk.hex == named), None)
    if question is None:
        messages.error(request, _("This question is not asked any more. Nothing was changed."))
    else:
        try:
            settle = leave_record if leave else take_into_record
            settle(application=application, question=question, by=request.user)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
        else:
            said = _("Your record stays as it is.") if leave else _("Your record says it too now.")
            messages.success(request, said)
    address = reverse("challenges:application-check", args=[application.pk])
    return redirect(f"{address}#record")
