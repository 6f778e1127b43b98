"""Mail that comes in: the provider's webhook hands it over, an answer lands on its application.

Loaded only where a domain for answers and a provider with a secret are configured, since
django-anymail is an extra. Its view checks the secret or signature before it reads anything.
"""

from __future__ import annotations

import logging
from typing import Any

from anymail.signals import inbound
from django.utils.html import strip_tags

from challenges import replies
from challenges.actions.message import take_mail
from portal.webhooks import posted_by_the_provider

logger = logging.getLogger(__name__)

mail_inbound = posted_by_the_provider("Inbound")


def arrived(event: Any, **_kwargs: Any) -> None:
    """Hand one mail on; of its addresses the one that belongs to an application."""
    mail = event.message
    spoken = [mail.envelope_recipient, *(one.addr_spec for one in (*mail.to, *mail.cc))]
    ours = [one for one in spoken if one and replies.application_of(one) is not None]
    sender = mail.from_email
    if not ours or sender is None:
        logger.info("a mail was not taken: its address belongs to no application")
        return
    take_mail(
        to=ours[0],
        sender=sender.addr_spec,
        text=mail.text or strip_tags(mail.html or ""),
        files=len(mail.attachments),
        mail_id=str(mail.get("Message-ID", "")).strip(),
        headers={name: str(value) for name, value in mail.items()},
    )


inbound.connect(arrived, dispatch_uid="challenges.inbound")
