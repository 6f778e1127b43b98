"""Verbs of the desk beside the stage: who speaks now. Each button says which pitch it means."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit, clock
from portal.workflow import StepRefused
from startups.actions.demo_day import lock_demo_day

if TYPE_CHECKING:
    from datetime import datetime

    from portal.models import User
    from startups.models import DemoDay, Pitch


#: The desk works so long before the day begins: a rehearsal must not stand in a timeline.
OPENS = timedelta(hours=2)


def _locked(pitch: Pitch, by: User) -> tuple[DemoDay, Pitch, datetime]:
    """One desk at a time: the Demo Day's row is held, and the clock read behind it."""
    demo_day = lock_demo_day(pitch.demo_day, by)
    fresh = demo_day.pitches.select_related("place__startup", "place__cohort").get(pk=pitch.pk)
    return demo_day, fresh, clock.database_now()


@transaction.atomic
def start_pitch(*, pitch: Pitch, by: User) -> bool:
    """Somebody goes on the stage, and whoever was there has ended; whether it began just now.

    A second press, or another desk's, finds it begun and changes nothing.
    """
    demo_day, fresh, now = _locked(pitch, by)
    if fresh.started_at is not None:
        return False
    event = demo_day.event
    if now < event.starts_at - OPENS:
        when = clock.in_words(event.starts_at, event.time_zone)
        raise StepRefused(
            _("The desk opens two hours before Demo Day, which begins %(when)s.") % {"when": when}
        )
    for other in demo_day.pitches.filter(started_at__isnull=False, ended_at=None).select_related(
        "place__startup", "place__cohort"
    ):
        _end(other, now, by)
    fresh.started_at = now
    fresh.save(update_fields=["started_at"])
    audit.record(fresh, "start-pitch", actor=by)
    return True


@transaction.atomic
def end_pitch(*, pitch: Pitch, by: User) -> bool:
    """They leave the stage; whether they did just now."""
    _demo_day, fresh, now = _locked(pitch, by)
    if fresh.started_at is None:
        raise StepRefused(_("This pitch has not begun yet."))
    if fresh.ended_at is not None:
        return False
    _end(fresh, now, by)
    return True


def _end(pitch: Pitch, now: datetime, by: User) -> None:
    pitch.ended_at = now
    pitch.save(update_fields=["ended_at"])
    audit.record(pitch, "pitch", actor=by)


@transaction.atomic
def take_back(*, pitch: Pitch, by: User) -> bool:
    """Started or ended by mistake: one press back; whether anything changed."""
    demo_day, fresh, _now = _locked(pitch, by)
    if fresh.ended_at is not None:
        if demo_day.pitches.filter(started_at__gt=fresh.started_at).exists():
            raise StepRefused(_("Somebody else has been on the stage since."))
        fresh.ended_at = None
    elif fresh.started_at is not None:
        fresh.started_at = None
    else:
        return False
    fresh.save(update_fields=["started_at", "ended_at"])
    audit.record(fresh, "take-back", actor=by)
    return True
