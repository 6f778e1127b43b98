"""Delivery: takes a letter out of the outbox, hands it to the mail server, says what came of it."""

from __future__ import annotations

import logging
import random
import threading
import time
from contextlib import suppress
from datetime import timedelta
from email.mime.text import MIMEText
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import (
    NotSupportedError,
    ProgrammingError,
    connection as database,
    connections,
    transaction,
)
from django.db.models import F

from portal import audit, calendars, refusals
from portal.choices import HoldCause, Lane, OutboxState
from portal.models import ClockNow, Dispatch, OutboxMessage, User
from portal.unsubscribe import stop_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.core.mail.backends.base import BaseEmailBackend

logger = logging.getLogger(__name__)

#: Seconds until the next attempt; after the last one the letter is undelivered and staff decide.
BACKOFF = (30, 60, 300, 900, 3_600, 4 * 3_600, 12 * 3_600, 24 * 3_600)
#: Somebody sits and waits for a code.
CODE_BACKOFF = (2, 5, 15, *BACKOFF)
#: One go ends well before Celery would end it (`CELERY_TASK_TIME_LIMIT`) in the middle of a letter.
ONE_GO_SECONDS = 45.0
#: So many letters in a row that our own mail server did not take mean that it is away.
GIVE_UP_AFTER = 3


def deliver_due(*, limit: int = 200) -> int:
    """Send what is due, codes first, and answer how many letters were taken up.

    Each letter is locked, sent and marked in a transaction of its own, so any number of workers
    may do this at once and a worker that dies gives its letter back.
    """
    hold_if_restored()
    connection = get_connection(fail_silently=False)
    taken, in_vain, end = 0, 0, time.monotonic() + ONE_GO_SECONDS
    while taken < limit and in_vain < GIVE_UP_AFTER and time.monotonic() < end:
        reached = _deliver_next(connection)
        if reached is None:
            break
        taken += 1
        in_vain = 0 if reached else in_vain + 1
    if taken:
        _hang_up(connection)
    return 0 if in_vain == GIVE_UP_AFTER else taken


#: The cluster's own number and its line of time: the first differs in a database filled from a
#: dump, the second grows when a backup is brought to an instant, or another server takes over.
MARK = (
    "SELECT system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
    " FROM pg_control_system()"
)


def database_mark() -> str:
    """What tells this database from the one it was copied from; empty where it may not be read."""
    try:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(MARK)
            return str(cursor.fetchone()[0])
    except (ProgrammingError, NotSupportedError):
        logger.warning("the mark of the database cannot be read: a restore will not be noticed")
        return ""


def hold_if_restored() -> bool:
    """Hold the letters where this is another database than the one in which they last left.

    In a restored one letters wait that left long ago; nobody shall read them a second time.
    """
    mark = database_mark()
    if not mark or Dispatch.objects.filter(mark=mark).exists():
        return False
    with transaction.atomic():
        Dispatch.objects.bulk_create([Dispatch(mark=mark)], ignore_conflicts=True)
        known = Dispatch.objects.select_for_update().get()
        if known.mark == mark:
            return False
        row = Dispatch.objects.filter(pk=known.pk)
        if not settings.HOLD_AFTER_RESTORE:
            row.update(mark=mark)
            return False
        row.update(mark=mark, held_since=ClockNow(), cause=HoldCause.RESTORED)
        audit.record(known, "hold-letters", actor=None)
    logger.error("the database was restored or replaced: letters are held until they are released")
    return True


#: One thread of a process delivers; a second would wait for the same letters.
_beside = threading.Lock()


def deliver_beside(planned: Sequence[Callable[[], int]] = ()) -> None:
    """Deliver in a thread of this process, for the time when no worker can be woken.

    Somebody who waits for a sign-in code must not wait for the broker's return. Then the
    letters follow that steps have planned.
    """
    if _beside.acquire(blocking=False):
        threading.Thread(
            target=_deliver_and_release, args=(planned,), daemon=True, name="deliver"
        ).start()


