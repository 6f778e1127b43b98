"""Verbs about sign-in: devices that are known, sessions that end, factors that come and go."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit
from portal.actions.letters import post_code
from portal.actions.tokens import hash_of
from portal.models import KnownDevice, User
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

#: Where a session says from which known device it came.
DEVICE_KEY = "known_device"


def has_factor(user: User) -> bool:
    """Whether the person can show more than a password (recovery codes alone are no factor)."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return bool(Authenticator.objects.filter(user=user, type__in=kinds).exists())


def ways_to_show_factor(user: User) -> list[dict[str, str]]:
    """The pages on which the person can show a factor they have."""
    methods: list[dict[str, str]] = get_adapter().get_reauthentication_methods(user)
    return [one for one in methods if one["id"].startswith("mfa")]


def _hash_for(user: User, token: str) -> str:
    """One secret a browser, another hash for each person; a new password makes it another too."""
    return hash_of(f"{token}:{user.pk}:{user.get_session_auth_hash()}")


def known_device(*, user: User, token: str) -> KnownDevice | None:
    """The device with this secret, if the person has signed in there with a mailed code."""
    if not token:
        return None
    return KnownDevice.objects.valid().filter(token_hash=_hash_for(user, token), user=user).first()


@transaction.atomic
def remember_device(*, user: User, token: str, user_agent: str) -> KnownDevice:
    """Ask for no more mailed codes on this device for a while, and say so by letter."""
    valid_until = timezone.now() + timedelta(days=settings.KNOWN_DEVICE_DAYS)
    device, is_new = KnownDevice.objects.update_or_create(
        user=user,
        token_hash=_hash_for(user, token),
        defaults={
            "user_agent": user_agent[:200],
            "expires_at": valid_until,
            "last_used_at": timezone.now(),
        },
    )
    if is_new:
        audit.record(user, "remember-device", actor=user)
    return device


@transaction.atomic
def forget_device(*, user: User, pk: UUID) -> bool:
    """Ask for a mailed code on this device again; whether there was such a device."""
    gone, _kinds = KnownDevice.objects.visible_to(user).filter(pk=pk).delete()
    if gone:
        audit.record(user, "forget-device", actor=user)
    return bool(gone)


@transaction.atomic
def end_session(*, user: User, pk: int) -> bool:
    """Sign out one browser at once and forget its device; whether there was such a session."""
    chosen = UserSession.objects.filter(user=user, pk=pk).first()
    if chosen is None:
        return False
    row = Session.objects.filter(session_key=chosen.session_key).first()
    if row is not None:
        device = row.get_decoded().get(DEVICE_KEY)
        if device:
            KnownDevice.objects.filter(user=user, pk=device).delete()
        row.delete()
    chosen.delete()
    audit.record(user, "end-session", actor=user)
    return True


@transaction.atomic
def end_sessions(*, user: User, by: User | None, keep: str | None = None) -> int:
    """Sign the person out everywhere at once, but for the session to keep; how many ended."""
    ending = UserSession.objects.filter(user=user).exclude(session_key=keep or "")
    keys = list(ending.values_list("session_key", flat=True))
    devices = KnownDevice.objects.filter(user=user)
    kept = Session.objects.filter(session_key=keep).first() if keep else None
    if kept is not None and (device := kept.get_decoded().get(DEVICE_KEY)):
        devices = devices.exclude(pk=device)
    devices.delete()
    Session.objects.filter(session_key__in=keys).delete()
    ending.delete()
    if keys:
        audit.record(user, "end-sessions", actor=by, facts={"count": len(keys)})
    return len(keys)


@transaction.atomic
def take_away_factors(*, user: User, by: User) -> None:
    """Let somebody who has lost every factor begin anew: the administrator, after a telephone call.

    The person's password still holds, and a mailed code is asked for at the next sign-in.
    """
    if not by.has_perm("portal.change_user", user):
        raise StepRefused(_("You may not do this."), permission=True)
    gone, _kinds = Authenticator.objects.filter(user=user).delete()
    if not gone:
        raise StepRefused(_("This person has no second factor."))
    end_sessions(user=user, by=by)
    audit.record(user, "take-away-factors", actor=by)
    post_code(
        subject=_("Your second factor was taken away"),
        paragraphs=[
            _(
                "The administrator of %(site)s took away the passkeys, the authenticator app and"
                " the recovery codes of your account, and signed you out everywhere."
            )
            % {"site": settings.SITE_NAME},
            _("Sign in and set up a new one. Did you not ask for this? Then write to us at once."),
        ],
        to=user.email,
        action=(_("Sign in"), "/accounts/login/"),
        user=user,
    )
