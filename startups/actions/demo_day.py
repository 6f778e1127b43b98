"""Verbs of staff around a Demo Day: who pitches in which order, and until when decks are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit, clock, outbox
from portal.workflow import Step, StepRefused, lock_row
from startups.choices import TAKEN
from startups.models import DemoDay, Pitch
from startups.notices.demo_day import DeckDeadlineMoved, LateDeckAllowed
from startups.reminders.demo_day import plan_demo_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from portal.models import User

#: What staff set in the running order.
COLUMNS = ("presenter", "minutes", "question_minutes", "language")


def lock_demo_day(demo_day: DemoDay, by: User, permission: str = "startups.change_demoday") -> Any:
    """The Demo Day, locked and read again, if the person may run it."""
    lock_row(DemoDay, demo_day.pk, "NO KEY UPDATE")
    locked = DemoDay.objects.select_related("event__programme", "cohort__programme").get(
        pk=demo_day.pk
    )
    if not by.has_perm(permission, locked):
        raise StepRefused(_("You may not do this."), permission=True)
    return locked


@transaction.atomic
def take_cohort_in(*, demo_day: DemoDay, by: User) -> int:
    """One pitch for each startup that takes part and has none yet, by group and name."""
    locked = lock_demo_day(demo_day, by)
    places = (
        locked.cohort.held_places.filter(state__in=TAKEN)
        .exclude(pk__in=locked.pitches.values("place"))
        .select_related("group", "startup")
    )
    wanted = sorted(
        places,
        key=lambda place: (
            place.group is None,
            place.group.name if place.group else "",
            place.startup.name.casefold(),
        ),
    )
    last = max((pitch.order for pitch in locked.pitches.all()), default=0)
    language = (locked.event.languages or ["en"])[0]
    Pitch.objects.bulk_create(
        [
            Pitch(demo_day=locked, place=place, order=number, language=language)
            for number, place in enumerate(wanted, start=last + 1)
        ]
    )
    if wanted:
        audit.record(locked, "take-cohort-in", actor=by, facts={"count": len(wanted)})
        plan_demo_day(locked)
    return len(wanted)


@transaction.atomic
def arrange(*, demo_day: DemoDay, rows: Mapping[UUID, Mapping[str, Any]], by: User) -> None:
    """Set order, presenter, minutes and language; only what differs is written.

    Whoever gets a number that another has goes before them on the way up, behind on the way down.
    """
    locked = lock_demo_day(demo_day, by)
    pitches = list(locked.pitches.select_for_update(no_key=True).order_by("order", "created_at"))
    changed = False
    for pitch in pitches:
        row = rows.get(pitch.pk, {})
        fields = [name for name in COLUMNS if name in row and getattr(pitch, name) != row[name]]
        for name in fields:
            setattr(pitch, name, row[name])
        if fields:
            pitch.save(update_fields=fields)
            changed = True

    def place_wished(pitch: Pitch) -> tuple[int, int]:
        number = rows.get(pitch.pk, {}).get("order", pitch.order)
        return number, (number > pitch.order) - (number < pitch.order)

    wished = sorted(pitches, key=place_wished)
    changed = _number(wished) or changed
    if changed:
        audit.record(locked, "arrange", actor=by)


@transaction.atomic
def move_pitch(*, pitch: Pitch, up: bool, by: User) -> None:
    """Change places with the pitch before or after it."""
    locked = lock_demo_day(pitch.demo_day, by)
    pitches = list(locked.pitches.select_for_update(no_key=True).in_order())
    here = next((number for number, one in enumerate(pitches) if one.pk == pitch.pk), None)
    if here is None:
        return
    there = here - 1 if up else here + 1
    if 0 <= there < len(pitches):
        pitches[here], pitches[there] = pitches[there], pitches[here]
        _number(pitches)
        audit.record(locked, "arrange", actor=by)


def _number(pitches: list[Pitch]) -> bool:
    """Number them from one; whether any number changed."""
    moved = [(number, one) for number, one in enumerate(pitches, start=1) if one.order != number]
    for number, pitch in moved:
        pitch.order = number
        pitch.save(update_fields=["order"])
    return bool(moved)


@transaction.atomic
def move_decks(*, demo_day: DemoDay, due_at: datetime, reason: str, by: User) -> DemoDay:
    """Take decks until another instant, tell those who write, and remind them of the new one.

    Decks that were frozen already are free again until then.

    Raises:
        StepRefused: the instant is past, or the person does not run the cohort.
    """
    locked: DemoDay = lock_demo_day(demo_day, by)
    now, before = clock.database_now(), locked.deck_due_at
    if due_at <= now:
        raise StepRefused(_("That hour has passed. Choose a later one."))
    if due_at == before:
        raise StepRefused(_("Decks are due at that hour already."))
    locked.deck_due_at, locked.decks_frozen_at = due_at, None
    locked.deck_version += 1
    locked.save(update_fields=["deck_due_at", "decks_frozen_at", "deck_version"])
    locked.pitches.exclude(frozen_deck=None).update(frozen_deck=None)
    entry = audit.record(
        locked,
        "move-decks",
        actor=by,
        reason=reason,
        facts={"before": before.isoformat(), "after": due_at.isoformat()},
    )
    if locked.is_announced:
        pitches = locked.pitches.in_order().select_related("place__startup", "deck")
        for pitch in pitches:
            pitch.demo_day = locked
            step: Step[Any] = Step(record=pitch, actor=by, at=now, reason=reason)
            step.entry = entry
            outbox.tell(DeckDeadlineMoved(), step, programme=locked.event.programme)
    plan_demo_day(locked)
    return locked


@transaction.atomic
def let_hand_in_late(*, pitch: Pitch, until: datetime, reason: str, by: User) -> Pitch:
    """Take one startup's deck after the deadline, and tell it so.

    Raises:
        StepRefused: the hour is no later than its deadline, or has passed.
    """
    locked = lock_demo_day(pitch.demo_day, by)
    lock_row(Pitch, pitch.pk, "NO KEY UPDATE")
    pitch = Pitch.objects.select_related("place__startup", "place__cohort", "deck").get(pk=pitch.pk)
    pitch.demo_day = locked
    now = clock.database_now()
    if until <= now:
        raise StepRefused(_("That hour has passed. Choose a later one."))
    if until <= locked.deck_due_at:
        raise StepRefused(_("Decks are taken until then anyway. Choose a later hour."))
    pitch.late_until = until
    pitch.save(update_fields=["late_until"])
    step: Step[Any] = Step(record=pitch, actor=by, at=now, reason=reason)
    step.entry = audit.record(
        pitch, "let-hand-in-late", actor=by, reason=reason, facts={"until": until.isoformat()}
    )
    outbox.tell(LateDeckAllowed(), step, programme=locked.event.programme)
    return pitch
