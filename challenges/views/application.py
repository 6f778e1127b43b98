"""The applicant's workspace: start, write section by section, check, submit, receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from challenges.actions.application import start_application
from challenges.actions.message import mark_read, write_message
from challenges.choices import ApplicationState
from challenges.forms.application import StartForm, WithdrawForm
from challenges.forms.message import MessageForm
from challenges.models import Application, Call
from challenges.teampage import page_of, unread_in, why_cancelled
from challenges.views.eligibility import carry_over
from challenges.views.own import own_application
from challenges.workflow.application import application_workflow, may_be_restored
from portal.workflow import StepRefused
from startups.choices import MemberRole
from startups.models import Startup

if TYPE_CHECKING:
    from uuid import UUID

    from portal.http import PortalRequest

#: Steps an applicant takes by one click on the page of the application.
CLICKS = ("restore", "let-staff-look", "stop-staff-looking")
#: What is said when a step was taken.
SAID = {
    "withdraw": gettext_lazy("Withdrawn."),
    "restore": gettext_lazy("It counts again."),
    "let-staff-look": gettext_lazy("Staff may look at your draft now."),
    "stop-staff-looking": gettext_lazy("Staff may no longer look at your draft."),
}


@require_safe
def application_list(request: PortalRequest) -> HttpResponse:
    """My applications, drafts by deadline first."""
    applications = list(Application.objects.of_applicant(request.user).for_list())
    drafts = [one for one in applications if one.state == ApplicationState.DRAFT]
    for application in applications:
        application.__dict__["cancelled_because"] = why_cancelled(application.call)
    context = {
        "drafts": sorted(drafts, key=lambda one: one.ends),
        "others": [one for one in applications if one.state != ApplicationState.DRAFT],
    }
    return render(request, "challenges/application_list.html", context)


@require_http_methods(["GET", "POST"])
def application_start(request: PortalRequest, slug: str) -> HttpResponse:
    """Begin: for one of my organisations, chosen only where there are several."""
    call = get_object_or_404(Call.objects.public().for_board(), slug=slug)
    if not call.is_open:
        # Said before anybody describes an organisation for nothing.
        messages.error(request, _("This call is not open. Its page says when it opens or closed."))
        return redirect(call)
    startups = Startup.objects.filter(
        memberships__user=request.user,
        memberships__role__in=[MemberRole.OWNER, MemberRole.EDITOR],
    )
    form = StartForm(request.POST or None, startups=startups)
    if request.method == "POST" and form.is_valid():
        try:
            application = start_application(call=call, startup=form.chosen(), by=request.user)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
            return redirect(call)
        carry_over(request, application)
        return redirect("challenges:application-edit", application.pk, 1)
    context = {"call": call, "form": form, "startups": startups}
    return render(request, "challenges/application_start.html", context)


@require_safe
def application_detail(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Where it stands, what to do next, what happened, who is in the team."""
    application = own_application(request, pk)
    if unread_in(application, request.user):
        mark_read(application=application, by=request.user)
    return _detail(request, application)


def _detail(
    request: PortalRequest,
    application: Application,
    *,
    form: MessageForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = page_of(application, request.user)
    context["message_form"] = (form or MessageForm()) if context["may_message"] else None
    return render(request, "challenges/application_detail.html", context, status=status)


@require_POST
def message_create(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Say something to the programme's staff."""
    application = own_application(request, pk)
    if not request.user.has_perm("challenges.message_application", application):
        raise Http404
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            write_message(application=application, text=form.cleaned_data["text"], by=request.user)
        except StepRefused as refusal:
            form.add_error("text", str(refusal))
        else:
            messages.success(request, _("Sent. The programme’s staff get a letter."))
            return redirect(f"{application.get_absolute_url()}#messages")
    return _detail(request, application, form=form, status=422)


@require_POST
def application_step(request: PortalRequest, pk: UUID, name: str) -> HttpResponse:
    """Undo a withdrawal, let staff look or not."""
    application = own_application(request, pk)
    if name not in CLICKS:
        raise Http404
    take_step(request, application, name)
    return redirect(application)


@require_http_methods(["GET", "POST"])
def application_withdraw(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Ask before withdrawing, and say whether it can be undone."""
    application = own_application(request, pk)
    if not request.user.has_perm("challenges.withdraw_application", application):
        raise Http404
    if application.state not in application_workflow.transitions["withdraw"].sources:
        messages.info(request, _("There is nothing to withdraw."))
        return redirect(application)
    named = application.state in {ApplicationState.SELECTED, ApplicationState.RESERVE}
    form = WithdrawForm(request.POST if request.method == "POST" else None, needs_reason=named)
    if request.method == "POST" and form.is_valid():
        take_step(request, application, "withdraw", reason=form.cleaned_data["reason"])
        return redirect(application)
    context = {
        "application": application,
        "call": application.call,
        "form": form,
        "named": named,
        "may_be_restored": may_be_restored(application),
    }
    return render(request, "challenges/application_withdraw.html", context)


def take_step(
    request: PortalRequest, application: Application, name: str, *, reason: str = ""
) -> None:
    """Take the step and say what happened, or why not."""
    try:
        application_workflow.perform(application, name, actor=request.user, reason=reason)
    except StepRefused as refusal:
        if refusal.permission:
            raise Http404 from refusal
        messages.error(request, str(refusal))
    else:
        messages.success(request, str(SAID[name]))
