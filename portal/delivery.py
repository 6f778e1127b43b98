"""Delivery: takes a letter out of the outbox, hands it to the mail server, says what came of it."""

from __future__ import annotations

import logging
import random
import threading
from datetime import timedelta
from email.utils import formataddr, parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connections, transaction
from django.db.models import F

from portal.choices import OutboxState
from portal.models import ClockNow, OutboxMessage

if TYPE_CHECKING:
    from django.core.mail.backends.base import BaseEmailBackend

logger = logging.getLogger(__name__)

#: Seconds until the next attempt; after the last one the letter is undelivered and staff decide.
BACKOFF = (30, 60, 300, 900, 3_600, 4 * 3_600, 12 * 3_600, 24 * 3_600)
PERMANENT_FROM = 500


def deliver_due(*, limit: int = 200) -> int:
    """Send what is due, codes first, and answer how many letters were taken up.

    Each letter is locked, sent and marked in a transaction of its own, so any number of workers
    may do this at once and a worker that dies gives its letter back.
    """
    connection = get_connection(fail_silently=False)
    taken = 0
    while taken < limit and _deliver_next(connection):
        taken += 1
    if taken:
        connection.close()
    return taken


#: One thread of a process delivers; a second would wait for the same letters.
_beside = threading.Lock()


def deliver_beside() -> None:
    """Deliver in a thread of this process, for the time when no worker can be woken.

    Somebody who waits for a sign-in code must not wait for the broker's return.
    """
    if _beside.acquire(blocking=False):
        threading.Thread(target=_deliver_and_release, daemon=True, name="deliver").start()


def _deliver_and_release() -> None:
    try:
        deliver_due()
    except Exception:
        logger.exception("delivery beside the web failed; the sweep will deliver")
    finally:
        _beside.release()
        connections.close_all()


@transaction.atomic
def _deliver_next(connection: BaseEmailBackend) -> bool:
    """Send one letter; whether there was one.

    A crash between sending and marking sends the letter twice. That is the better mistake: the
    Message-ID is the same, and a lost decision would be worse than a second copy.
    """
    message = (
        OutboxMessage.objects.due()
        .select_related("recipient")
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    )
    if message is None:
        return False
    try:
        connection.send_messages([as_mail(message)])
    except Exception as error:  # noqa: BLE001 -- whatever fails, the letter stays and says why
        _postpone(message, error)
    else:
        OutboxMessage.objects.filter(pk=message.pk).update(
            state=OutboxState.SENT,
            sent_at=ClockNow(),
            attempts=F("attempts") + 1,
            last_error="",
        )
    return True


def as_mail(message: OutboxMessage) -> EmailMultiAlternatives:
    """The letter as a mail, with a Message-ID that is the same at each attempt."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=formataddr((message.sender_name or settings.SITE_NAME, address)),
        to=[message.to_address],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": f"<{message.pk}@{address.rpartition('@')[2]}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def _postpone(message: OutboxMessage, error: Exception) -> None:
    attempts = message.attempts + 1
    reason = _in_words(error)
    logger.warning("letter %s was not delivered: %s", message.pk, type(error).__name__)
    if _is_permanent(error) or attempts > len(BACKOFF):
        OutboxMessage.objects.filter(pk=message.pk).update(
            state=OutboxState.FAILED, attempts=attempts, last_error=reason
        )
        return
    wait = BACKOFF[attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311 -- spreads retries
    OutboxMessage.objects.filter(pk=message.pk).update(
        attempts=attempts,
        last_error=reason,
        available_at=ClockNow() + timedelta(seconds=wait),
    )


def _is_permanent(error: Exception) -> bool:
    """Whether the mail server said that trying again is of no use."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= PERMANENT_FROM for code, _words in error.recipients.values())
    return isinstance(error, SMTPResponseException) and error.smtp_code >= PERMANENT_FROM


def _in_words(error: Exception) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        return "; ".join(
            f"{code} {words.decode(errors='replace')}" for code, words in error.recipients.values()
        )
    if isinstance(error, SMTPResponseException):
        words = error.smtp_error
        said = words.decode(errors="replace") if isinstance(words, bytes) else words
        return f"{error.smtp_code} {said}"
    if isinstance(error, (SMTPException, OSError)):
        return f"The mail server could not be reached ({type(error).__name__}: {error})"
    return f"{type(error).__name__}: {error}"
