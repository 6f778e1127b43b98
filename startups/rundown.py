"""What the time makes of a running order: planned hours, and those to expect from what happened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from typing import Any


class Phase(StrEnum):
    """How far a pitch has come."""

    WAITING = "waiting"
    ON_STAGE = "on_stage"
    OVER = "over"


@dataclass(frozen=True)
class Slot:
    """One pitch as it stands in the order, and what happened to it."""

    key: Any
    length: timedelta
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def phase(self) -> Phase:
        """Waiting, on the stage, over."""
        if self.started_at is None:
            return Phase.WAITING
        return Phase.ON_STAGE if self.ended_at is None else Phase.OVER


@dataclass(frozen=True)
class Turn:
    """One pitch with its planned hour and the one to expect."""

    key: Any
    phase: Phase
    planned_at: datetime
    starts_at: datetime
    ends_at: datetime

    @property
    def late_by(self) -> timedelta:
        """How much later than planned; negative where staff began early."""
        return self.starts_at - self.planned_at


def rundown(slots: Sequence[Slot], *, begins_at: datetime, now: datetime) -> list[Turn]:
    """The turns in the order of the slots.

    A pitch that waits begins as soon as those that have begun are over, one after the other, never
    before ``now`` and never before it was promised: who comes for 14:10 is there at 14:10.
    """
    free_at = max([now, *(_end_of(slot, now) for slot in slots if slot.started_at is not None)])
    planned_at = begins_at
    turns = []
    for slot in slots:
        if slot.started_at is not None:
            starts_at, ends_at = slot.started_at, _end_of(slot, now)
        else:
            starts_at = max(planned_at, free_at)
            ends_at = free_at = starts_at + slot.length
        turns.append(Turn(slot.key, slot.phase, planned_at, starts_at, ends_at))
        planned_at += slot.length
    return turns


def _end_of(slot: Slot, now: datetime) -> datetime:
    """When it ended, or is to end; a pitch that overruns ends now at the earliest."""
    assert slot.started_at is not None
    return slot.ended_at or max(slot.started_at + slot.length, now)


def on_stage(turns: Sequence[Turn]) -> Turn | None:
    """Who speaks now."""
    return next((turn for turn in turns if turn.phase == Phase.ON_STAGE), None)


def up_next(turns: Sequence[Turn]) -> Turn | None:
    """Who is to speak next."""
    return next((turn for turn in turns if turn.phase == Phase.WAITING), None)
