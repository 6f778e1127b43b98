"""A guest registers, and says that they do not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from events.actions.registration import register
from events.choices import RegistrationState
from events.forms.registration import RegistrationForm
from events.models import Event, Registration
from events.views.event import event_context
from events.workflow.registration import registration_workflow
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.http import HttpResponse

    from portal.http import PortalRequest


@require_http_methods(["GET", "POST"])
def registration_create(request: PortalRequest, slug: str) -> HttpResponse:
    """As what one comes; who is registered already is sent to the event's page."""
    events = Event.objects.public().with_now().select_related("programme")
    event = get_object_or_404(events, slug=slug)
    context = event_context(request, event)
    if not context["may_register"] or (request.method == "GET" and context["refusal"]):
        return redirect(event)
    form = RegistrationForm(request.POST or None, instance=context["registration"])
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                made = register(event=event, user=request.user, **form.cleaned_data)
            except StepRefused as refusal:
                messages.error(request, str(refusal))
                return redirect(event)
            messages.success(request, said_of(made))
            return redirect(event)
        status = 422
    return render(
        request, "events/registration_create.html", context | {"form": form}, status=status
    )


def said_of(registration: Registration) -> str:
    """What is said at once; the letter says it again."""
    if registration.state == RegistrationState.APPROVED:
        return _("You are registered. The letter with the calendar entry is on its way.")
    return _("Your registration is in. You get a letter as soon as the team has answered.")


@require_POST
def registration_cancel(request: PortalRequest, slug: str) -> HttpResponse:
    """Say that one does not come; the place is free for somebody else."""
    own = Registration.objects.filter(user=request.user).select_related("event")
    registration = get_object_or_404(own, event__in=Event.objects.public(), event__slug=slug)
    try:
        registration_workflow.perform(registration, "cancel", actor=request.user)
    except StepRefused as refusal:
        if refusal.permission:
            raise Http404 from refusal
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Your registration is cancelled. Thank you for telling us."))
    return redirect(registration.event)
