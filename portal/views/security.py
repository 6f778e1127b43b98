"""Account security: how one signs in, on which devices, where one is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_POST, require_safe

from portal import actions
from portal.agents import in_words
from portal.http import address_of, still_you, where_next
from portal.models import KnownDevice

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from portal.http import PortalRequest

Kind = Authenticator.Type


@require_safe
def account_security(request: PortalRequest) -> HttpResponse:
    """Everything with which I sign in, on one page."""
    user = request.user
    factors: dict[str, list[Any]] = {kind: [] for kind in Kind.values}
    for one in Authenticator.objects.filter(user=user).order_by("created_at"):
        factors[one.type].append(one)
    codes = factors[Kind.RECOVERY_CODES]
    context = {
        "passkeys": factors[Kind.WEBAUTHN],
        "apps": factors[Kind.TOTP],
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
        "addresses": EmailAddress.objects.filter(user=user).order_by("-primary", "email"),
        "session_count": _sessions(request).count(),
        "device_count": KnownDevice.objects.visible_to(user).valid().count(),
        "has_password": user.has_usable_password(),
        "elsewhere": SocialAccount.objects.filter(user=user).exists(),
        "elsewhere_offered": bool(settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]),
        "must_have_factor": settings.STAFF_SECOND_FACTOR == "required" and user.needs_second_factor,
    }
    return render(request, "account/security.html", context)


@require_safe
def second_factor(request: PortalRequest) -> HttpResponse:
    """Where a role leads that rests: set up a second factor, or show the one there is."""
    if not request.user.waits_for_factor:
        return redirect(where_next(request) or "account-security")
    context = {
        "ways": actions.ways_to_show_factor(request.user),
        "next": where_next(request) or "/admin/",
    }
    return render(request, "portal/second_factor.html", context)


@require_safe
def session_list(request: PortalRequest) -> HttpResponse:
    """Where I am signed in, and the devices that need no mailed code."""
    if not _sessions(request).filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)
    here, sessions = address_of(request), []
    for one in _sessions(request).order_by("-last_seen_at"):
        current = one.session_key == request.session.session_key
        sessions.append(
            {
                "pk": one.pk,
                "device": in_words(one.user_agent),
                "current": current,
                "same_place": current or one.ip == here,
                "ip": one.ip,
                "began": one.created_at,
                "seen": timezone.now() if current else one.last_seen_at,
            }
        )
    sessions.sort(key=lambda one: not one["current"])
    devices = [
        {
            "pk": one.pk,
            "device": in_words(one.user_agent),
            "current": str(one.pk) == request.session.get(actions.DEVICE_KEY),
            "used": one.last_used_at,
            "until": one.expires_at,
        }
        for one in KnownDevice.objects.visible_to(request.user).valid()
    ]
    context = {"sessions": sessions, "devices": devices}
    return render(request, "usersessions/usersession_list.html", context)


@require_POST
@still_you
def session_end(request: PortalRequest, session: int) -> HttpResponse:
    """End one session, at once."""
    current = UserSession.objects.filter(pk=session, session_key=request.session.session_key)
    if current.exists():
        raise Http404  # that is what "Sign out" is for
    if not actions.end_session(user=request.user, pk=session):
        messages.info(request, _("That session had ended already."))
    else:
        messages.success(request, _("Ended. That device has to sign in again."))
    return redirect("usersessions_list")


@require_POST
@still_you
def sessions_end(request: PortalRequest) -> HttpResponse:
    """End all sessions but this one, at once."""
    ended = actions.end_sessions(
        user=request.user, by=request.user, keep=request.session.session_key
    )
    text = ngettext("%d other session ended.", "%d other sessions ended.", ended) % ended
    messages.success(request, text)
    return redirect("usersessions_list")


@require_POST
def device_forget(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Ask for a mailed code on that device again."""
    if not actions.forget_device(user=request.user, pk=pk):
        raise Http404
    messages.success(request, _("Forgotten. That device gets a mailed code at its next sign-in."))
    return redirect("usersessions_list")


def _sessions(request: PortalRequest) -> QuerySet[UserSession]:
    """My sessions that have not ended."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    mine: QuerySet[UserSession] = UserSession.objects.filter(
        user=request.user, session_key__in=alive
    )
    return mine
