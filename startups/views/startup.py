"""The record of an organisation: my organisations, a new one, one with its journey, its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.http import where_next
from portal.registry import registry
from portal.workflow import StepRefused
from startups import actions
from startups.forms import JoinForm, RecordForms
from startups.forms.told import fill_in
from startups.journey import journey_of
from startups.models import Invitation, JoinRequest, Startup
from startups.views.merged import follows_merges

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from portal.http import PortalRequest


@require_safe
def startup_list(request: PortalRequest) -> HttpResponse:
    """My organisations, the invitations to me, what I have asked for."""
    user = request.user
    context = {
        "startups": Startup.objects.of_member(user).with_role_of(user),
        "invitations": Invitation.objects.addressed_to(user)
        .waiting()
        .exclude(startup__memberships__user=user)
        .select_related("startup", "invited_by"),
        # Only what the person typed: the startup is not read.
        "join_requests": JoinRequest.objects.filter(user=user).exclude(state="accepted")[:20],
    }
    return render(request, "startups/startup_list.html", context)


@require_http_methods(["GET", "POST"])
def startup_create(request: PortalRequest) -> HttpResponse:
    """A new record; one's own with the name, or one alike that shows nothing, is pointed out."""
    if request.method != "POST":
        return _form(request, RecordForms(told=fill_in(request.session), by=request.user))
    forms = RecordForms(request.POST)
    if "add-founder" in request.POST or not forms.is_valid():
        # The message to the owners of a similar one stays, in its frame.
        if "message" in request.POST:
            return _form(request, forms, similar=True, join=JoinForm(request.POST))
        return _form(request, forms)
    name, country = forms.typed_name
    mine = Startup.objects.of_member(request.user).named(name, country)
    if "anyway" not in request.POST and (same := mine.first()):
        return _form(request, forms, same=same)
    others = Startup.objects.most_alike(name, country).exclude(memberships__user=request.user)
    if "anyway" not in request.POST and others.exists():
        return _form(request, forms, similar=True)
    return _created(request, forms)


def _created(request: PortalRequest, forms: RecordForms) -> HttpResponse:
    try:
        startup = actions.create_startup(**forms.values(), by=request.user)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return _form(request, forms)
    messages.success(
        request, _("%(name)s has its record now. You own it.") % {"name": startup.name}
    )
    return redirect(where_next(request) or startup)


@require_safe
@follows_merges
def startup_detail(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One organisation: facts, people, what other parts of the portal know, what happened."""
    user = request.user
    startup = get_object_or_404(Startup.objects.visible_to(user).select_related("sector"), pk=pk)
    blocks = [block for ask in registry.startup_page if (block := ask(startup, user)) is not None]
    context = {
        "startup": startup,
        "memberships": startup.memberships.select_related("user"),
        "contacts": startup.contacts.all(),
        "founders": startup.founders.all(),
        "blocks": sorted(blocks, key=lambda block: block.order),
        "journey": journey_of(startup, user),
        "may_change": user.has_perm("startups.change_startup", startup),
        "is_member": startup.has_member(user),
    }
    return render(request, "startups/startup_detail.html", context)


@require_http_methods(["GET", "POST"])
@follows_merges
def startup_edit(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Change the facts; what somebody else saved meanwhile is shown and never overwritten."""
    startup = get_object_or_404(Startup.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm("startups.change_startup", startup):
        raise PermissionDenied
    name = startup.name
    if request.method != "POST":
        begun = RecordForms(startup=startup, told=fill_in(request.session, startup))
        return _form(request, begun, name=name, version=startup.version)
    typed_version = request.POST.get("version", "")
    version = int(typed_version) if typed_version.isdecimal() and len(typed_version) < 10 else 0  # noqa: PLR2004
    forms = RecordForms(request.POST, startup=startup)
    if "add-founder" in request.POST or not forms.is_valid():
        return _form(request, forms, name=name, version=version)
    try:
        actions.change_facts(startup=startup, **forms.values(), version=version, by=request.user)
    except actions.ChangedMeanwhile as conflict:
        return _form(
            request,
            forms,
            name=name,
            # Saving once more, after reading both, is a choice.
            version=conflict.startup.version,
            differences=forms.differences(conflict.startup),
            changed_meanwhile=True,
        )
    messages.success(request, _("Saved."))
    return redirect(startup)


def _form(request: PortalRequest, forms: RecordForms, **context: Any) -> HttpResponse:
    context |= {"forms": forms, "next": where_next(request)}
    return render(request, "startups/startup_form.html", context)
