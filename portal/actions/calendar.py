"""Verbs about a person's calendar: one secret address, made, read and ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max, Q

from portal.actions.tokens import hash_of, new_token
from portal.models import AuditEntry, CalendarFeed, ClockNow, User
from portal.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from portal.registry import CalendarEntry

#: Programs ask every few minutes; that they do is noted this often.
NOTED_EVERY = timedelta(minutes=15)


@transaction.atomic
def make_feed(*, user: User) -> str:
    """A new address, of which only a hash is kept; the one before it ends."""
    User.objects.select_for_update().get(pk=user.pk)
    end_feed(user=user)
    token, token_hash = new_token()
    CalendarFeed.objects.create(user=user, token_hash=token_hash)
    return token


def end_feed(*, user: User) -> bool:
    """End the address; whether there was one."""
    mine = CalendarFeed.objects.visible_to(user).standing()
    return bool(mine.update(revoked_at=ClockNow()))


def feed_of(token: str) -> CalendarFeed | None:
    """The address with this secret, while it and its account stand."""
    return (
        CalendarFeed.objects.standing()
        .filter(token_hash=hash_of(token), user__is_active=True)
        .select_related("user")
        .first()
    )


def note_reading(feed: CalendarFeed) -> None:
    """Note that a program read it, at most every quarter of an hour."""
    long_ago = Q(read_at=None) | Q(read_at__lt=ClockNow() - NOTED_EVERY)
    CalendarFeed.objects.filter(long_ago, pk=feed.pk).update(read_at=ClockNow())


def entries_of(user: User) -> list[CalendarEntry]:
    """All that stands in a person's calendar, by its beginning.

    Whoever has the address has shown no second factor, so managing roles rest here.
    """
    user.come_without_factor()
    found = {entry.uid: entry for ask in registry.calendar for entry in ask(user)}
    return sorted(found.values(), key=lambda entry: (entry.starts_at, entry.uid))


def as_changed(
    records: Iterable[Any], entry_of: Callable[[Any], CalendarEntry]
) -> Iterator[CalendarEntry]:
    """The entries of records of one kind, changed when the trail says that they last were.

    Moving a thing leaves its state as it is, so the record alone does not know.
    """
    rows = list(records)
    if not rows:
        return
    told = AuditEntry.objects.filter(
        subject_type=rows[0]._meta.label_lower, subject_id__in=[row.pk for row in rows]
    )
    latest = dict(told.order_by().values_list("subject_id").annotate(last=Max("at")))
    for row in rows:
        entry = entry_of(row)
        at = latest.get(row.pk, entry.changed_at)
        yield replace(entry, changed_at=max(entry.changed_at, at))
