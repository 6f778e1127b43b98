"""A record's history in the admin, as sentences."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from portal import clock
from portal.models import AuditEntry

if TYPE_CHECKING:
    from django.db import models


def history_of(record: models.Model) -> list[dict[str, Any]]:
    """A record's history for the timeline, newest first."""
    entries = AuditEntry.objects.about(record).select_related("actor").order_by("-id")[:100]
    return [
        {
            "when": entry.at,
            "text": sentence_of(entry),
            "who": entry.actor.shown_name if entry.actor else _("the portal"),
            "reason": entry.reason,
        }
        for entry in entries
    ]


def sentence_of(entry: AuditEntry) -> str:
    """The verb as words; the facts that matter behind it."""
    words = entry.verb.replace("-", " ").capitalize()
    named = [*entry.facts.get("fields", []), *entry.facts.get("rows", [])]
    if named:
        words += f": {', '.join(named)}"
    if entry.facts.get("before") and entry.facts.get("after"):
        words += f": {instant_of(entry.facts['before'])} → {instant_of(entry.facts['after'])}"
    if entry.from_state and entry.from_state != entry.to_state:
        words += f" ({entry.from_state} → {entry.to_state})".replace("_", " ")
    return words


def instant_of(text: str) -> str:
    """An instant of the trail in the reader's zone."""
    return clock.in_words(datetime.fromisoformat(text), clock.reader_zone())
