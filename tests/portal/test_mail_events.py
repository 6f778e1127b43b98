"""A mail provider's news of letters, posted as two providers document it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client

from portal.choices import OutboxState, WhyNot
from portal.delivery import deliver_due
from portal.models import OutboxMessage
from tests.factories.portal import make_user
from tests.portal.test_letters import write

SECRET = "provider:a long secret"
SIGNING_KEY = "key-of-the-account"


@pytest.fixture
def reader(db):
    return make_user()


@pytest.fixture
def letter(reader):
    message = write(reader)
    deliver_due()
    return message


@pytest.fixture
def postmark(settings):
    settings.ROOT_URLCONF = "tests.portal.mail_events_urls"
    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


def authorised(secret=SECRET):
    return {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(secret.encode()).decode()}


def bounce_of(letter, **changes):
    """https://postmarkapp.com/developer/webhooks/bounce-webhook."""
    return {
        "RecordType": "Bounce",
        "MessageStream": "outbound",
        "ID": 4323372036854775807,
        "Type": "HardBounce",
        "TypeCode": 1,
        "Name": "Hard bounce",
        "Tag": "Test",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"letter": str(letter.pk)},
        "ServerID": 23,
        "Description": "The server was unable to deliver your message (ex: unknown user).",
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
        "Email": letter.to_address,
        "From": "portal@example.org",
        "BouncedAt": "2026-11-05T16:33:54.9070259Z",
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "Subject",
        "Content": "<Full dump of bounce>",
    } | changes


def post(body, **headers):
    client = Client(enforce_csrf_checks=True)
    raw = body if isinstance(body, str) else json.dumps(body)
    return client.post("/mail/events/", raw, content_type="application/json", **headers)


def test_without_configuration_there_is_no_such_address(client, db):
    assert post({}, **authorised()).status_code == 404


def test_hard_bounce_marks_letter_and_address(letter, reader, postmark):
    assert post(bounce_of(letter), **authorised()).status_code == 200
    letter.refresh_from_db()
    reader.refresh_from_db()
    assert (letter.state, letter.why_not) == (OutboxState.FAILED, WhyNot.ADDRESS)
    assert "does not exist" in letter.last_error
    assert letter.sent_at is not None
    assert reader.bounced_at is not None
    first = letter.bounced_at
    post(bounce_of(letter), **authorised())  # providers say everything at least once
    letter.refresh_from_db()
    assert letter.bounced_at == first


@pytest.mark.parametrize("secret", ["", "provider:another", "a long secret"])
def test_stranger_without_the_secret_marks_nothing(letter, reader, postmark, secret):
    headers = authorised(secret) if secret else {}
    assert post(bounce_of(letter), **headers).status_code == 400
    letter.refresh_from_db()
    assert letter.state == OutboxState.SENT


@pytest.mark.parametrize("kind", ["SoftBounce", "Transient", "DnsError", "AutoResponder"])
def test_what_passes_does_not_mark_the_address(letter, reader, postmark, kind):
    assert post(bounce_of(letter, Type=kind), **authorised()).status_code == 200
    reader.refresh_from_db()
    assert reader.bounced_at is None


def test_complaint_is_said_as_one(letter, reader, postmark):
    body = bounce_of(letter, RecordType="SpamComplaint", Type="SpamComplaint")
    post(body, **authorised())
    letter.refresh_from_db()
    reader.refresh_from_db()
    assert letter.why_not == WhyNot.COMPLAINT
    assert reader.bounced_at is not None


def test_delivery_clears_the_mark(letter, reader, postmark):
    post(bounce_of(letter), **authorised())
    second = write(reader, key="2")
    deliver_due()
    body = {
        "RecordType": "Delivery",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79484",
        "Recipient": second.to_address,
        "DeliveredAt": "2026-11-05T16:33:54.9070259Z",
        "Details": "Test delivery webhook details",
        "Metadata": {"letter": str(second.pk)},
    }
    assert post(body, **authorised()).status_code == 200
    reader.refresh_from_db()
    second.refresh_from_db()
    assert reader.bounced_at is None
    assert second.delivered_at is not None


