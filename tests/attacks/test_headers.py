"""What cookies, headers and redirects give away, and to whom."""

from __future__ import annotations

import json
import re
import sys

import pytest
from django.test import Client
from django.urls import reverse

from portal.choices import Role
from portal.models import OutboxMessage
from tests.access_table import ROWS, admin_rows
from tests.cast import set_the_stage
from tests.factories.challenges import make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import record_data
from tests.portal.codes import PASSWORD
from tests.portal.test_production import PRODUCTION, run
from tests.test_access import address_of, client_of

pytestmark = pytest.mark.django_db


def test_every_cookie_is_this_hosts_alone(settings):
    code = (
        "import django, json; django.setup(); from django.conf import settings as s;"
        "from portal import adapters, flash, known, reading; print(json.dumps(["
        "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, flash.HostCookieStorage.cookie_name,"
        " known.COOKIE, adapters.DEVICE_COOKIE, reading.COOKIE]))"
    )
    done = run(sys.executable, "-c", code, **PRODUCTION)
    names = json.loads(done.stdout)
    assert all(name.startswith("__Host-") for name in names)
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.STAFF_SECOND_FACTOR = "required"
    user, client = make_staff(role=Role.REVIEWER), Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}, secure=True)
    code = re.search(r"^Code: (\S+)$", OutboxMessage.objects.last().text, re.MULTILINE)[1]
    client.post(reverse("account_confirm_login_code"), {"code": code}, secure=True)
    profile = {"given_name": "A", "language": "en-gb", "time_zone": "UTC"}
    client.post(reverse("profile-edit"), profile, secure=True)
    call = make_call(languages=["en", "ja"])
    client.post(reverse("challenges:call-read", args=[call.slug]), {"read": "ja"}, secure=True)
    seen = {name: (c["secure"], c["httponly"], c["samesite"]) for name, c in client.cookies.items()}
    plain = {name.removeprefix("__Host-") for name in names}
    assert {name.removeprefix("__Host-") for name in seen} == plain
    assert set(seen.values()) == {(True, True, "Lax")}


def test_no_other_origin_may_read(client):
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    for path in ("/", "/accounts/login/", "/healthz", "/calls/", "/static/portal/portal.css"):
        for ask in (client.get, client.options):
            answer = ask(path, headers=headers)
            assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_every_text_says_its_charset():
    world = set_the_stage()
    owner, manager = client_of(world, "owner"), client_of(world, "manager")
    for name, row in {**ROWS, **admin_rows()}.items():
        client = manager if name.startswith("admin:") else owner
        kind = client.get(address_of(world, row, name)).get("Content-Type", "")
        if kind.startswith("text/"):
            assert "charset=utf-8" in kind.replace('"', ""), name


def test_nothing_of_a_person_is_kept_in_a_cache():
    world, wrong = set_the_stage(), []
    client = client_of(world, "owner")
    for name, row in ROWS.items():
        answer = client.get(address_of(world, row, name))
        wrong += [name] * ("no-store" not in answer.get("Cache-Control", ""))
    assert set(wrong) <= {"healthz"} or wrong == []


def test_trace_repeats_nothing():
    world, wrong = set_the_stage(), []
    client = client_of(world, "manager")
    for name, row in {**ROWS, **admin_rows()}.items():
        path = address_of(world, row, name)
        answer = client.generic("TRACE", path, headers={"x-canary": "hunter22"})
        body = b"" if answer.streaming else answer.content
        if b"hunter22" in body or answer.status_code == 200:
            wrong.append(name)
    assert wrong == []


OUT = (
    "//evil.example/",
    "https://evil.example",
    "/\\evil.example",
    "////evil.example",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("out", OUT)
def test_way_on_stays_on_this_site(client, out):
    user = make_user()
    signed = client.post(
        reverse("account_login"), {"login": user.email, "password": PASSWORD, "next": out}
    )
    assert signed.url == "/"
    assert client.get(reverse("second-factor"), {"next": out}).url == reverse("account-security")
    again = client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": out})
    assert "evil" not in again.get("Location", "")
    made = client.post(reverse("startups:startup-create"), record_data(next=out))
    assert "evil" not in made.url
    # Signed out, a button leads back to the page it stood on, as the browser names that page.
    answer = Client().post(
        reverse("startups:startup-create"), headers={"referer": f"http://testserver{out}"}
    )
    back = answer.url.partition("next=")[2]
    assert not back.startswith(("//", "/%5C", "%2F%2F", "/%2F"))
