"""Verbs about letters: codes, sending again, the sweep."""

from __future__ import annotations

import logging
import re
import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal import audit, outbox
from portal.choices import Lane, OutboxState
from portal.delivery import deliver_due
from portal.models import (
    ClockNow,
    Heartbeat,
    OutboxMessage,
    User,
)
from portal.notices import Letter
from portal.registry import registry
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

#: What `new_token` makes, wherever it stands in a letter.
SECRET = re.compile(r"(?<=/)[A-Za-z0-9_-]{43}(?=/|\b)")


@transaction.atomic
def resend_letter(*, message: OutboxMessage, by: User) -> OutboxMessage:
    """Send an undelivered letter again, to the person's present address."""
    if not by.has_perm("portal.resend_outboxmessage", message):
        raise StepRefused(_("You may not send this letter."), permission=True)
    message = (
        OutboxMessage.objects.select_for_update(of=("self",))
        .select_related("recipient")
        .get(pk=message.pk)
    )
    if message.state == OutboxState.PENDING:
        raise StepRefused(_("This letter is waiting to be sent already."))
    if message.state == OutboxState.SENT:
        raise StepRefused(_("This letter was sent already."))
    if message.recipient is not None:
        message.to_address = message.recipient.email
    message.state = OutboxState.PENDING
    message.attempts = 0
    message.sent_at = None
    message.save(update_fields=["to_address", "state", "attempts", "sent_at"])
    OutboxMessage.objects.filter(pk=message.pk).update(available_at=ClockNow())
    audit.record(message, "resend-letter", actor=by)
    outbox.wake_up_after_commit()
    return message


def without_secrets(text: str) -> str:
    """A letter's text as staff may read it: the secret in a link stays with its reader."""
    return SECRET.sub("…", text)


def sweep() -> None:
    """Everything that is due by the clock, each part on its own so that none stops the others."""
    for part in registry.due:
        try:
            part()
        except Exception:
            logger.exception("a part of the sweep failed: %s", getattr(part, "__name__", part))
    deliver_due(limit=1_000)
    Heartbeat.objects.update_or_create(name="sweep", defaults={"at": timezone.now()})


def post_code(
    *,
    subject: str,
    paragraphs: list[str],
    to: str,
    action: tuple[str, str] | None,
    user: User | None,
    facts: Sequence[tuple[str, str]] = (),
) -> None:
    """Write a letter of the sign-in pages (a code, a reset link) in the fastest lane."""
    language = user.language if user else translation.get_language() or "en-gb"
    with transaction.atomic(), translation.override(language):
        outbox.post(
            Letter(
                subject=subject,
                heading=subject,
                paragraphs=paragraphs,
                facts=list(facts),
                action=action,
            ),
            to=to,
            dedup_key=f"code:{secrets.token_hex(16)}",
            lane=Lane.CODE,
            notice="sign_in",
            recipient=user,
        )
