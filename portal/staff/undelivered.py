"""Letters that did not arrive, as staff must see them: who, why, and whom to call instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from portal.models import OutboxMessage, ProgrammeStaff
from portal.registry import registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from django.db.models import Q

    from portal.models import User

#: More than these are not read on a record's page; the list of letters has them all.
MOST = 10


@dataclass(frozen=True)
class Undelivered:
    """One letter that did not arrive, with the way to its reader."""

    message: OutboxMessage
    telephones: tuple[str, ...]

    @property
    def url(self) -> str:
        """The letter's page, where it is sent again."""
        return reverse("admin:portal_outboxmessage_change", args=[self.message.pk])


def telephones_of(messages: Iterable[OutboxMessage]) -> Mapping[UUID, tuple[str, ...]]:
    """How to reach the reader of each letter otherwise: their own number, then their team's."""
    messages = list(messages)
    own: dict[UUID, set[str]] = {}
    readers = {message.recipient_id for message in messages if message.recipient_id}
    if readers:
        held = ProgrammeStaff.objects.filter(user__in=readers).exclude(telephone="")
        for person, telephone in held.values_list("user_id", "telephone"):
            own.setdefault(person, set()).add(telephone)
    startups = {message.startup_id for message in messages if message.startup_id}
    teams: dict[UUID, list[str]] = {}
    if startups:
        for ask in registry.telephones:
            for startup, lines in ask(startups).items():
                teams.setdefault(startup, []).extend(lines)
    return {
        message.pk: (
            *(sorted(own.get(message.recipient_id, ())) if message.recipient_id else ()),
            *(teams.get(message.startup_id, ()) if message.startup_id else ()),
        )
        for message in messages
    }


def undelivered(user: User, about: Q) -> list[Undelivered]:
    """The newest letters of a record that did not arrive, as far as the person may see letters."""
    if not user.has_perm("portal.view_outboxmessage"):
        return []
    letters = (
        OutboxMessage.objects.visible_to(user)
        .undelivered()
        .filter(about)
        .select_related("recipient")
        .defer("text", "html")
        .order_by("-created_at")
    )
    found = list(letters[:MOST])
    telephones = telephones_of(found)
    return [Undelivered(message, telephones[message.pk]) for message in found]
