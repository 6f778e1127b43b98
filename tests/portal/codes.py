"""Signing in as people do it: a password, the codes of an app and of a letter."""

from __future__ import annotations

import re

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.urls import reverse

from portal.models import OutboxMessage

PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def sign_in(client, user, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def app_code(secret=SECRET, number=0):
    """A code of the app; each is taken once, so a second one at once has the number 1."""
    counter = sorted(yield_hotp_counters_from_time())[number]
    return format_hotp_value(hotp_value(secret, counter))


def give_app(user):
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user)


def code_of(message):
    return re.search(r"^Code: ([A-Z0-9-]{6,})$", message.text, re.MULTILINE)[1]


def mailed_code(client):
    return client.post(
        reverse("account_confirm_login_code"),
        {"code": code_of(OutboxMessage.objects.order_by("created_at").last())},
    )


def show_factor(client):
    """A session that has shown a second factor, without its pages."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": 0}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
