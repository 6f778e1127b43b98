"""Writing letters: inbox and outbox rows in the transaction of the change that causes them."""

from __future__ import annotations

import logging
import re
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from portal import calendars, quiet
from portal.choices import Lane, OutboxState
from portal.delivery import deliver_beside
from portal.models import (
    EVERY_OPTIONAL,
    InboxNotice,
    NotificationPreference,
    OutboxMessage,
    Reminder,
)
from portal.registry import registry
from portal.unsubscribe import stop_hash, stop_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from portal.models import Programme, User
    from portal.notices import Letter, Notice
    from portal.registry import Reword

logger = logging.getLogger(__name__)

#: What may wait for a morning: codes and receipts never do, and results are mandatory.
MAY_WAIT = frozenset({Lane.NEWS, Lane.REMINDER})


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
    unseen: bool = False,
) -> OutboxMessage | None:
    """Put a letter into the outbox; ``None`` where the same letter is there already.

    Raises:
        RuntimeError: outside a transaction, where a crash could lose the letter or the change.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A letter is written in the transaction of the change it tells of.")
    key = uuid.uuid4()
    text, html = lay_out(letter, programme=programme, stop=stop_url(key) if may_be_stopped else "")
    message = OutboxMessage(
        id=key,
        stop_hash=stop_hash(key) if may_be_stopped else "",
        dedup_key=dedup_key,
        lane=lane,
        notice=notice,
        recipient=recipient,
        to_address=to,
        text=text,
        html=html,
        **_envelope(letter, programme=programme, subject=subject, reply_to=reply_to, unseen=unseen),
    )
    written = OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    wake_up_after_commit()
    return written[0] if written else None


def _envelope(
    letter: Letter, *, programme: Programme | None, subject: Any, reply_to: str, unseen: bool
) -> dict[str, Any]:
    """What the row of a letter says beside its words."""
    return {
        "reply_to": reply_to or (programme.mailbox if programme else ""),
        "sender_name": f"{programme.name} – {settings.SITE_NAME}" if programme else "",
        "subject": letter.subject[:250],
        "calendar": calendars.as_ics([letter.calendar]) if letter.calendar else "",
        "programme_id": programme.pk if programme and not unseen else None,
        "startup_id": getattr(subject, "startup_key", None),
        "subject_type": subject._meta.label_lower if subject is not None else "",
        "subject_id": subject.pk if subject is not None else None,
    }


def tell(notice: Notice, step: Any, *, programme: Programme | None) -> None:
    """Write one inbox notice and one letter to each recipient, each in their language and zone."""
    tell_each([(notice, step, programme)])


def tell_each(told: Iterable[tuple[Notice, Any, Programme | None]]) -> None:
    """Tell of several things at once: as many statements as for one, however many people read.

    Raises:
        RuntimeError: outside a transaction, where a crash could lose the letter or the change.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A letter is written in the transaction of the change it tells of.")
    written: list[tuple[Notice, Any, Programme | None, list[User]]] = []
    for notice, step, programme in told:
        readers = _each_once(notice.recipients(step))
        if notice.spread:
            _plan(notice, step, readers)
        else:
            written.append((notice, step, programme, readers))
    _write(written)


def tell_readers(
    notice: Notice, step: Any, readers: Sequence[User], *, programme: Programme | None
) -> None:
    """Tell some of those who are to be told: what a step has planned is written in parts."""
    _write([(notice, step, programme, list(readers))])


def _plan(notice: Notice, step: Any, readers: Sequence[User]) -> None:
    """A row for each reader, from which the sweep writes the letter; its version is the entry."""
    record = step.record
    Reminder.objects.bulk_create(
        [
            Reminder(
                kind=notice.name,
                subject_type=record._meta.label_lower,
                subject_id=record.pk,
                programme_id=record.programme_key,
                recipient_id=reader.pk,
                version=step.entry.pk,
                due_at=step.at,
            )
            for reader in readers
        ],
        batch_size=1_000,
        ignore_conflicts=True,
    )
    if readers:
        wake_up_after_commit()


def _write(parts: Sequence[tuple[Notice, Any, Programme | None, list[User]]]) -> None:
    wishes = _wishes_of(
        reader
        for notice, _step, _programme, readers in parts
        if notice.by_mail and not notice.mandatory
        for reader in readers
    )
    notices: list[InboxNotice] = []
    letters: list[OutboxMessage] = []
    own = own_words([(notice, step) for notice, step, _programme, _readers in parts])
    for (notice, step, programme, readers), words_here in zip(parts, own, strict=True):
        telling = Telling(notice, step, programme, words_here)
        for reader in readers:
            wish = wishes.get(reader.pk)
            words = telling.compose(reader)
            notices.append(telling.notice_for(reader, words))
            if notice.by_mail and (wish is None or wish.by_mail(notice.name)):
                letters.append(telling.letter_for(reader, words, wish))
    InboxNotice.objects.bulk_create(notices, batch_size=500, ignore_conflicts=True)
    OutboxMessage.objects.bulk_create(letters, batch_size=200, ignore_conflicts=True)
    if letters:
        wake_up_after_commit()


