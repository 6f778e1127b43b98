"""The applicant's workspace: start, write section by section, check, submit, receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from challenges.actions.application import (
    start_application,
)
from challenges.choices import ApplicationState
from challenges.forms.application import StartForm, WithdrawForm
from challenges.models import Application, Call
from challenges.views.own import own_application, why_cancelled
from challenges.workflow.application import application_workflow, may_be_restored, why_shut
from portal import clock
from portal.models import AuditEntry
from portal.workflow import StepRefused
from startups.choices import MemberRole
from startups.models import Startup

if TYPE_CHECKING:
    from uuid import UUID

    from portal.http import PortalRequest
    from portal.models import User

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
        "drafts": sorted(drafts, key=lambda one: one.call.closes_at),
        "others": [one for one in applications if one.state != ApplicationState.DRAFT],
    }
    return render(request, "challenges/application_list.html", context)


@require_http_methods(["GET", "POST"])
def application_start(request: PortalRequest, slug: str) -> HttpResponse:
    """Begin: for one of my organisations, chosen only where there are several."""
    call = get_object_or_404(Call.objects.public().for_board(), slug=slug)
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
        return redirect("challenges:application-edit", application.pk, 1)
    context = {"call": call, "form": form, "startups": startups}
    return render(request, "challenges/application_start.html", context)


@require_safe
def application_detail(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Where it stands, what to do next, what happened, who is in the team."""
    application = own_application(request, pk)
    shut = why_shut(application, clock.database_now())
    context = {
        "application": application,
        "call": application.call,
        "revision": application.current_revision,
        "decision": application.sent_decision if application.is_decided else None,
        "steps": steps_of(application, request.user),
        "timeline": timeline_of(application),
        "team": application.startup.memberships.select_related("user"),
        "helpers": application.collaborators.select_related("user"),
        "is_writable": shut is None,
        "shut": shut,
        "cancelled_because": why_cancelled(application.call),
        "may_be_restored": may_be_restored(application),
        "may_write": request.user.has_perm("challenges.change_application", application),
        "may_submit": request.user.has_perm("challenges.submit_application", application),
    }
    return render(request, "challenges/application_detail.html", context)


def steps_of(application: Application, user: User) -> list[dict[str, Any]]:
    """What the person may do besides writing; of two halves only the one that applies."""
    base = application.get_absolute_url()
    return [
        {
            "name": offer.name,
            "label": offer.label,
            "url": f"{base}withdraw/" if offer.name == "withdraw" else f"{base}steps/{offer.name}/",
            "link": offer.name == "withdraw",
            "refusal": None,
            "primary": False,
            "destructive": offer.transition.destructive,
        }
        for offer in application_workflow.offered_to(user, application)
        if offer.name in SAID and offer.refusal is None
    ]


#: What the team reads of the trail; the jury's and the staff's steps are not theirs to see.
SHOWN_VERBS = {
    "start": gettext_lazy("Draft started"),
    "submit": gettext_lazy("Submitted"),
    "amend": gettext_lazy("New version submitted"),
    "withdraw": gettext_lazy("Withdrawn"),
    "restore": gettext_lazy("Withdrawal undone"),
    "let-staff-look": gettext_lazy("Staff may look at the draft"),
    "stop-staff-looking": gettext_lazy("Staff may no longer look"),
    "attach-file": gettext_lazy("File added"),
    "remove-file": gettext_lazy("File removed"),
    "add-partner": gettext_lazy("Partner added"),
    "remove-partner": gettext_lazy("Partner removed"),
    "invite-helper": gettext_lazy("Helper invited"),
    "begin-to-help": gettext_lazy("Helper joined"),
    "decline-help": gettext_lazy("Invitation to help declined"),
    "end-help": gettext_lazy("Helper removed"),
    "select": gettext_lazy("Selected"),
    "reserve": gettext_lazy("Put on the reserve list"),
    "not-select": gettext_lazy("Not selected"),
    "rule-out": gettext_lazy("Found ineligible"),
}

RESULTS = {"select", "reserve", "not-select", "rule-out"}


def timeline_of(application: Application) -> list[dict[str, Any]]:
    """What the team itself did, newest first."""
    entries = (
        AuditEntry.objects.about(application)
        .filter(verb__in=SHOWN_VERBS)
        .select_related("actor")
        .order_by("-id")[:50]
    )
    return [
        {
            "when": timezone.localtime(entry.at),
            "text": str(SHOWN_VERBS[entry.verb]),
            # Who of the staff sent a result is not the applicant's to know.
            "who": entry.actor.shown_name if entry.actor and entry.verb not in RESULTS else "",
            "reason": entry.reason if entry.verb == "withdraw" else "",
        }
        for entry in entries
    ]


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
