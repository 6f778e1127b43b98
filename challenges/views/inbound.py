"""Mail that comes in: the provider's webhook hands it over, an answer lands on its application.

Loaded only where a domain for answers and a provider with a secret are configured, since
django-anymail is an extra. Its view checks the secret or signature before it reads anything.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from anymail.signals import inbound
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.utils.html import strip_tags
from django.views.decorators.csrf import csrf_exempt

from challenges import replies
from challenges.actions.message import take_mail
from portal.http import over_https
from portal.views.mail_events import UNREADABLE

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)


def provider_view(provider: str) -> Any:
    """The view of django-anymail for the mail that one provider takes in."""
    module = import_module(f"anymail.webhooks.{provider}")
    kinds = ("InboundWebhookView", "CombinedWebhookView")
    found = [kind for name, kind in vars(module).items() if name.endswith(kinds)]
    own = [kind for kind in found if kind.__module__ == module.__name__]
    return own[0].as_view()


@csrf_exempt  # the provider has no form of ours; its secret or signature is the proof
@login_not_required
@over_https
def mail_inbound(request: HttpRequest) -> HttpResponse:
    """What the provider posts, checked and read by django-anymail."""
    try:
        answer: HttpResponse = provider_view(settings.MAIL_PROVIDER)(request)
    except UNREADABLE as error:
        # It passed the check of the secret and yet is no mail: say so, do not fall over.
        logger.warning("the mail provider's post was not understood: %s", type(error).__name__)
        raise BadRequest("not a mail") from error
    return answer


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
