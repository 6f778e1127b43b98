"""The letter of the day: all that may wait, in one letter, for whoever wants it so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _, ngettext

from portal import clock, outbox, quiet
from portal.choices import Lane, OutboxState, WhyNot
from portal.models import EVERY_OPTIONAL, ClockNow, InboxNotice, OutboxMessage, User
from portal.notices import Letter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

#: What such a letter is called in rows; the link in its foot stops all that it may hold.
DIGEST = "digest"
#: One scheduler writes them at a time: two would share one reader's letters between them.
QUEUE = "portal.digest"
#: More than this nobody reads in one letter; the inbox has all.
MOST = 30


def write_digests(*, limit: int = 200) -> int:
    """Write the letters of the day that are due; answers how many readers were dealt with."""
    written = 0
    while written < limit and _write_next():
        written += 1
    return written


@transaction.atomic
def _write_next() -> bool:
    if not _is_my_turn():
        return False
    first = OutboxMessage.objects.for_digest().values_list("recipient_id", flat=True).first()
    if first is None:
        return False
    reader = User.objects.get(pk=first)
    # Who holds letters back at this moment has them: what is left is for the next round.
    waiting = list(
        OutboxMessage.objects.for_digest()
        .filter(recipient=reader)
        .select_for_update(of=("self",), skip_locked=True)
        .defer("html")
    )
    if not waiting:
        return False
    keys = [one.pk for one in waiting]
    if not reader.is_active or reader.bounced_at is not None or _refuses(reader):
        OutboxMessage.objects.filter(pk__in=keys).update(
            state=OutboxState.HELD_BACK, why_not=WhyNot.UNWANTED
        )
        return True
    OutboxMessage.objects.filter(pk__in=keys).update(digest=_post(reader, waiting))
    return True


def _is_my_turn() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [QUEUE])
        return bool(cursor.fetchone()[0])


def _refuses(reader: User) -> bool:
    return reader.preferences.filter(notice=EVERY_OPTIONAL, by_mail=False).exists()


def _post(reader: User, waiting: Sequence[OutboxMessage]) -> OutboxMessage | None:
    with translation.override(reader.language), timezone.override(reader.zone):
        return outbox.post(
            letter_of_the_day(reader, waiting),
            to=reader.email,
            # A letter stands in one digest alone, so its key makes the digest the same digest.
            dedup_key=f"{DIGEST}:{waiting[0].pk}",
            lane=Lane.NEWS,
            notice=DIGEST,
            recipient=reader,
            may_be_stopped=True,
        )


def letter_of_the_day(reader: User, waiting: Sequence[OutboxMessage]) -> Letter:
    """The letter; call it with the reader's language and zone active."""
    count = len(waiting)
    heading = ngettext("%d letter of the day", "%d letters of the day", count) % count
    notices = _notices_of(reader, waiting)
    paragraphs = [
        part for one in waiting[:MOST] for part in _told(one, notices.get(_event_of(one)))
    ]
    if count > MOST:
        left = count - MOST
        paragraphs.append(
            ngettext("%d more is in your inbox.", "%d more are in your inbox.", left) % left
        )
    return Letter(
        subject=waiting[0].subject if count == 1 else f"{heading}: {waiting[0].subject}",
        heading=heading,
        paragraphs=paragraphs,
        action=(_("Open my inbox"), reverse("inbox-list")),
        reason=_("You chose to get the letters that can wait once a day, in one."),
    )


def _event_of(message: OutboxMessage) -> str:
    return message.dedup_key.removesuffix(f":{message.recipient_id}")


def _notices_of(reader: User, waiting: Sequence[OutboxMessage]) -> dict[str, InboxNotice]:
    found: Any = InboxNotice.objects.filter(
        recipient=reader, event_key__in=[_event_of(one) for one in waiting]
    )
    return {one.event_key: one for one in found}


def _told(message: OutboxMessage, notice: InboxNotice | None) -> list[str]:
    """Subject, when it was written ("3 days left" counts from then), first sentence, way there."""
    written = clock.in_words(message.created_at, clock.reader_zone())
    parts = [f"{message.subject} ({written})"]
    if notice is not None and notice.body:
        parts.append(notice.body.split("\n\n", 1)[0])
    if notice is not None and notice.url:
        parts[-1] = f"{parts[-1]} {outbox.absolute(notice.url)}"
    return parts


@transaction.atomic
def move_digests(*, reader: User) -> None:
    """The reader lives elsewhere now, or wants their letters otherwise: what waits follows."""
    waiting = OutboxMessage.objects.filter(
        recipient=reader, state=OutboxState.DIGEST, digest=None
    ).select_for_update(of=("self",), skip_locked=True)
    keys: list[UUID] = list(waiting.values_list("pk", flat=True))
    if not keys:
        return
    if _refuses(reader):
        OutboxMessage.objects.filter(pk__in=keys).update(
            state=OutboxState.HELD_BACK, why_not=WhyNot.UNWANTED
        )
    elif reader.preferences.filter(notice=EVERY_OPTIONAL, in_digest=True).exists():
        at = quiet.next_digest(clock.database_now(), reader.zone)
        OutboxMessage.objects.filter(pk__in=keys).update(available_at=at)
    else:
        OutboxMessage.objects.filter(pk__in=keys).update(
            state=OutboxState.PENDING, available_at=ClockNow()
        )
        outbox.wake_up_after_commit()
