"""Instants in words, in any zone, at any change of the clocks."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from portal import clock
from portal.models.user import zone_choices
from portal.validators import time_zones, validate_time_zone

INSTANT = datetime(2026, 11, 12, 14, 59, tzinfo=UTC)


def test_deadline_stands_in_both_zones():
    assert clock.in_words(INSTANT, "Asia/Tokyo") == "Thu 12 Nov 2026, 23:59 JST"
    assert clock.in_both_zones(INSTANT, "Asia/Tokyo", "Europe/Stockholm") == (
        "Thu 12 Nov 2026, 23:59 JST (15:59 your time, Stockholm)"
    )
    assert clock.for_reader(INSTANT, "Asia/Tokyo", "Asia/Tokyo") == ""


def test_day_is_said_where_it_is_another():
    later = datetime(2026, 11, 12, 16, 0, tzinfo=UTC)
    said = clock.for_reader(later, "Asia/Tokyo", "America/Antigua")
    assert said == "Thu 12 Nov, 12:00 your time, Antigua"


def test_zone_without_a_name_says_its_offset():
    assert clock.label_of(INSTANT, "Asia/Kathmandu") == "UTC+5:45"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (30, "less than a minute left"),
        (60, "1 minute left"),
        (11_520, "3 h 12 min left"),
        (3 * 86_400 + 4 * 3_600, "3 days 4 h left"),
    ],
)
def test_time_left_in_two_units(seconds, words):
    assert clock.time_left(seconds) == words


@pytest.mark.parametrize(
    "local",
    [datetime.fromisoformat("2026-03-29T02:30"), datetime.fromisoformat("2026-10-25T02:30")],
)
def test_hour_that_never_or_twice_comes_is_refused(local):
    with pytest.raises(ValueError, match="clocks in Stockholm change"):
        clock.instant_in("Europe/Stockholm", local)


@given(
    instant=st.datetimes(
        datetime.fromisoformat("2020-01-01"),
        datetime.fromisoformat("2035-01-01"),
        timezones=st.just(UTC),
    ),
    zone=st.sampled_from(
        [
            "Asia/Tokyo",
            "America/Antigua",
            "Australia/Lord_Howe",
            "Pacific/Kiritimati",
            "Asia/Kathmandu",
        ]
    ),
)
def test_wall_clock_and_instant_agree(instant, zone):
    local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    try:
        again = clock.instant_in(zone, local)
    except ValueError:
        return
    assert abs(again - instant) < timedelta(seconds=1)


def test_the_zones_are_read_once(monkeypatch):
    """Python opens some 600 files to list them, for each page that offers a choice."""
    time_zones()
    monkeypatch.delattr(zoneinfo, "available_timezones")
    validate_time_zone("Asia/Tokyo")
    assert ("Asia/Tokyo", "Asia/Tokyo") in zone_choices()
