"""A person's own pages: inbox, profile, an invitation to a role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal import actions
from portal.choices import Role
from portal.forms import ProfileForm
from portal.models import InboxNotice, StaffInvitation
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from portal.http import PortalRequest


@require_safe
def inbox_list(request: PortalRequest) -> HttpResponse:
    """My notices, newest first."""
    notices = InboxNotice.objects.visible_to(request.user)
    page = Paginator(notices, per_page=30).get_page(request.GET.get("page"))
    return render(request, "portal/inbox_list.html", {"page": page})


@require_safe
def inbox_detail(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One notice, read from now on."""
    notice = get_object_or_404(InboxNotice.objects.visible_to(request.user), pk=pk)
    if notice.read_at is None:
        InboxNotice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())
    return render(request, "portal/inbox_detail.html", {"notice": notice})


@require_http_methods(["GET", "POST"])
def profile_edit(request: PortalRequest) -> HttpResponse:
    """How I am named, in which language and zone I am spoken to."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        if "time_zone" in form.changed_data:
            actions.follow_zone(reader=request.user)
        messages.success(request, _("Saved."))
        return redirect("profile-edit")
    return render(request, "portal/profile_edit.html", {"form": form})


@login_not_required
@require_http_methods(["GET", "POST"])
def staff_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What role is offered, to the signed-out as well, and its acceptance."""
    invitation = (
        StaffInvitation.objects.open()
        .select_related("programme", "invited_by")
        .filter(token_hash=actions.hash_of(token))
        .first()
    )
    user = request.user
    if request.method == "POST":
        if not user.is_authenticated:
            return redirect_to_login(request.path)
        try:
            held = actions.accept_staff_invitation(token=token, by=user)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("home")
        messages.success(
            request,
            _("You are now %(role)s of %(programme)s.")
            % {"role": held.get_role_display(), "programme": held.programme},
        )
        # Mentors work on pages of their own, and find on the first what is to do.
        return redirect("home" if held.role == Role.MENTOR else "admin:index")
    return render(request, "portal/staff_invitation.html", {"invitation": invitation})
