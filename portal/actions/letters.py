"""Verbs about letters: codes, sending again, the sweep."""

from __future__ import annotations

import logging
import re
import secrets
import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal import audit, outbox
from portal.choices import Lane, OutboxState, WhyNot
from portal.delivery import deliver_due
from portal.models import (
    ClockNow,
    Heartbeat,
    OutboxMessage,
    User,
)
from portal.notices import Letter
from portal.registry import registry
from portal.unsubscribe import stop_hash
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

#: What `new_token` makes, wherever it stands in a letter.
SECRET = re.compile(r"(?<=/)[A-Za-z0-9_-]{43}(?=/|\b)")


@transaction.atomic
def resend_letter(*, message: OutboxMessage, by: User) -> OutboxMessage:
    """Send an undelivered letter again, to the person's present address.

    What was written stays as written: to another address, or after the letter was handed over
    once, it goes as a new letter with a Message-ID of its own, beside the old one. A letter that no
    mail server ever took waits once more as it is.
    """
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
    if message.state == OutboxState.DIGEST:
        raise StepRefused(_("This letter comes with its reader’s letter of the day."))
    if message.why_not == WhyNot.OUTDATED:
        raise StepRefused(_("What this letter reminds of has moved or ended. It stays here."))
    if message.sent_again.exists():
        raise StepRefused(_("This letter was sent again already: see the newer one."))
    to = message.recipient.email if message.recipient else message.to_address
    if to == message.to_address and message.sent_at is None:
        OutboxMessage.objects.filter(pk=message.pk).update(
            state=OutboxState.PENDING,
            attempts=0,
            available_at=ClockNow(),
            last_error="",
            why_not="",
        )
        sent = message
    else:
        sent = _written_again(message, to)
    audit.record(message, "resend-letter", actor=by)
    outbox.wake_up_after_commit()
    return sent


def _written_again(message: OutboxMessage, to: str) -> OutboxMessage:
    """The same words once more, as a letter of its own."""
    kept = {
        name: getattr(message, name)
        for name in (
            *("lane", "notice", "recipient", "reply_to", "sender_name", "subject", "text", "html"),
            *("programme_id", "startup_id", "subject_type", "subject_id", "calendar"),
        )
    }
    key = uuid.uuid4()
    return OutboxMessage.objects.create(
        **kept,
        id=key,
        stop_hash=stop_hash(key) if message.stop_hash else "",
        to_address=to,
        dedup_key=f"again:{message.pk}",
        again_of=message,
    )


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
