"""The people of an organisation: who belongs, as what, who was invited, whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.http import still_you
from portal.workflow import StepRefused
from startups import actions
from startups.choices import MemberRole
from startups.forms import ROLES_EXPLAINED, InviteForm, TransferForm
from startups.models import Invitation, JoinRequest, Membership, Startup
from startups.views.merged import follows_merges

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpResponse

    from portal.http import PortalRequest


@require_safe
@follows_merges
def member_list(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Everybody who belongs, and what an owner can do about it."""
    return _page(request, _visible(request, pk))


@require_POST
def member_invite(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Invite somebody by e-mail."""
    startup = _managed(request, pk)
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, startup, form=form)
    try:
        actions.invite_member(startup=startup, by=request.user, **form.cleaned_data)
    except StepRefused as refusal:
        form.add_error("email", str(refusal))
        return _page(request, startup, form=form)
    messages.success(request, _("The invitation is on its way to %(email)s.") % form.cleaned_data)
    return redirect("startups:member-list", pk)


@require_POST
def member_role(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Give a member another role."""
    membership = _membership(request, pk)
    role = request.POST.get("role", "")
    return _attempt(
        request,
        membership.startup,
        lambda: actions.change_role(membership=membership, role=role, by=request.user),
        _("%(name)s: role changed.") % {"name": membership.user.shown_name},
    )


@require_http_methods(["GET", "POST"])
def member_remove(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Ask, then end somebody's membership."""
    membership = _membership(request, pk)
    if request.method != "POST":
        context = {"startup": membership.startup, "membership": membership}
        return render(request, "startups/member_remove.html", context)
    return _attempt(
        request,
        membership.startup,
        lambda: actions.remove_member(membership=membership, by=request.user),
        _("%(name)s does not belong to the organisation any more.")
        % {"name": membership.user.shown_name},
    )


@require_http_methods(["GET", "POST"])
def member_leave(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Ask, then end one's own membership."""
    startup = _visible(request, pk)
    if not startup.has_member(request.user):
        raise PermissionDenied
    if request.method != "POST":
        context = {
            "startup": startup,
            "owns_alone": startup.is_owned_alone_by(request.user),
            "others": len(startup.roles) > 1,
        }
        return render(request, "startups/member_leave.html", context)
    try:
        actions.leave(startup=startup, by=request.user)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("startups:member-list", pk)
    messages.success(request, _("You have left %(startup)s.") % {"startup": startup.name})
    return redirect("startups:startup-list")


@require_http_methods(["GET", "POST"])
@still_you
def member_transfer(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Make another member the owner."""
    startup = _managed(request, pk)
    form = TransferForm(
        request.POST if request.method == "POST" else None, startup=startup, by=request.user
    )
    if request.method != "POST" or not form.is_valid():
        return render(request, "startups/member_transfer.html", {"startup": startup, "form": form})
    to: Membership = form.cleaned_data["to"]
    return _attempt(
        request,
        startup,
        lambda: actions.transfer_ownership(startup=startup, to=to, by=request.user),
        _("%(name)s owns the organisation now. You are an editor.") % {"name": to.user.shown_name},
    )


@require_POST
def editors_submit(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Say whether editors may submit applications."""
    allowed = request.POST.get("allowed") == "on"
    return _attempt(
        request,
        startup := _managed(request, pk),
        lambda: actions.let_editors_submit(startup=startup, allowed=allowed, by=request.user),
        _("Editors may submit applications.") if allowed else _("Only owners may submit now."),
    )


def _visible(request: PortalRequest, pk: UUID) -> Startup:
    return get_object_or_404(Startup.objects.visible_to(request.user), pk=pk)


def _managed(request: PortalRequest, pk: UUID) -> Startup:
    startup = _visible(request, pk)
    if not request.user.has_perm("startups.manage_members", startup):
        raise PermissionDenied
    return startup


def _membership(request: PortalRequest, pk: UUID) -> Membership:
    membership = get_object_or_404(
        Membership.objects.visible_to(request.user).select_related("startup", "user"), pk=pk
    )
    if not request.user.has_perm("startups.manage_members", membership):
        raise PermissionDenied
    return membership


def _attempt(
    request: PortalRequest, startup: Startup, act: Callable[[], Any], done: str
) -> HttpResponse:
    """Act and say what came of it, back on the page of the people."""
    try:
        act()
    except StepRefused as refusal:
        if refusal.permission:
            raise PermissionDenied from refusal
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("startups:member-list", startup.pk)


def _page(
    request: PortalRequest, startup: Startup, *, form: InviteForm | None = None
) -> HttpResponse:
    user = request.user
    owns = startup.has_member(user, MemberRole.OWNER)
    context = {
        "startup": startup,
        "memberships": startup.memberships.select_related("user"),
        "invitations": Invitation.objects.visible_to(user)
        .waiting()
        .filter(startup=startup)
        .select_related("invited_by"),
        "join_requests": JoinRequest.objects.visible_to(user)
        .waiting()
        .filter(startup=startup)
        .select_related("user")
        if owns
        else [],
        "owns": owns,
        "is_member": startup.has_member(user),
        "roles": ROLES_EXPLAINED,
        "role_names": MemberRole.choices,
        "form": form or InviteForm(),
    }
    return render(request, "startups/member_list.html", context)
