"""Verbs of a conversation between staff and a team: write, take a mail in, read, lay aside."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from challenges import replies
from challenges.models import LONGEST_MESSAGE, Application, Message, MessageReading
from challenges.notices.message import MessageReceived
from portal import audit, clock, outbox
from portal.models import ClockNow, User
from portal.workflow import Step, StepRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

#: More than this from one team in a day is no conversation.
FROM_A_TEAM_A_DAY = 30


@transaction.atomic
def write_message(
    *,
    application: Application,
    text: str,
    by: User,
    by_mail: bool = False,
    files_left: int = 0,
    mail_hash: str | None = None,
) -> Message:
    """Say something to the other side; it is told by a letter in the same transaction.

    Raises:
        StepRefused: the person neither writes the application nor runs its call, or said nothing.
    """
    if not by.has_perm("challenges.message_application", application):
        raise StepRefused(_("You may not do this."), permission=True)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise StepRefused(_("Write something first."))
    if len(text) > LONGEST_MESSAGE:
        raise StepRefused(
            _("A message has at most %(limit)d characters. Nothing was sent; shorten it.")
            % {"limit": LONGEST_MESSAGE}
        )
    from_staff = not application.has_reader(by)
    now = clock.database_now()
    today = Message.objects.filter(
        application=application, from_staff=False, created_at__gt=now - timedelta(days=1)
    )
    if not from_staff and today.count() >= FROM_A_TEAM_A_DAY:
        raise StepRefused(_("That is enough for one day. Wait for an answer, or telephone."))
    message = Message.objects.create(
        application=application,
        author=by,
        from_staff=from_staff,
        text=text,
        by_mail=by_mail,
        files_left=min(files_left, 99),
        mail_hash=mail_hash,
    )
    if not from_staff:
        _read_until_now(application, by, by_staff=False)
    step: Step[Any] = Step(
        record=message, actor=by, at=now, data={"by_mail": bool(replies.address_of(application.pk))}
    )
    step.entry = audit.record(message, "write", actor=by, facts={"from_staff": from_staff})
    outbox.tell(MessageReceived(), step, programme=application.call.programme)
    return message


def take_mail(
    *,
    to: str,
    sender: str,
    text: str,
    files: int,
    mail_id: str,
    headers: Mapping[str, str],
) -> Message | None:
    """Put an answer by mail on its application; ``None``, and a line in the log, for any other.

    The address in ``to`` was made for one conversation and nobody guesses it; the sender must be
    one of those who may write in it. Nobody is answered: a mail's sender is easily forged.
    """
    try:
        application, person = _whose(to=to, sender=sender, headers=headers)
    except StepRefused as refusal:
        _not_taken(str(refusal))
        return None
    said = replies.said_in(text)[:LONGEST_MESSAGE]
    # A provider that got no answer delivers again; the mail's own name tells.
    mark = hashlib.sha256(f"{application.pk}:{mail_id}".encode()).hexdigest() if mail_id else None
    if mark and Message.objects.filter(mail_hash=mark).exists():
        return None
    try:
        return write_message(
            application=application,
            text=said,
            by=person,
            by_mail=True,
            files_left=files,
            mail_hash=mark,
        )
    except IntegrityError:
        _not_taken("it was delivered twice in the same moment")
    except StepRefused as refusal:
        _not_taken(str(refusal))
    return None


def _whose(*, to: str, sender: str, headers: Mapping[str, str]) -> tuple[Application, User]:
    """The conversation and the person a mail is of, or why it is not taken."""
    if replies.is_automatic(headers):
        raise StepRefused("a program wrote it")
    key = replies.application_of(to)
    applications = Application.objects.select_related("call__programme", "startup")
    application = applications.filter(pk=key).first() if key else None
    if application is None:
        raise StepRefused("its address belongs to no application")
    person = User.objects.with_address(sender).filter(is_active=True).first()
    if person is None or not person.has_perm("challenges.message_application", application):
        raise StepRefused("its sender may not write there")
    return application, person


@transaction.atomic
def mark_read(*, application: Application, by: User) -> None:
    """Remember that a member of the team has seen the conversation so far."""
    _read_until_now(application, by, by_staff=False)


@transaction.atomic
def lay_aside(*, application: Application, by: User) -> None:
    """Say for all staff that the team's last message wants no answer."""
    if application.has_reader(by) or not by.has_perm("challenges.message_application", application):
        raise StepRefused(_("You may not do this."), permission=True)
    _read_until_now(application, by, by_staff=True)
    audit.record(application, "lay-message-aside", actor=by)


def _read_until_now(application: Application, by: User, *, by_staff: bool) -> None:
    MessageReading.objects.update_or_create(
        application=application, user=by, defaults={"read_at": ClockNow(), "by_staff": by_staff}
    )


def _not_taken(why: str) -> None:
    logger.info("a mail was not taken: %s", why)
