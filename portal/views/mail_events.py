"""News of letters from a mail provider: what came back, what arrived, what was called unwanted.

Loaded only where a provider is configured (`portal.settings.letters`), since django-anymail is an
extra. Its views check the provider's secret or signature before they read anything.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from anymail.signals import EventType, RejectReason, tracking

from portal import actions
from portal.webhooks import posted_by_the_provider

CAME_BACK = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED, EventType.COMPLAINED}
ARRIVED = {EventType.DELIVERED, EventType.OPENED, EventType.CLICKED}
#: These say nothing against the address.
SOFT = {RejectReason.TIMED_OUT, RejectReason.BLOCKED, RejectReason.OTHER}
MOST_WORDS = 1_000

mail_events = posted_by_the_provider("Tracking")


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
