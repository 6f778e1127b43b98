"""The running order and the time: whatever happens, nobody is lost and none overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st

from startups.rundown import Phase, Slot, on_stage, rundown, up_next

BEGIN = datetime(2026, 11, 12, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def slots(*lengths: int) -> list[Slot]:
    return [Slot(key, length * MINUTE) for key, length in enumerate(lengths)]


@st.composite
def shows(draw):
    """An order of which some have pitched one after the other; and what time it is."""
    lengths = draw(st.lists(st.integers(1, 60), min_size=1, max_size=12))
    order = draw(st.permutations(range(len(lengths))))
    begun = draw(st.integers(0, len(lengths)))
    happened: dict[int, tuple[datetime, datetime | None]] = {}
    clock = at(draw(st.integers(-30, 90)))
    for number, key in enumerate(order[:begun]):
        start = clock + draw(st.integers(0, 30)) * MINUTE
        clock = start + draw(st.integers(0, 90)) * MINUTE
        on = number == begun - 1 and draw(st.booleans())
        happened[key] = (start, None if on else clock)
    now = clock + draw(st.integers(0, 120)) * MINUTE
    made = [
        Slot(key, length * MINUTE, *happened.get(key, (None, None)))
        for key, length in enumerate(lengths)
    ]
    return made, now


@given(shows())
def test_expected_times_hold_whatever_happened(show):
    made, now = show
    turns = rundown(made, begins_at=BEGIN, now=now)
    assert [turn.key for turn in turns] == [slot.key for slot in made]
    waiting = [turn for turn in turns if turn.phase == Phase.WAITING]
    busy_until = max([now, *(turn.ends_at for turn in turns if turn.phase != Phase.WAITING)])
    for slot, turn in zip(made, turns, strict=True):
        assert turn.ends_at >= turn.starts_at
        if slot.started_at is not None:
            assert turn.starts_at == slot.started_at  # what happened is never rewritten
            assert slot.ended_at is None or turn.ends_at == slot.ended_at
        else:
            assert turn.starts_at >= max(turn.planned_at, busy_until)
            assert turn.ends_at - turn.starts_at == slot.length
    for before, after in pairwise(waiting):
        assert after.starts_at >= before.ends_at
        # No pause but the one that keeps a promise.
        assert after.starts_at in {before.ends_at, after.planned_at}
    if waiting:
        assert waiting[0].starts_at in {busy_until, waiting[0].planned_at}


@given(shows(), st.integers(1, 240))
def test_later_now_makes_nobody_earlier(show, minutes):
    made, now = show
    before = rundown(made, begins_at=BEGIN, now=now)
    after = rundown(made, begins_at=BEGIN, now=now + minutes * MINUTE)
    for first, second in zip(before, after, strict=True):
        assert timedelta(0) <= second.starts_at - first.starts_at <= minutes * MINUTE


@given(st.lists(st.integers(1, 60), max_size=12))
def test_plan_stands_while_nothing_happened(lengths):
    turns = rundown(slots(*lengths), begins_at=BEGIN, now=BEGIN)
    assert [turn.starts_at for turn in turns] == [
        at(sum(lengths[:number])) for number in range(len(lengths))
    ]
    assert all(turn.late_by == timedelta(0) for turn in turns)


def test_delay_ripples_through_all_that_wait():
    first, second, third = slots(5, 5, 5)
    begun = Slot(first.key, first.length, at(4))
    turns = rundown([begun, second, third], begins_at=BEGIN, now=at(6))
    assert [turn.starts_at for turn in turns] == [at(4), at(9), at(14)]
    overrun = rundown([begun, second, third], begins_at=BEGIN, now=at(12))
    assert [turn.starts_at for turn in overrun] == [at(4), at(12), at(17)]
    assert [turn.late_by for turn in overrun] == [4 * MINUTE, 7 * MINUTE, 7 * MINUTE]


def test_time_made_good_is_not_promised_away():
    first, second = slots(5, 5)
    over = Slot(first.key, first.length, at(0), at(2))
    assert [turn.starts_at for turn in rundown([over, second], begins_at=BEGIN, now=at(2))] == [
        at(0),
        at(5),
    ]


def test_who_is_on_and_who_is_next():
    first, second, third = slots(5, 5, 5)
    skipped = [first, Slot(1, second.length, at(1)), third]
    turns = rundown(skipped, begins_at=BEGIN, now=at(2))
    assert on_stage(turns) is turns[1]
    assert up_next(turns) is turns[0]  # who was absent comes as soon as they are there
    assert on_stage([]) is up_next([]) is None
