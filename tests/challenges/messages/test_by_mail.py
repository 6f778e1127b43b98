"""Answers that come by mail."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from challenges import replies
from challenges.actions.message import take_mail, write_message
from challenges.choices import ApplicationState as State
from challenges.models import Application, Message
from portal.choices import Role
from portal.models import OutboxMessage
from startups.choices import MemberRole
from tests.challenges.messages.steps import fresh
from tests.factories.challenges import make_application
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db


def mailed(application: Application, sender: str, text: str = "Mombasa.", **more: Any) -> Any:
    given: dict[str, Any] = {
        "to": replies.address_of(application.pk),
        "sender": sender,
        "text": text,
        "files": 0,
        "mail_id": "<1@example.org>",
        "headers": {},
    }
    return take_mail(**(given | more))


def test_replies_go_to_the_mailbox_where_no_mail_comes_in(application, manager, owner):
    write_message(application=fresh(application), text="x", by=manager)
    letter = OutboxMessage.objects.get(recipient=owner)
    assert letter.reply_to == application.call.programme.mailbox
    assert "simply answer this letter" not in letter.text
    assert mailed(application, owner.email, to="x@reply.example.org") is None


def test_answer_by_mail_lands_on_the_application(inbound, application, manager, owner):
    write_message(application=fresh(application), text="Which port?", by=manager)
    letter = OutboxMessage.objects.get(recipient=owner)
    assert letter.reply_to == replies.address_of(application.pk)
    assert "simply answer this letter" in letter.text
    assert len(letter.reply_to.partition("@")[0]) <= 64
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    text = f"Mombasa.\n\nOn Thu, 12 Nov 2026 at 09:00, Minato <x@example.org>\nwrote:\n{quoted}"
    message = mailed(application, owner.email.upper(), text, files=2)
    assert (message.text, message.by_mail, message.from_staff) == ("Mombasa.", True, False)
    assert message.author == owner
    told = OutboxMessage.objects.get(recipient=manager)
    assert "2 files hung on the mail and were not taken" in told.text
    # Delivered once more by the provider, it adds nothing.
    assert mailed(application, owner.email, text) is None
    assert Message.objects.count() == 2
    answer = mailed(application, manager.email, "Thank you.", mail_id="<2@example.org>")
    assert answer.from_staff


def test_address_is_not_guessed_and_binds_one_application(inbound, application, owner, settings):
    address = replies.address_of(application.pk)
    assert replies.application_of(address.upper()) == application.pk
    key, _dot, rest = address.partition(".")
    other = make_application(
        application.call,
        application.startup.__class__.objects.get(pk=make_application().startup_id),
        state=State.SUBMITTED,
    )
    for forged in (
        f"{other.pk.hex}.{rest}",
        f"{key}.{'a' * 24}@reply.example.org",
        address.replace("reply.example.org", "evil.example"),
        "nonsense",
        "",
    ):
        assert replies.application_of(forged) is None
        assert mailed(application, owner.email, to=forged) is None
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another " * 8
    assert replies.application_of(address) == application.pk
    settings.SECRET_KEY_FALLBACKS = []
    assert replies.application_of(address) is None
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"auto-submitted": "auto-generated; x=y"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "yes"},
        {"Return-Path": "<>"},
    ],
)
def test_programs_are_not_listened_to(inbound, application, owner, headers):
    assert mailed(application, owner.email, headers=headers) is None
    assert not Message.objects.exists()
    assert mailed(application, owner.email, headers={"Auto-Submitted": "no"})


def test_sender_must_be_one_who_may_write_there(inbound, programme, application):
    viewer = add_member(application.startup, role=MemberRole.VIEWER)
    gone = add_member(application.startup)
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    senders = [viewer, gone, make_user(), make_staff(programme, Role.CHAIR), make_staff()]
    for sender in [*(one.email for one in senders), "nobody@example.org", "", "x\0y@example.org"]:
        assert mailed(application, sender.replace("\0", "")) is None
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yes.\n\n-- \nWanjiku", "Yes."),
        ("Yes.\r\n> old\r\n", "Yes."),
        ("Yes.\n\n-----Original Message-----\nFrom: x\nold", "Yes."),
        ("Ja.\n\nAm 12.11.2026 um 09:00 schrieb Minato:\n> alt", "Ja."),
        ("Yes.\n\nFrom: Minato <x@example.org>\nSent: Thursday\nold", "Yes."),
        ("On Monday we sail.", "On Monday we sail."),
        ("On Mon, Minato wrote:\n> Which port?\nMombasa.", "Mombasa."),
        ("> only\n> quotes", ""),
        ("  \n", ""),
        ("a\0b", "ab"),
    ],
)
def test_only_what_was_said_is_kept(text, said):
    assert replies.said_in(text) == said


def test_a_mail_that_says_nothing_or_too_much(inbound, application, owner):
    assert mailed(application, owner.email, "> only quotes") is None
    assert len(mailed(application, owner.email, "x" * 30_000).text) == 10_000


def test_providers_webhook_brings_a_mail_in(inbound, application, owner, settings, rf):
    """As Postmark posts it; the secret is asked for by django-anymail before anything is read."""
    from django.core.exceptions import BadRequest  # noqa: PLC0415

    from challenges.views.inbound import mail_inbound  # noqa: PLC0415 -- needs the extra

    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "user:secret"}
    to = replies.address_of(application.pk)
    body = {
        "FromFull": {"Email": owner.email, "Name": "Wanjiku"},
        "From": owner.email,
        "ToFull": [{"Email": to, "Name": ""}],
        "To": to,
        "OriginalRecipient": to,
        "Subject": "Re: Message",
        "TextBody": "Mombasa.\n\n> Which port?",
        "Headers": [{"Name": "Message-ID", "Value": "<7@example.org>"}],
        "Attachments": [
            {
                "Name": "a.pdf",
                "Content": b64encode(b"%PDF").decode(),
                "ContentType": "application/pdf",
                "ContentLength": 4,
            }
        ],
    }

    def post(sent: Any, secret: str = "user:secret") -> Any:
        proof = b64encode(secret.encode()).decode()
        text = sent if isinstance(sent, str) else json.dumps(sent)
        request = rf.post(
            "/mail/inbound/",
            text,
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Basic {proof}",
        )
        return mail_inbound(request)

    from django.core.exceptions import SuspiciousOperation  # noqa: PLC0415

    with pytest.raises(SuspiciousOperation):
        post(body, "user:wrong")
    assert not Message.objects.exists()
    for _time in range(2):
        assert post(body).status_code == 200
    message = Message.objects.get()
    assert (message.text, message.files_left, message.author) == ("Mombasa.", 1, owner)
    for nonsense in ("[]", "{", "{}", '"x"'):
        try:
            assert post(nonsense).status_code == 200
        except (BadRequest, SuspiciousOperation):
            continue  # said so, and nothing fell over
    assert Message.objects.count() == 1
