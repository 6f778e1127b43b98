"""Writing letters: inbox and outbox rows in the transaction of the change that causes them."""

from __future__ import annotations

import logging
import re
import uuid
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from portal import calendars
from portal.delivery import deliver_beside
from portal.models import EVERY_OPTIONAL, InboxNotice, NotificationPreference, OutboxMessage
from portal.unsubscribe import stop_hash, stop_url

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from portal.choices import Lane
    from portal.models import Programme, User
    from portal.notices import Letter, Notice

logger = logging.getLogger(__name__)


def lay_out(letter: Letter, *, programme: Programme | None, stop: str = "") -> tuple[str, str]:
    """The letter as plain text and as HTML; ``stop`` is the address that ends this kind."""
    label, path = letter.action or ("", "")
    context = {
        "heading": letter.heading,
        "paragraphs": letter.paragraphs,
        "facts": letter.facts,
        "action_label": label,
        "action_url": absolute(path) if path else "",
        "ask": letter.ask,
        "reason": letter.reason,
        "stop_url": stop,
        "programme_name": programme.name if programme else "",
        "SITE_NAME": settings.SITE_NAME,
        "SITE_TAGLINE": settings.SITE_TAGLINE,
        "SITE_DEMO": settings.DEMO,
        "SITE_URL": settings.SITE_URL,
    }
    return (
        re.sub(r"\n{3,}", "\n\n", render_to_string("mail/letter.txt", context)).strip() + "\n",
        render_to_string("mail/letter.html", context),
    )


def absolute(path: str) -> str:
    """A path of this site as an address, from the settings and never from a request's headers."""
    return path if path.startswith(("http://", "https://")) else f"{settings.SITE_URL}{path}"


def post(
    letter: Letter,
    *,
    to: str,
    dedup_key: str,
    lane: Lane,
    notice: str,
    recipient: User | None = None,
    programme: Programme | None = None,
    subject: Any = None,
    may_be_stopped: bool = False,
    reply_to: str = "",
) -> OutboxMessage | None:
    """Put a letter into the outbox; ``None`` where the same letter is there already.

    Raises:
        RuntimeError: outside a transaction, where a crash could lose the letter or the change.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A letter is written in the transaction of the change it tells of.")
    key = uuid.uuid4()
    stop = stop_url(key) if may_be_stopped else ""
    text, html = lay_out(letter, programme=programme, stop=stop)
    message = OutboxMessage(
        id=key,
        stop_hash=stop_hash(key) if may_be_stopped else "",
        dedup_key=dedup_key,
        lane=lane,
        notice=notice,
        recipient=recipient,
        to_address=to,
        reply_to=reply_to or (programme.mailbox if programme else ""),
        sender_name=f"{programme.name} – {settings.SITE_NAME}" if programme else "",
        subject=letter.subject[:250],
        text=text,
        html=html,
        calendar=calendars.as_ics([letter.calendar]) if letter.calendar else "",
        programme_id=programme.pk if programme else None,
        startup_id=getattr(subject, "startup_key", None),
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
    )
    written = OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    wake_up_after_commit()
    return written[0] if written else None


def tell(notice: Notice, step: Any, *, programme: Programme | None) -> None:
    """Write one inbox notice and one letter to each recipient, each in their language and zone."""
    event_key = notice.event_key(step)
    readers = _each_once(notice.recipients(step))
    unmailed = _without_mail(notice, readers)
    for reader in readers:
        with translation.override(reader.language), timezone.override(reader.zone):
            letter = notice.compose(step, reader)
            InboxNotice.objects.bulk_create(
                [
                    InboxNotice(
                        recipient=reader,
                        event_key=event_key,
                        notice=notice.name,
                        subject=letter.subject[:250],
                        body="\n\n".join(letter.paragraphs),
                        url=letter.action[1] if letter.action else "",
                        subject_type=step.record._meta.label_lower,
                        subject_id=step.record.pk,
                        startup_id=step.record.startup_key,
                    )
                ],
                ignore_conflicts=True,
            )
            if notice.by_mail and reader.pk not in unmailed:
                post(
                    letter,
                    to=reader.email,
                    dedup_key=f"{event_key}:{reader.pk}",
                    lane=notice.lane,
                    notice=notice.name,
                    recipient=reader,
                    programme=programme,
                    subject=step.record,
                    may_be_stopped=not notice.mandatory,
                    reply_to=notice.reply_to(step),
                )


def _without_mail(notice: Notice, readers: list[User]) -> set[UUID]:
    """Who does not want letters of this kind by mail, and where they only come back.

    The inbox has them all the same, and what is mandatory is tried at every address.
    """
    if notice.mandatory or not notice.by_mail:
        return set()
    stopped = NotificationPreference.objects.filter(
        user__in=readers, notice__in=[notice.name, EVERY_OPTIONAL], by_mail=False
    )
    return {
        *stopped.values_list("user_id", flat=True),
        *(reader.pk for reader in readers if reader.bounced_at is not None),
    }


def _each_once(people: Iterable[User]) -> list[User]:
    return list({person.pk: person for person in people}.values())


def wake_up_after_commit() -> None:
    """Hint to a worker, once a transaction, that a letter waits; the sweep finds it anyway."""
    waiting = [entry[1] for entry in connection.run_on_commit]
    if wake_up not in waiting:
        transaction.on_commit(wake_up)


def wake_up() -> None:
    """Ask a worker to deliver what is due. A broker that is down costs a moment, never a letter."""
    try:
        current_app.send_task("portal.deliver_due", retry=False, task_id=str(uuid.uuid4()))
    except Exception as error:  # noqa: BLE001 -- any failure of the broker means only "later"
        logger.warning("no worker was woken (%s); the letters wait", type(error).__name__)
        if settings.DELIVER_WITHOUT_WORKER:
            deliver_beside()
