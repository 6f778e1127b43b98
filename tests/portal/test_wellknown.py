"""What machines ask at known addresses, and what search engines are told of each page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from django.contrib.staticfiles import finders
from django.test import override_settings
from django.urls import get_resolver, reverse
from django.utils import timezone

from portal.http import SECRETS
from portal.models import PolicyText
from tests.factories.challenges import make_call
from tests.factories.portal import make_programme, make_user
from tests.test_access import addresses

pytestmark = pytest.mark.django_db

SECRET = "x" * 43
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def paths_of(client) -> list[str]:
    found = ET.fromstring(client.get("/sitemap.xml").content).iter(LOC)
    return [urlsplit(str(one.text)).path for one in found]


def test_sitemap_names_public_pages_and_no_other(client):
    call, draft = make_call(), make_call(state="draft", published_at=None)
    hidden = make_programme(published=False)
    tomorrow = timezone.localdate() + timedelta(days=1)
    PolicyText.objects.filter(kind="privacy").update(in_force_from=tomorrow)
    paths = paths_of(client)
    assert {"/", "/calls/", "/terms/"} <= set(paths)
    assert {call.get_absolute_url(), call.programme.get_absolute_url()} <= set(paths)
    assert not {draft.get_absolute_url(), hidden.get_absolute_url(), "/privacy/"} & set(paths)
    for path in paths:
        assert client.get(path).status_code == 200, path


def test_sitemap_asks_as_often_for_many_calls_as_for_one(client, django_assert_num_queries):
    first = make_call()
    with django_assert_num_queries(8):
        client.get("/sitemap.xml")
    for _one in range(2):
        make_call(programme=first.programme)
    with django_assert_num_queries(8):
        assert len([path for path in paths_of(client) if path.startswith("/calls/call-")]) == 3


def is_disallowed(rules: list[str], path: str) -> bool:
    return any(re.match(re.escape(rule).replace(r"\*", ".*"), path) for rule in rules)


def test_robots_may_read_what_the_sitemap_names_and_what_says_noindex(client):
    make_call()
    text = client.get("/robots.txt").content.decode()
    rules = re.findall(r"^Disallow: (\S+)$", text, re.MULTILINE)
    assert re.search(r"^Sitemap: http\S+/sitemap.xml$", text, re.MULTILINE)
    assert is_disallowed(rules, reverse("admin:index"))
    assert is_disallowed(rules, reverse("inbox-list"))
    assert is_disallowed(rules, "/calls/one/apply/")
    assert is_disallowed(rules, "/accounts/login/?next=/inbox/")
    secret = reverse("challenges:call-preview", kwargs={"slug": "one", "token": SECRET})
    # Whoever may not ask a page cannot read that it is not to be listed.
    for path in [*paths_of(client), reverse("account_login"), secret]:
        assert not is_disallowed(rules, path), path


def test_no_page_behind_a_secret_is_listed_or_names_its_address(client):
    asked = 0
    for name, pattern in addresses(get_resolver().url_patterns):
        keys = re.findall(r"<(?:\w+:)?(\w+)>", pattern)
        if not SECRETS & set(keys) or {"pk"} & set(keys):
            continue
        address = reverse(
            name, kwargs=dict.fromkeys(keys, "x") | dict.fromkeys(SECRETS & set(keys), SECRET)
        )
        answer = client.get(address)
        asked += 1
        assert answer.get("X-Robots-Tag") == "noindex", name
        assert b'rel="canonical"' not in answer.content, name
    assert asked >= 8


def test_public_pages_may_be_listed_under_one_address(client):
    call = make_call(summary="Sensors for a harbour that is never quiet.")
    for path in ("/", "/calls/", call.get_absolute_url(), reverse("account_login")):
        answer = client.get(f"{path}?q=one")
        page = answer.content.decode()
        assert "X-Robots-Tag" not in answer
        assert f'<link rel="canonical" href="http://localhost:8000{path}">' in page
    assert page.count('name="description"') == 1


def test_each_public_page_describes_itself(client):
    call = make_call(summary="Sensors for a harbour that is never quiet.")
    found = set()
    for path in ("/", "/calls/", call.get_absolute_url(), call.programme.get_absolute_url()):
        page = client.get(path).content.decode()
        (words,) = re.findall(r'<meta\s+name="description"\s+content="([^"]*)"', page)
        assert len(words) > 5
        found.add(words)
    assert len(found) == 4
    assert call.summary in found


def test_nobody_is_named_where_the_settings_name_nobody(client):
    assert client.get("/.well-known/security.txt").status_code == 404


@override_settings(
    SECURITY_CONTACT=["mailto:one@example.org", "https://example.org/report"],
    SECURITY_POLICY="https://example.org/policy",
)
def test_security_txt_says_whom_to_tell(client):
    answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = [line.split(": ", 1) for line in answer.content.decode().splitlines()]
    assert [value for name, value in fields if name == "Contact"] == [
        "mailto:one@example.org",
        "https://example.org/report",
    ]
    said = dict(fields)
    until = datetime.fromisoformat(said["Expires"])
    assert 30 < (until - timezone.now()).days < 365
    assert said["Canonical"].endswith("/.well-known/security.txt")
    assert said["Policy"] == "https://example.org/policy"


def test_change_password_leads_to_the_page_where_one_does(client):
    client.force_login(make_user())
    answer = client.get("/.well-known/change-password", follow=True)
    assert answer.redirect_chain[0] == (reverse("account_change_password"), 302)
    assert answer.status_code == 200


def test_favicon_is_a_file_that_exists(client):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    found = finders.find(answer["Location"].removeprefix("/static/"))
    assert Path(str(found)).read_bytes()[:4] == b"\x00\x00\x01\x00"


def test_nothing_here_opens_a_session(client):
    for path in ("/robots.txt", "/sitemap.xml", "/favicon.ico", "/.well-known/change-password"):
        assert not client.get(path).cookies, path
