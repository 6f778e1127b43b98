"""A record's history in the admin, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

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
    if fields := entry.facts.get("fields"):
        words += f": {', '.join(fields)}"
    if entry.from_state and entry.from_state != entry.to_state:
        words += f" ({entry.from_state} → {entry.to_state})".replace("_", " ")
    return words
