"""Headers: every kind of answer carries them, whoever gave it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.factories.challenges import make_call
from tests.factories.portal import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.breaking")]

WALLS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def stranger() -> Client:
    return Client(raise_request_exception=False)


def person() -> Client:
    client = stranger()
    client.force_login(make_user())
    return client


#: Kind of answer: who asks, what, and the status that comes.
KINDS = {
    "page": (stranger, lambda c: c.get("/"), 200),
    "page of somebody": (person, lambda c: c.get(reverse("inbox-list")), 200),
    "sign-in": (stranger, lambda c: c.get(reverse("account_login")), 200),
    "to sign-in": (stranger, lambda c: c.get(reverse("inbox-list")), 302),
    "without slash": (stranger, lambda c: c.get("/calls"), 301),
    "static file": (stranger, lambda c: c.get("/static/one.css"), 200),
    "no static file": (stranger, lambda c: c.get("/static/none.css"), 404),
    "machine": (stranger, lambda c: c.get("/healthz"), 200),
    "nul": (stranger, lambda c: c.get("/calls/?q=%00"), 400),
    "foreign host": (stranger, lambda c: c.get("/", headers={"host": "evil.example"}), 400),
    "denied": (stranger, lambda c: c.get("/denied/x/"), 403),
    "denied to somebody": (person, lambda c: c.get("/denied/x/"), 403),
    "form out of date": (
        lambda: Client(enforce_csrf_checks=True),
        lambda c: c.post(reverse("account_login")),
        403,
    ),
    "no page": (stranger, lambda c: c.get("/none/"), 404),
    "no page for somebody": (person, lambda c: c.get("/none/"), 404),
    "wrong verb": (person, lambda c: c.post(reverse("home")), 405),
    "overtaken": (stranger, lambda c: c.get("/twice/"), 409),
    "too large": (stranger, lambda c: c.get("/too-large/"), 413),
    "much too large": (
        stranger,
        lambda c: c.post("/", b"x", "text/plain", CONTENT_LENGTH=str(10**12)),
        413,
    ),
    "too many": (stranger, lambda c: c.get("/too-many/"), 429),
    "broken": (stranger, lambda c: c.get("/broken/x/"), 500),
    "broken for somebody": (person, lambda c: c.get("/broken/x/"), 500),
    "database too slow": (stranger, lambda c: c.get("/slow/"), 503),
}


@pytest.fixture(autouse=True)
def _static_file(settings):
    Path(settings.STATIC_ROOT, "one.css").write_text("a{}", encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_has_its_walls(kind, settings):
    who, ask, status = KINDS[kind]
    settings.SECURE_HSTS_SECONDS = 60
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client = who()
    client.defaults["HTTP_X_FORWARDED_PROTO"] = "https"
    answer = ask(client)
    assert answer.status_code == status
    assert {name: answer.get(name) for name in WALLS} == WALLS
    policy = answer["Content-Security-Policy"]
    for part in ("default-src 'self'", "script-src 'self'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Strict-Transport-Security"].startswith("max-age=60")
    assert len(answer["X-Request-ID"]) == 32
    if who is person or status >= 400:
        assert "no-store" in answer["Cache-Control"]
    else:
        assert "no-store" not in answer.get("Cache-Control", "") or kind in {"machine", "sign-in"}


def test_the_step_to_https_has_its_walls(settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = stranger().get(make_call().get_absolute_url())
    assert answer.status_code == 301
    assert answer["Location"].startswith("https://")
    assert {name: answer.get(name) for name in WALLS} == WALLS
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_a_probe_is_not_sent_on_to_https(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert stranger().get("/healthz").status_code == 200


def test_no_wish_to_be_kept_for_ever_without_https(settings):
    assert "Strict-Transport-Security" not in stranger().get("/")


@pytest.mark.parametrize("path", ["/", "/calls/", "/healthz", "/robots.txt", "/nowhere/"])
def test_an_answer_to_head_has_no_body_and_the_headers_of_get(path):
    """A web server that has to drop the body warns each time."""
    environ = RequestFactory().head(path).environ | {"wsgi.input": io.BytesIO()}
    told = {}

    def start_response(status, headers, exc_info=None):
        del exc_info
        told.update(headers, status=status)

    assert b"".join(get_wsgi_application()(environ, start_response)) == b""
    assert int(told["Content-Length"]) > 0
