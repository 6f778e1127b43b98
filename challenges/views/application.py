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
from challenges.forms.application import StartForm
from challenges.models import Application, Call
from challenges.views.own import own_application
from challenges.workflow.application import application_workflow
from portal.models import AuditEntry
from portal.workflow import StepRefused
from startups.choices import MemberRole
from startups.models import Startup

if TYPE_CHECKING:
    from uuid import UUID

    from portal.http import PortalRequest

#: Steps an applicant takes by one click on the page of the application.
CLICKS = ("withdraw", "restore", "let-staff-look", "stop-staff-looking")


@require_safe
def application_list(request: PortalRequest) -> HttpResponse:
    """My applications, drafts by deadline first."""
    applications = list(Application.objects.of_applicant(request.user).for_list())
    drafts = [one for one in applications if one.state == ApplicationState.DRAFT]
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
    steps = [
        {
            "name": offer.name,
            "label": offer.label,
            "url": f"{application.get_absolute_url()}steps/{offer.name}/",
            "refusal": offer.refusal,
            "primary": False,
            "destructive": offer.transition.destructive,
        }
        for offer in application_workflow.offered_to(request.user, application)
        if offer.name in CLICKS
    ]
    context = {
        "application": application,
        "call": application.call,
        "revision": application.current_revision,
        "decision": application.sent_decision if application.is_decided else None,
        "steps": steps,
        "timeline": timeline_of(application),
        "team": application.startup.memberships.select_related("user"),
        "helpers": application.collaborators.select_related("user"),
        "may_write": request.user.has_perm("challenges.change_application", application),
        "may_submit": request.user.has_perm("challenges.submit_application", application),
    }
    return render(request, "challenges/application_detail.html", context)


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
            "reason": "",
        }
        for entry in entries
    ]


@require_POST
def application_step(request: PortalRequest, pk: UUID, name: str) -> HttpResponse:
    """Withdraw, undo that, let staff look or not."""
    application = own_application(request, pk)
    if name not in CLICKS:
        raise Http404
    try:
        application_workflow.perform(application, name, actor=request.user)
    except StepRefused as refusal:
        if refusal.permission:
            raise Http404 from refusal
        messages.error(request, str(refusal))
    else:
        label = application_workflow.transitions[name].label
        messages.success(request, _("Done: %(step)s.") % {"step": label})
    return redirect(application)
