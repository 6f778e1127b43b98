"""Rows that have done their work and say nothing any more: swept out once an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Exists, OuterRef

from portal import clock
from portal.models import AnsweredRequest, ClockNow, Heartbeat, KnownDevice

if TYPE_CHECKING:
    from django.db.models import QuerySet

HOUR = timedelta(hours=1)
#: At most so many of each kind in one go, so that no statement takes long.
BATCH = 5_000


def tidy_if_due() -> int:
    """For the sweep: once an hour; what is left over goes with the next one."""
    now = clock.database_now()
    if Heartbeat.objects.filter(name="tidy", at__gt=now - HOUR).exists():
        return 0
    gone = tidy()
    Heartbeat.objects.update_or_create(name="tidy", defaults={"at": now})
    return sum(gone.values())


def tidy() -> dict[str, int]:
    """Drop what has expired, and say how much of which kind."""
    now = ClockNow()
    open_one = Session.objects.filter(session_key=OuterRef("session_key"))
    answered = timedelta(days=settings.ANSWERED_REQUEST_DAYS)
    return {
        "sessions": _drop(Session.objects.filter(expire_date__lt=now)),
        # Where somebody is signed in is shown from these; without their session they show nothing.
        "places of sign-in": _drop(UserSession.objects.filter(~Exists(open_one))),
        "known devices": _drop(KnownDevice.objects.filter(expires_at__lt=now)),
        "answers to forms": _drop(AnsweredRequest.objects.filter(created_at__lt=now - answered)),
        "kept values": _drop_kept_values(),
    }


def _drop(rows: QuerySet[Any]) -> int:
    keys = list(rows.values_list("pk", flat=True)[:BATCH])
    # Asked again: somebody may have lengthened one meanwhile.
    return rows.filter(pk__in=keys).delete()[0] if keys else 0


def _drop_kept_values() -> int:
    """Expired values of Django's cache, which it only clears when the table is full."""
    table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE cache_key IN (SELECT cache_key FROM {table}"  # noqa: S608
            " WHERE expires < clock_timestamp() LIMIT %s)",
            [BATCH],
        )
        return int(cursor.rowcount)
