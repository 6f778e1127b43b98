"""Quiet hours: for any zone, deadline and ladder, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, strategies as st

from portal import quiet

#: The clocks change at 2, at 2, at midnight and by half an hour; two never do.
ZONES = (
    "Europe/Zurich", "America/New_York", "America/Santiago", "Australia/Lord_Howe",
    "Asia/Kathmandu", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Tokyo", "Africa/Cairo",
)  # fmt: skip
zones = st.sampled_from(ZONES)
instants = st.integers(0, 3 * 366 * 24 * 3600).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
ladders = st.lists(st.integers(1, 40 * 24 * 60), min_size=1, max_size=8, unique=True).map(
    lambda minutes: sorted((timedelta(minutes=one) for one in minutes), reverse=True)
)


@pytest.fixture(autouse=True)
def _hours(settings):
    settings.QUIET_FROM, settings.QUIET_UNTIL = time(21), time(8)
    settings.DIGEST_AT = time(8)


def is_night(at, zone):
    """As somebody says it who looks at the clock on the wall."""
    wall = at.astimezone(ZoneInfo(zone)).time()
    return wall >= time(21) or wall < time(8)


@given(ends=instants, zone=zones, ladder=ladders)
@example(  # 23:59 in Tokyo is 07:59 in San Francisco
    datetime(2026, 12, 1, 14, 59, tzinfo=UTC), "America/Los_Angeles", [timedelta(hours=3)]
)
@example(datetime(2027, 9, 5, 4, 30, tzinfo=UTC), "America/Santiago", [timedelta(hours=3)])
@example(datetime(2026, 10, 3, 16, 0, tzinfo=UTC), "Australia/Lord_Howe", [timedelta(hours=1)])
def test_no_letter_at_night_none_late_and_all_in_order(ends, zone, ladder):
    due = [ends - before for before in ladder]
    goes = [quiet.awake(at, zone, before=ends) for at in due]
    assert not [at for at in goes if is_night(at, zone)]
    assert all(at < ends for at in goes)
    assert goes == sorted(goes)
    for at, moved in zip(due, goes, strict=True):
        assert moved == at or is_night(at, zone) or at - moved <= quiet.AHEAD
        assert abs(moved - at) <= timedelta(hours=12)


@given(at=instants, zone=zones)
def test_what_has_no_deadline_is_held_to_the_morning(at, zone):
    moved = quiet.awake(at, zone)
    if is_night(at, zone):
        assert moved.astimezone(ZoneInfo(zone)).time() == time(8)
        assert timedelta() < moved - at <= timedelta(hours=12)
    else:
        assert moved == at


@given(ends=instants, zone=zones, minutes=st.integers(1, 600), past=st.integers(0, 600))
def test_planned_too_late_for_the_evening_it_goes_when_it_is_due(ends, zone, minutes, past):
    at = ends - timedelta(minutes=minutes)
    now = at - timedelta(minutes=past)
    moved = quiet.awake(at, zone, before=ends, now=now)
    assert moved < ends
    assert moved == at or moved > now
    if is_night(moved, zone):
        assert moved == at
        assert quiet.awake(at, zone, before=ends) <= now


def test_last_hours_in_tokyo_come_the_evening_before_in_san_francisco():
    ends = datetime(2026, 12, 1, 14, 59, tzinfo=UTC)
    moved = quiet.awake(ends - timedelta(hours=3), "America/Los_Angeles", before=ends)
    assert moved.astimezone(ZoneInfo("America/Los_Angeles")) == datetime(
        2026, 11, 30, 20, 45, tzinfo=ZoneInfo("America/Los_Angeles")
    )
    # Two hours later it is late enough to wait for the morning.
    later = ends + timedelta(hours=2)
    held = quiet.awake(later - timedelta(hours=3), "America/Los_Angeles", before=later)
    assert held.astimezone(ZoneInfo("America/Los_Angeles")).time() == time(8)


def test_same_hour_twice_means_no_quiet_hours(settings):
    settings.QUIET_FROM = settings.QUIET_UNTIL = time(0)
    at = datetime(2026, 12, 1, 3, tzinfo=UTC)
    assert quiet.awake(at, "Europe/Zurich") == at
    assert not quiet.is_quiet(at, "Europe/Zurich")


def test_hours_that_do_not_cross_midnight(settings):
    settings.QUIET_FROM, settings.QUIET_UNTIL = time(12), time(14)
    at = datetime(2026, 12, 1, 12, 30, tzinfo=UTC)
    assert quiet.awake(at, "UTC") == at.replace(hour=14, minute=0)
    assert quiet.is_quiet(at, "UTC")
    assert not quiet.is_quiet(at.replace(hour=22), "UTC")


@given(now=instants, zone=zones)
def test_digest_comes_next_morning_once_a_day(now, zone):
    at = quiet.next_digest(now, zone)
    assert timedelta() < at - now <= timedelta(hours=25)
    assert at.astimezone(ZoneInfo(zone)).time() == time(8)
    assert quiet.next_digest(at, zone) - at >= timedelta(hours=23)