@pytest.mark.parametrize(
    "body", ["", "[]", "{", "null", '"x"', '{"RecordType": 7}', '{"RecordType": "Bounce"}']
)
def test_nonsense_with_the_secret_is_no_error_of_ours(letter, postmark, body):
    assert post(body, **authorised()).status_code in {200, 400}


def test_letter_of_somebody_else_is_let_be(letter, reader, postmark):
    for metadata in ({}, {"letter": "x"}, {"letter": "00000000-0000-4000-8000-000000000000"}):
        body = bounce_of(letter, Metadata=metadata, Details="a\x00b")
        assert post(body, **authorised()).status_code == 200
    assert OutboxMessage.objects.get(pk=letter.pk).state == OutboxState.SENT


def test_letter_goes_through_the_providers_interface_with_its_key(reader, settings):
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    message = write(reader)
    deliver_due()
    (sent,) = mail.outbox
    assert sent.anymail_test_params["metadata"] == {"letter": str(message.pk)}
    message.refresh_from_db()
    assert message.state == OutboxState.SENT


# -- a provider that signs ------------------------------------------------------------------------


@pytest.fixture
def mailgun(settings):
    settings.ROOT_URLCONF = "tests.portal.mail_events_urls"
    settings.MAIL_PROVIDER = "mailgun"
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}


def failure_of(letter, *, severity="permanent", key=SIGNING_KEY):
    """https://documentation.mailgun.com/docs/mailgun/user-manual/events, signed as it says."""
    stamp, token = str(int(time.time())), "06c96bafc3f42a66b9edd546347a2fe18dc23461fe80dc52f0"
    digest = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": stamp, "token": token, "signature": digest},
        "event-data": {
            "event": "failed",
            "severity": severity,
            "reason": "bounce",
            "id": "pVqXGJWhTzysS9GpwF2hlQ",
            "timestamp": 1510843198.0,
            "recipient": letter.to_address,
            "user-variables": {"letter": str(letter.pk)},
            "delivery-status": {"code": 552, "message": "5.2.2 Mailbox full", "description": ""},
            "message": {"headers": {"message-id": "20171116143958.1.F3E4@example.org"}},
        },
    }


def test_signed_failure_is_believed(letter, reader, mailgun):
    assert post(failure_of(letter)).status_code == 200
    letter.refresh_from_db()
    reader.refresh_from_db()
    assert (letter.state, letter.why_not) == (OutboxState.FAILED, WhyNot.FULL)
    assert reader.bounced_at is not None


def test_signature_with_another_key_is_refused(letter, mailgun):
    assert post(failure_of(letter, key="another")).status_code == 400
    assert OutboxMessage.objects.get(pk=letter.pk).state == OutboxState.SENT


def test_temporary_failure_keeps_the_letter_sent(letter, reader, mailgun):
    assert post(failure_of(letter, severity="temporary")).status_code == 200
    letter.refresh_from_db()
    reader.refresh_from_db()
    assert (letter.state, letter.why_not) == (OutboxState.SENT, WhyNot.BUSY)
    assert reader.bounced_at is None


# -- configuration --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({}, "django.core.mail.backends.smtp.EmailBackend False"),
        ({"MAIL_PROVIDER": "postmark", "ANYMAIL_POSTMARK_SERVER_TOKEN": "x"}, "postmark False"),
        ({"MAIL_PROVIDER": "postmark", "ANYMAIL_WEBHOOK_SECRET": SECRET}, "postmark True"),
        ({"ANYMAIL_WEBHOOK_SECRET": SECRET}, "smtp False"),
    ],
)
def test_provider_is_chosen_by_the_environment(extra, expected):
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANYMAIL")}
    env |= {"MAIL_DIR": "", "EMAIL_URL": "smtp://localhost:25", "MAIL_PROVIDER": "", **extra}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from portal.settings import letters as l; print(l.EMAIL_BACKEND, l.MAIL_EVENTS)",
        ],
        env=env,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    backend, _space, events = expected.rpartition(" ")
    assert backend in done.stdout
    assert done.stdout.split()[-1] == events


def test_unknown_provider_stops_with_its_name():
    env = {**os.environ, "MAIL_PROVIDER": "pigeon"}
    done = subprocess.run(
        [sys.executable, "-c", "import portal.settings.letters"],
        env=env,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "MAIL_PROVIDER has a bad value: pigeon" in done.stderr