def own_words(told: Sequence[tuple[Notice, Any]]) -> list[Mapping[str, Reword]]:
    """Staff's own words for each of the things told, by language; mostly there are none."""
    found: list[Mapping[str, Reword]] = [{} for _one in told]
    for ask in registry.wordings:
        for place, words in ask(told).items():
            found[place] = words
    return found


def compose(notice: Notice, step: Any, reader: Any) -> Letter:
    """The letter as it would reach one reader: in staff's own words where there are any.

    Call it with the reader's language and zone active.
    """
    [own] = own_words([(notice, step)])
    letter, reword = notice.compose(step, reader), own.get(reader.language)
    return reword(letter, step, reader) if reword else letter


@dataclass
class Words:
    """A letter for one reader, laid out."""

    key: UUID
    letter: Letter
    text: str
    html: str


@dataclass
class Telling:
    """One thing that is told, as the rows it becomes for each of its readers."""

    notice: Notice
    step: Any
    programme: Programme | None
    #: Staff's own words for it, by language.
    own: Mapping[str, Reword] = field(default_factory=dict)
    #: What those of one language and zone read alike.
    known: dict[tuple[str, str], Words] = field(default_factory=dict)

    @property
    def may_be_stopped(self) -> bool:
        """Whether the letter carries a link that stops its kind."""
        return not self.notice.mandatory

    def compose(self, reader: User) -> Words:
        """The letter in the reader's language and zone."""
        reword = self.own.get(reader.language)
        # Staff's own words may name the reader.
        alike = self.notice.alike and not self.may_be_stopped and reword is None
        place = (reader.language, reader.time_zone)
        key = uuid.uuid4()
        if alike and (known := self.known.get(place)) is not None:
            return replace(known, key=key)
        with translation.override(reader.language), timezone.override(reader.zone):
            letter = self.notice.compose(self.step, reader)
            letter = reword(letter, self.step, reader) if reword else letter
            stop = stop_url(key) if self.may_be_stopped else ""
            words = Words(key, letter, *lay_out(letter, programme=self.programme, stop=stop))
        if alike:
            self.known[place] = words
        return words

    def notice_for(self, reader: User, words: Words) -> InboxNotice:
        """The row of the inbox."""
        letter, record = words.letter, self.step.record
        return InboxNotice(
            recipient=reader,
            event_key=self.notice.event_key(self.step),
            notice=self.notice.name,
            subject=letter.subject[:250],
            body="\n\n".join(letter.paragraphs),
            url=letter.action[1] if letter.action else "",
            subject_type=record._meta.label_lower,
            subject_id=record.pk,
            startup_id=record.startup_key,
        )

    def letter_for(self, reader: User, words: Words, wish: Wish | None) -> OutboxMessage:
        """The row of the outbox: what leaves now, after the reader's night, or in the digest.

        None is held past its deadline; one whose deadline is near goes by itself, at night if need
        be.
        """
        state, leaves_at = OutboxState.PENDING, held_until(self.notice, self.step, reader)
        if wish is not None and wish.in_digest and self.notice.lane in MAY_WAIT:
            digest, until = quiet.next_digest(self.step.at, reader.zone), self._until
            if until is None or digest + quiet.ENOUGH <= until:
                state, leaves_at = OutboxState.DIGEST, digest
        return OutboxMessage(
            id=words.key,
            stop_hash=stop_hash(words.key) if self.may_be_stopped else "",
            dedup_key=f"{self.notice.event_key(self.step)}:{reader.pk}",
            lane=self.notice.lane,
            notice=self.notice.name,
            recipient=reader,
            to_address=reader.email,
            state=state,
            text=words.text,
            html=words.html,
            **({} if leaves_at is None else {"available_at": leaves_at}),
            **_envelope(
                words.letter,
                programme=self.programme,
                subject=self.step.record,
                reply_to=self.notice.reply_to(self.step),
                unseen=self.notice.unseen,
            ),
        )

    @property
    def _until(self) -> datetime | None:
        return self.notice.until(self.step)


def held_until(notice: Notice, step: Any, reader: User) -> datetime | None:
    """The end of the reader's night, where a letter would come in it and may wait for that."""
    if notice.mandatory or notice.lane not in MAY_WAIT:
        return None
    at = quiet.awake(step.at, reader.zone, before=notice.until(step), now=step.at)
    return at if at > step.at else None


@dataclass
class Wish:
    """What one person wants by mail of what they may refuse."""

    stopped: set[str] = field(default_factory=set)
    in_digest: bool = False
    comes_back: bool = False

    def by_mail(self, name: str) -> bool:
        """Whether letters of this kind are mailed at all; the inbox has them all the same."""
        return not (self.comes_back or self.stopped & {name, EVERY_OPTIONAL})


def _wishes_of(readers: Iterable[User]) -> dict[UUID, Wish]:
    """Wishes by reader, in one statement; what is mandatory is tried at every address."""
    wishes = {reader.pk: Wish(comes_back=reader.bounced_at is not None) for reader in readers}
    if not wishes:
        return wishes
    rows = NotificationPreference.objects.filter(user__in=list(wishes))
    for user, name, by_mail, in_digest in rows.values_list(
        "user_id", "notice", "by_mail", "in_digest"
    ):
        if not by_mail:
            wishes[user].stopped.add(name)
        elif name == EVERY_OPTIONAL:
            wishes[user].in_digest = in_digest
    return wishes


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
            deliver_beside(registry.soon)
