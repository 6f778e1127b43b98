"""What the proxy, the certificates and the secrets of an installation let through."""

from __future__ import annotations

import re
import sys

import pytest

from tests.portal.test_production import PRODUCTION, run
from tests.strict import APPS, ROOT

pytestmark = pytest.mark.django_db


def test_webhook_over_plain_http_is_refused(client, settings):
    settings.ROOT_URLCONF = "tests.portal.mail_events_urls"
    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "provider:secret"}
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    refused = client.post("/mail/events/", {}, content_type="application/json")
    assert refused.status_code == 403
    assert refused.content == b"https only"
    answer = client.post("/mail/events/", {}, content_type="application/json", secure=True)
    assert answer.content != b"https only"
    assert client.post("/inbox/").status_code == 301
    template = (ROOT / "deploy/nginx/portal.conf.template").read_text()
    assert re.search(r"location /mail/ \{ return 403; \}\s+location / \{ return 308", template)


def test_proxy_offers_strong_suites_only():
    template = (ROOT / "deploy/nginx/portal.conf.template").read_text()
    (suites,) = re.findall(r"ssl_ciphers (\S+);", template)
    for suite in suites.split(":"):
        assert re.fullmatch(r"ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)", suite)
    assert re.findall(r"ssl_protocols (.+);", template) == ["TLSv1.2 TLSv1.3"]


def test_nothing_switches_off_the_check_of_certificates():
    off = re.compile(r"verify\s*=\s*False|CERT_NONE|_create_unverified|check_hostname\s*=\s*False")
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            assert not off.search(path.read_text(encoding="utf-8")), path


def test_secret_may_stand_in_a_file(tmp_path):
    secret, hook = tmp_path / "secret", tmp_path / "hook"
    secret.write_text(PRODUCTION["SECRET_KEY"] + "\n")
    hook.write_text("provider:secret\n")
    code = "from portal import settings as s; print(s.SECRET_KEY, s.ANYMAIL.get('WEBHOOK_SECRET'))"
    given = {
        **PRODUCTION,
        "SECRET_KEY": "",
        "SECRET_KEY_FILE": str(secret),
        "ANYMAIL_WEBHOOK_SECRET_FILE": str(hook),
    }
    done = run(sys.executable, "-c", code, **given)
    assert done.stdout.split() == [PRODUCTION["SECRET_KEY"], "provider:secret"]
    done = run(sys.executable, "-c", code, **given | {"SECRET_KEY_FILE": "/nowhere"})
    assert "SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr
