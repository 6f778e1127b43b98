"""JSON that Python cannot read, though it is well-formed: numbers too long, brackets too deep."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.portal import make_user
from tests.portal.test_mail_events import SECRET, authorised

pytestmark = pytest.mark.django_db

unreadable = pytest.mark.parametrize(
    "sent",
    ["1" * 5_000, '{"id": ' + "9" * 5_000 + "}", "[" * 20_000],
    ids=["number", "number inside", "depth"],
)


@unreadable
@pytest.mark.parametrize("name", ["mfa_login_webauthn", "mfa_add_webauthn"])
def test_no_passkey_breaks_a_page(name, sent, settings):
    settings.STAFF_SECOND_FACTOR = "optional"
    settings.REAUTHENTICATION_MINUTES = 0
    client = Client(raise_request_exception=False)
    if name == "mfa_add_webauthn":
        client.force_login(make_user(), backend=settings.AUTHENTICATION_BACKENDS[-1])
    answer = client.post(reverse(name), {"name": "Key", "credential": sent})
    assert answer.status_code < 500


@pytest.fixture
def postmark(settings):
    settings.ROOT_URLCONF = "tests.portal.mail_events_urls"
    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    return Client(raise_request_exception=False)


@unreadable
@pytest.mark.parametrize("address", ["/mail/events/", "/mail/inbound/"])
def test_no_news_of_a_provider_breaks_the_address(address, sent, postmark):
    answer = postmark.post(address, sent, content_type="application/json", **authorised())
    assert answer.status_code == 400


@pytest.mark.parametrize("address", ["/mail/events/", "/mail/inbound/"])
def test_a_form_where_json_should_be_is_a_bad_request(address, postmark):
    answer = postmark.post(address, {"deadline": "1"}, **authorised())
    assert answer.status_code == 400


@pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid")
def test_mail_that_comes_as_a_form_is_read(postmark, settings):
    """As SendGrid posts it: django-anymail reads the body first, so nobody may have before."""
    settings.MAIL_PROVIDER = "sendgrid"
    sent = {
        "headers": "From: a@example.org\nTo: b@example.org\nSubject: Hello\n",
        "text": "Hello",
        "envelope": '{"to": ["b@example.org"], "from": "a@example.org"}',
    }
    assert postmark.post("/mail/inbound/", sent, **authorised()).status_code == 200
