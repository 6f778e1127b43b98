"""Calendar entries as other programs read them: right hours in every zone, nothing broken out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest

from portal import calendars
from portal.registry import CalendarEntry

#: The first and the last hour of summer time, a zone whose summer lasts all but some weeks, one
#: that moves by half an hour, one that counts the other way round, and one that never changes.
ZONES = [
    "Europe/Stockholm",
    "America/New_York",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Asia/Tokyo",
]


def entry(**fields):
    starts_at = fields.pop("starts_at", datetime(2026, 11, 12, 9, tzinfo=UTC))
    return CalendarEntry(
        **{
            "uid": "event-1",
            "sequence": 3,
            "summary": "Demo Day",
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=2),
            "zone": "Europe/Stockholm",
            "changed_at": datetime(2026, 10, 1, 8, tzinfo=UTC),
        }
        | fields
    )


def read(text):
    calendar = icalendar.Calendar.from_ical(text)
    assert [part.errors for part in calendar.walk() if part.errors] == []
    return calendar


@pytest.mark.parametrize("name", ZONES)
def test_the_file_knows_every_change_of_the_clocks_to_the_second(name):
    zone = ZoneInfo(name)
    noon = datetime(2026, 6, 15, 12, tzinfo=UTC)
    calendar = read(calendars.as_ics([entry(zone=name, starts_at=noon)]))
    (timezone,) = calendar.timezones
    known = timezone.to_tz(lookup_tzid=False)
    instant, end = datetime(2025, 7, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)
    wrong = []
    while instant < end:
        there = instant.astimezone(zone).replace(tzinfo=None)
        twice = (
            instant.astimezone(zone).fold or (instant + timedelta(hours=1)).astimezone(zone).fold
        )
        if not twice and there.replace(tzinfo=known).utcoffset() != (
            instant.astimezone(zone).utcoffset()
        ):
            wrong.append(instant)
        instant += timedelta(minutes=30)
    assert wrong == []


def test_summer_begins_at_the_hour_the_clock_shows_before_it():
    text = calendars.as_ics([entry(starts_at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC))])
    assert "DTSTART:20250330T020000\r\nRDATE:20260329T020000,20270328T020000" in text
    assert "DTSTART;TZID=Europe/Stockholm:20260329T033000" in text


def test_entry_is_told_in_its_zone_with_a_name_for_ever_and_its_version():
    (event,) = read(calendars.as_ics([entry(path="/events/demo-day/")])).events
    assert event["uid"].startswith("event-1@")
    assert event["sequence"] == 3
    assert event["dtstart"].params["TZID"] == "Europe/Stockholm"
    assert f"{event['dtstart'].dt:%Y-%m-%d %H:%M}" == "2026-11-12 10:00"
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(hours=2)
    assert event["dtstamp"].dt == event["last-modified"].dt == datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert event["status"] == "CONFIRMED"
    assert str(event["url"]).endswith("/events/demo-day/")
    assert str(event["description"]).endswith("/events/demo-day/")
    assert str(event["organizer"]).startswith("mailto:")


def test_cancelled_entry_stays_and_says_so():
    (event,) = read(calendars.as_ics([entry(cancelled=True)])).events
    assert event["status"] == "CANCELLED"
    assert event["summary"] == "Cancelled: Demo Day"
    assert event["transp"] == "TRANSPARENT"


def test_deadline_stands_at_an_instant_and_takes_no_time():
    (event,) = read(calendars.as_ics([entry(ends_at=None)])).events
    assert "dtend" not in event
    assert "duration" not in event
    assert event["transp"] == "TRANSPARENT"
    assert event.subcomponents == []


def test_words_break_nothing_and_lines_are_folded_by_octets():
    evil = "A; b, c\\d\r\nBEGIN:VALARM\r\nTRIGGER:PT0S\r\nEND:VALARM\x00\x0b\u2028X " + "é" * 200
    text = calendars.as_ics(
        [entry(summary=evil, description=evil, location=evil, path="/a/?b=1;c,d")], name=evil
    )
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\nBEGIN:VALARM" not in text
    assert "\x00" not in text
    (event,) = read(text).events
    assert event.subcomponents == []
    assert event["summary"].startswith("A; b, c\\d BEGIN:VALARM TRIGGER:PT0S END:VALARM X é")
    assert event["description"].startswith("A; b, c\\d\nBEGIN:VALARM\n")
    assert "é" * 200 in event["location"]


def test_each_zone_stands_once_before_the_entries_and_utc_needs_none():
    text = calendars.as_ics(
        [entry(), entry(uid="b"), entry(uid="c", zone="Asia/Tokyo"), entry(uid="d", zone="UTC")]
    )
    assert text.count("BEGIN:VTIMEZONE") == 2
    assert text.rindex("END:VTIMEZONE") < text.index("BEGIN:VEVENT")
    assert "DTSTART:20261112T090000Z" in text


def test_calendar_of_nothing_is_a_calendar():
    assert read(calendars.as_ics([], name="Mine")).events == []


def test_file_is_one_that_calendar_programs_open():
    answer = calendars.ics_response([entry()], "demo-day.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="demo-day.ics"'
    assert read(answer.content).method == "PUBLISH"


def test_same_entries_are_the_same_text():
    first = calendars.as_ics([entry()])
    assert first == calendars.as_ics([entry()])
    assert calendars.etag_of(first) != calendars.etag_of(calendars.as_ics([entry(sequence=4)]))
    assert date(2026, 11, 12) == read(first).events[0]["dtstart"].dt.date()
