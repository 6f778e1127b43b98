"""An invitation: answered by the mailed link or from one's own list, withdrawn by an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.actions import hash_of
from portal.workflow import StepRefused
from startups import actions
from startups.choices import InvitationState
from startups.models import Invitation
from startups.workflow import invitation_workflow

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from portal.http import PortalRequest
    from portal.models import User

ANSWERS = {"accept", "decline"}


@login_not_required
@require_http_methods(["GET", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link: what is offered, to the signed-out as well, and the answer."""
    invitation = (
        Invitation.objects.select_related("startup", "invited_by")
        .filter(token_hash=hash_of(token))
        .first()
    )
    if invitation is None:
        unknown = {"sentence": _("This link is not known. Copy the whole address from the letter.")}
        return render(request, "startups/invitation_accept.html", unknown, status=404)
    context = {"invitation": invitation, "sentence": _sentence(invitation)}
    user = request.user
    if not user.is_authenticated:
        if request.method == "POST":
            return redirect_to_login(request.path)
        return render(request, "startups/invitation_accept.html", context)
    if request.method == "POST" and (name := request.POST.get("answer", "")) in ANSWERS:
        return _answer(request, user, invitation, name, token=token)
    if invitation.accepted_by_id == user.pk and invitation.startup.has_member(user):
        messages.info(request, _("You have accepted this invitation already."))
        return redirect(invitation.startup)
    return render(request, "startups/invitation_accept.html", context)


@require_POST
def invitation_answer(request: PortalRequest, pk: UUID) -> HttpResponse:
    """The answer from one's own list: the address it was sent to is the person's."""
    invitation = get_object_or_404(
        Invitation.objects.addressed_to(request.user).select_related("startup"), pk=pk
    )
    name = request.POST.get("answer", "")
    if name not in ANSWERS:
        raise Http404
    return _answer(request, request.user, invitation, name)


@require_POST
def invitation_withdraw(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Take an invitation back."""
    invitation = get_object_or_404(Invitation.objects.visible_to(request.user), pk=pk)
    try:
        invitation_workflow.perform(invitation, "withdraw", actor=request.user)
    except StepRefused as refusal:
        if refusal.permission:
            raise PermissionDenied from refusal
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("The invitation to %(email)s is withdrawn.") % {"email": invitation.email}
        )
    return redirect("startups:member-list", invitation.startup_id)


def _answer(
    request: HttpRequest, user: User, invitation: Invitation, name: str, *, token: str = ""
) -> HttpResponse:
    try:
        actions.answer_invitation(invitation=invitation, name=name, by=user, token=token)
    except StepRefused as refusal:
        invitation.refresh_from_db()
        mine = invitation.accepted_by_id == user.pk
        if mine and invitation.startup.has_member(user):
            messages.info(request, _("You have accepted this invitation already."))
            return redirect(invitation.startup)
        messages.error(request, _sentence(invitation) or str(refusal))
        return redirect("startups:startup-list")
    if name == "decline":
        messages.success(request, _("You have declined the invitation."))
        return redirect("startups:startup-list")
    messages.success(
        request,
        _("You belong to %(startup)s now, as %(role)s.")
        % {"startup": invitation.startup.name, "role": invitation.get_role_display()},
    )
    return redirect(invitation.startup)


def _sentence(invitation: Invitation) -> str:
    """Why the invitation cannot be answered any more; empty while it can."""
    if invitation.state == InvitationState.ACCEPTED:
        return _("This invitation was used already. Ask for a new one.")
    if invitation.state == InvitationState.DECLINED:
        return _("This invitation was declined. Ask for a new one.")
    if invitation.state == InvitationState.WITHDRAWN:
        return _("This invitation was withdrawn. Ask whoever invited you.")
    if invitation.has_expired:
        return _("This invitation has expired. Ask for a new one.")
    return ""
