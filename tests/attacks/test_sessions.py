"""Codes and sessions: each opens once, in its own browser, for its time."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.models import AuditEntry
from tests.attacks.browsers import browser, is_in
from tests.factories.portal import make_staff, make_user
from tests.pages import text_of
from tests.portal.codes import PASSWORD, SECRET, app_code, mailed_code, show_factor
from tests.portal.test_logs import lines_of

pytestmark = pytest.mark.django_db


# -- codes ------------------------------------------------------------------------------------


def test_code_of_an_app_opens_once():
    TOTP.activate(user := make_user(), SECRET)
    code = app_code(number=2)
    first, second = browser(user), browser(user)
    assert first.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    # Half a minute later allauth has forgotten it, and the clock still takes it.
    caches["default"].clear()
    assert second.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert not is_in(second)
    first.post(reverse("mfa_reauthenticate"), {"code": code, "next": "/inbox/"})
    assert "did not fit" in text_of(
        first.post(reverse("mfa_reauthenticate"), {"code": f"{code[:3]} {code[3:]}"})
    )


@pytest.mark.parametrize(("seconds", "opens"), [(590, True), (603, False)])
def test_mailed_code_lives_ten_minutes(monkeypatch, seconds, opens):
    user, client, begun = make_user(), Client(), time.time()
    client.post(reverse("account_request_login_code"), {"email": user.email})
    monkeypatch.setattr(time, "time", lambda: begun + seconds)
    mailed_code(client)
    assert is_in(client) is opens


def test_mailed_code_works_in_its_own_browser_only():
    user, mine, thief = make_user(), Client(), Client()
    for client in (thief, mine):
        client.post(reverse("account_request_login_code"), {"email": user.email})
    mailed_code(thief)
    assert not is_in(thief)
    mailed_code(mine)
    assert is_in(mine)


# -- sessions ---------------------------------------------------------------------------------


def test_session_gets_another_key_at_sign_in():
    user, client = make_user(), Client()
    client.post(reverse("account_request_login_code"), {"email": user.email})
    planted = client.session.session_key
    mailed_code(client)
    assert is_in(client)
    assert re.fullmatch(r"[a-z0-9]{32}", client.session.session_key)
    assert not Session.objects.filter(session_key=planted).exists()


def test_session_gets_another_key_when_one_proves_oneself_again():
    client = browser(user := make_user())
    old, copied = client.session.session_key, Client()
    copied.cookies[django_settings.SESSION_COOKIE_NAME] = old
    assert is_in(copied)
    client.post(reverse("account_reauthenticate"), {"password": "wrong", "next": "/inbox/"})
    assert client.session.session_key == old
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": "/inbox/"})
    assert client.session.session_key != old
    assert is_in(client)
    assert not is_in(copied)
    listed = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    assert list(listed) == [client.session.session_key]


@pytest.mark.parametrize(
    ("make", "hours", "ends"),
    [
        (make_user, 167, False),
        (make_user, 169, True),
        (make_staff, 11, False),
        (make_staff, 13, True),
    ],
)
def test_session_that_is_not_used_ends(settings, make, hours, ends):
    settings.STAFF_SECOND_FACTOR = "optional"
    client = browser(make())
    assert is_in(client)
    key = client.session.session_key
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=hours))
    caches["local"].clear()
    assert is_in(client) is not ends
    assert Session.objects.filter(session_key=key).exists() is not ends


def test_administrator_signs_somebody_out_everywhere(settings):
    settings.STAFF_SECOND_FACTOR = "required"
    user, administrator = make_user(), make_user(is_superuser=True)
    here, admin = browser(user), Client()
    admin.force_login(administrator, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    show_factor(admin)
    admin.post(
        reverse("admin:portal_user_changelist"),
        {"action": "end_sessions", "_selected_action": [str(user.pk)]},
    )
    assert not is_in(here)
    assert AuditEntry.objects.filter(verb="end-sessions", actor=administrator).exists()


def test_signing_out_clears_what_the_browser_keeps():
    client = browser(make_user())
    assert "Clear-Site-Data" not in client.get(reverse("inbox-list")).headers
    assert client.post(reverse("account_logout"))["Clear-Site-Data"] == '"storage"'
    # A session that merely ended leaves what was being typed.
    client = browser(make_user())
    Session.objects.all().delete()
    assert "Clear-Site-Data" not in client.post(reverse("account_logout")).headers


def test_sign_ins_are_logged_without_who_was_meant():
    import logging  # noqa: PLC0415 -- a handler of its own for this test alone

    user = make_user(email="canary@example.org")
    with lines_of(logging.getLogger("portal")) as lines:
        client = browser(user)
        client.post(reverse("account_logout"))
        for address in ("canary@example.org", "nobody@example.org"):
            for _time in range(11):
                client.post(reverse("account_login"), {"login": address, "password": "hunter22"})
        told = [(one["message"], one.get("user"), one.get("ways")) for one in lines()]
    key = str(user.pk)
    assert ("signed in", key, ["password"]) in told
    assert ("signed out", key, None) in told
    assert told.count(("wrong password", key, None)) == 10
    assert told.count(("wrong password", None, None)) == 10
    assert told.count(("no more tries", None, None)) == 2
    assert "canary" not in str(told) + str(lines())
    assert "hunter22" not in str(lines())