def _deliver_and_release(planned: Sequence[Callable[[], int]]) -> None:
    try:
        deliver_due()
        if sum(write() for write in planned):
            deliver_due()
    except Exception:
        logger.exception("delivery beside the web failed; the sweep will deliver")
    finally:
        _beside.release()
        connections.close_all()


@transaction.atomic
def _deliver_next(connection: BaseEmailBackend) -> bool | None:
    """Send one letter; whether our mail server was reached, ``None`` where no letter was due.

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
        return None
    try:
        connection.send_messages([as_mail(message)])
    except Exception as error:  # noqa: BLE001 -- whatever fails, the letter stays and says why
        # A connection that failed once would fail for every letter after it.
        _hang_up(connection)
        _postpone(message, error)
        return not refusals.is_unreachable(error)
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=OutboxState.SENT,
        sent_at=ClockNow(),
        attempts=F("attempts") + 1,
        last_error="",
        why_not="",
    )
    _trust_again(message)
    return True


def _hang_up(connection: BaseEmailBackend) -> None:
    with suppress(Exception):
        connection.close()


def as_mail(message: OutboxMessage) -> EmailMultiAlternatives:
    """The letter as a mail, with a Message-ID that is the same at each attempt."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    headers = {
        "Message-ID": f"<{message.pk}@{address.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if message.stop_hash:
        # RFC 8058: mail programmes show a button that sends one POST, and nothing less stops it.
        headers["List-Unsubscribe"] = f"<{stop_url(message.pk)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=formataddr((message.sender_name or settings.SITE_NAME, address)),
        to=[message.to_address],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    if message.calendar:
        mail.attach(_as_invite(message.calendar))
    # A mail provider gives this back with its news of the letter; SMTP does not read it.
    mail.metadata = {"letter": str(message.pk)}  # type: ignore[attr-defined]
    return mail


def _as_invite(calendar: str) -> MIMEText:
    """The entry as a file that says by its type what it wants of the reader's calendar."""
    part = MIMEText(calendar, "calendar", "utf-8")
    part.set_param("method", calendars.METHOD)
    part.add_header("Content-Disposition", "attachment", filename="invite.ics")
    return part


def _postpone(message: OutboxMessage, error: Exception) -> None:
    attempts = message.attempts + 1
    said = {"last_error": refusals.words_of(error), "why_not": refusals.reason_of(error)}
    logger.warning("letter %s was not delivered: %s", message.pk, type(error).__name__)
    pauses = CODE_BACKOFF if message.lane == Lane.CODE else BACKOFF
    if refusals.is_permanent(error) or attempts > len(pauses):
        OutboxMessage.objects.filter(pk=message.pk).update(
            state=OutboxState.FAILED, attempts=attempts, **said
        )
        if refusals.is_about_the_address(error):
            mark_address(message)
        return
    wait = pauses[attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311 -- spreads retries
    OutboxMessage.objects.filter(pk=message.pk).update(
        attempts=attempts, available_at=ClockNow() + timedelta(seconds=wait), **said
    )


def mark_address(message: OutboxMessage) -> None:
    """Remember that letters to this person's address come back, if it is still theirs."""
    if message.recipient_id is not None:
        User.objects.filter(
            pk=message.recipient_id, email__iexact=message.to_address, bounced_at=None
        ).update(bounced_at=ClockNow())


def _trust_again(message: OutboxMessage) -> None:
    """The server that refused the address takes it now: the mark goes.

    What came back after it was taken says more than another taking; there news of its arrival or
    the person's own word is needed.
    """
    reader = message.recipient
    if reader is None or reader.bounced_at is None:
        return
    failed = OutboxMessage.objects.filter(
        recipient=reader, to_address__iexact=message.to_address, state=OutboxState.FAILED
    )
    if failed.exists() and not failed.filter(sent_at__isnull=False).exists():
        clear_address(message)


def clear_address(message: OutboxMessage) -> None:
    """Forget the mark: a letter to this address has arrived."""
    if message.recipient_id is not None:
        User.objects.filter(
            pk=message.recipient_id, email__iexact=message.to_address, bounced_at__isnull=False
        ).update(bounced_at=None)
