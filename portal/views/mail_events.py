"""News of letters from a mail provider: what came back, what arrived, what was called unwanted.

Loaded only where a provider is configured (`portal.settings.letters`), since django-anymail is an
extra. Its views check the provider's secret or signature before they read anything.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import UUID

from anymail.signals import EventType, RejectReason, tracking
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import RawPostDataException
from django.views.decorators.csrf import csrf_exempt

from portal import actions
from portal.http import over_https

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

CAME_BACK = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED, EventType.COMPLAINED}
ARRIVED = {EventType.DELIVERED, EventType.OPENED, EventType.CLICKED}
#: These say nothing against the address.
SOFT = {RejectReason.TIMED_OUT, RejectReason.BLOCKED, RejectReason.OTHER}
MOST_WORDS = 1_000
#: What django-anymail raises at a post that it does not understand.
UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError),
    *(RecursionError, RawPostDataException),  # brackets too deep; a form where JSON should be
)


def provider_view(provider: str) -> Any:
    """The view of django-anymail for one provider's events."""
    module = import_module(f"anymail.webhooks.{provider}")
    kinds = ("TrackingWebhookView", "CombinedWebhookView")
    found = [kind for name, kind in vars(module).items() if name.endswith(kinds)]
    own = [kind for kind in found if kind.__module__ == module.__name__]
    return own[0].as_view()


@csrf_exempt  # the provider has no form of ours; its secret or signature is the proof
@login_not_required
@over_https
def mail_events(request: HttpRequest) -> HttpResponse:
    """What the provider posts, checked and read by django-anymail."""
    try:
        answer: HttpResponse = provider_view(settings.MAIL_PROVIDER)(request)
    except UNREADABLE as error:
        # It passed the check of the secret and yet is no event: say so, do not fall over.
        logger.warning("the mail provider's post was not understood: %s", type(error).__name__)
        raise BadRequest("not an event") from error
    return answer


def heard(event: Any, **_kwargs: Any) -> None:
    """Write one event down at the letter it speaks of."""
    letter = _letter_of(event)
    if letter is None:
        return
    words = _words_of(event)
    if event.event_type in CAME_BACK:
        actions.note_bounce(
            letter=letter,
            words=words,
            complained=event.event_type == EventType.COMPLAINED,
            for_good=_is_for_good(event),
        )
    elif event.event_type == EventType.DEFERRED:
        actions.note_delay(letter=letter, words=words)
    elif event.event_type in ARRIVED:
        actions.note_arrival(letter=letter)


tracking.connect(heard, dispatch_uid="portal.mail_events")


def _letter_of(event: Any) -> UUID | None:
    try:
        return UUID(str((event.metadata or {}).get("letter", "")))
    except ValueError:
        return None  # a mail that some other programme sent through the same account


def _words_of(event: Any) -> str:
    said = [str(part) for part in (event.mta_response, event.description) if part]
    words = " – ".join(said) or event.event_type
    return words.replace("\x00", "")[:MOST_WORDS]


def _is_for_good(event: Any) -> bool:
    """Whether it speaks against the address: not what passes, and not what is our own fault."""
    if event.event_type == EventType.COMPLAINED:
        return True
    if event.event_type == EventType.FAILED or event.reject_reason in SOFT:
        return False
    # Some providers' soft bounces are a bounce to anymail as well; their own word tells them apart.
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    told = {str(raw.get(name, "")).lower() for name in ("Type", "event", "type", "bounce_type")}
    return not any("soft" in word or "transient" in word for word in told)
