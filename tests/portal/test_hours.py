"""Hours that come twice or never: refused with the choices, and one of them can be picked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from hypothesis import given, strategies as st

from portal import clock
from portal.forms.hours import WallClockField, is_flipped, read_hours, show_readings

ZONES = [
    "Europe/Zurich",
    "America/New_York",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
]
ZURICH = "Europe/Zurich"
FIRST, LAST = datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2034-01-01")


class Form(forms.Form):
    """One hour on the wall of a zone."""

    at = WallClockField()

    def __init__(self, *args, zone, **kwargs):
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean(self):
        super().clean()
        read_hours(self, ["at"], self.zone)
        return self.cleaned_data


def changes_of(zone: str) -> list[datetime]:
    """The instants at which the clocks of a zone change in those years."""
    there, found = ZoneInfo(zone), []
    day = FIRST.replace(tzinfo=UTC)
    while day < LAST.replace(tzinfo=UTC):
        low, high = day, day + timedelta(days=1)
        if low.astimezone(there).utcoffset() != high.astimezone(there).utcoffset():
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(there).utcoffset() == low.astimezone(there).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.replace(microsecond=0))
        day += timedelta(days=1)
    return found


CHANGES = {zone: changes_of(zone) for zone in ZONES}


def near_a_change(zone: str) -> st.SearchStrategy[datetime]:
    """Wall clocks around the changes, where there are any, and anywhere else."""
    anywhere = st.datetimes(FIRST, LAST)
    if not CHANGES[zone]:
        return anywhere
    near = st.builds(
        lambda change, minutes: (
            (change + timedelta(minutes=minutes))
            .astimezone(ZoneInfo(zone))
            .replace(tzinfo=None, fold=0, second=0)
        ),
        st.sampled_from(CHANGES[zone]),
        st.integers(-200, 200),
    )
    # A wall that is skipped is shown by no instant: so also the plain hours around it.
    skipped = st.builds(
        lambda change, minutes: change.replace(tzinfo=None) + timedelta(minutes=minutes),
        st.sampled_from([one.astimezone(ZoneInfo(zone)) for one in CHANGES[zone]]),
        st.integers(-200, 200),
    )
    return st.one_of(anywhere, near, skipped)


@given(data=st.data(), zone=st.sampled_from(ZONES))
def test_every_wall_clock_is_one_instant_or_is_sent_back_with_two(data, zone):
    wall = data.draw(near_a_change(zone)).replace(microsecond=0)
    there = ZoneInfo(zone)
    readings = clock.readings_of(zone, wall)
    shown_by = [
        one
        for one in (
            wall.replace(tzinfo=there, fold=fold).astimezone(UTC).astimezone(there)
            for fold in (0, 1)
        )
        if one.replace(tzinfo=None, fold=0) == wall.replace(fold=0)
    ]
    instants = {one.astimezone(UTC) for one in shown_by}
    if len(instants) == 1:
        assert [one.astimezone(UTC) for one in readings] == list(instants)
        return
    assert len(readings) == 2
    assert readings[0].astimezone(UTC) < readings[1].astimezone(UTC)
    if instants:  # it comes twice
        assert {one.astimezone(UTC) for one in readings} == instants
    else:  # it never comes: each choice is an hour that there is, and not the one typed
        for one in readings:
            back = one.astimezone(UTC).astimezone(there)
            assert back.replace(tzinfo=None) == one.replace(tzinfo=None)
            assert back.replace(tzinfo=None, fold=0) != wall
    words = [clock.reading_in_words(one, wall) for one in readings]
    assert words[0] != words[1], "two choices that read alike are no choice"


@given(data=st.data(), zone=st.sampled_from(ZONES))
def test_picking_a_reading_gives_that_very_instant(data, zone):
    wall = data.draw(near_a_change(zone)).replace(second=0, microsecond=0)
    typed = wall.strftime("%Y-%m-%dT%H:%M")
    form = Form({"at": typed}, zone=zone)
    readings = clock.readings_of(zone, wall)
    if len(readings) == 1:
        assert form.is_valid()
        assert form.cleaned_data["at"] == readings[0].astimezone(UTC)
        return
    assert not form.is_valid()
    offered = re.findall(r'value="([^"]+\+00:00)"', str(form["at"]))
    assert offered == [one.astimezone(UTC).isoformat() for one in readings]
    for mark, reading in zip(offered, readings, strict=True):
        again = Form({"at": typed, "at_which": mark}, zone=zone)
        assert again.is_valid()
        assert again.cleaned_data["at"] == reading.astimezone(UTC)
    assert not Form({"at": typed, "at_which": "2000-01-01T00:00:00+00:00"}, zone=zone).is_valid()


def test_the_sentence_names_both_and_the_buttons_too():
    form = Form({"at": "2027-10-31T02:30"}, zone="Europe/Zurich")
    assert form.errors["at"] == [
        (
            "The clocks in Zurich change then: 02:30 comes twice. Choose 02:30 CEST (UTC+2) or"
            " 02:30 CET (UTC+1)."
        )
    ]
    page = str(form["at"])
    assert "Which hour do you mean?" in page
    assert ">02:30 CEST (UTC+2)</label>" in page
    skipped = Form({"at": "2027-03-28T02:30"}, zone="Europe/Zurich")
    assert skipped.errors["at"] == [
        (
            "The clocks in Zurich change then: there is no 02:30. Choose 01:30 CET (UTC+1) or"
            " 03:30 CEST (UTC+2)."
        )
    ]
    assert Form({"at": "2027-10-31T02:30"}, zone="Asia/Kathmandu").is_valid()


@pytest.mark.parametrize("fold", [0, 1])
def test_hour_that_stands_already_is_not_asked_for_again(fold):
    zone = ZoneInfo("Europe/Zurich")
    stands = datetime.fromisoformat("2027-10-31T02:30").replace(tzinfo=zone, fold=fold)
    initial = {"at": stands.astimezone(zone).replace(tzinfo=None)}
    form = Form({"at": "2027-10-31T02:30"}, zone="Europe/Zurich", initial=initial)
    assert form.is_valid()
    assert form.cleaned_data["at"].astimezone(UTC) == stands.astimezone(UTC)


def test_two_forms_do_not_share_their_choices():
    first = Form({"at": "2027-10-31T02:30"}, zone="Europe/Zurich")
    assert not first.is_valid()
    second = Form({"at": "2027-07-01T02:30"}, zone="Europe/Zurich")
    assert second.is_valid()
    assert "Which hour" not in str(second["at"])


def test_hours_around_a_change_are_compared_as_instants():
    first = Form({"at": "2027-10-31T02:50", "at_which": "2027-10-31T00:50:00+00:00"}, zone=ZURICH)
    second = Form({"at": "2027-10-31T02:10", "at_which": "2027-10-31T01:10:00+00:00"}, zone=ZURICH)
    assert first.is_valid()
    assert second.is_valid()
    assert first.cleaned_data["at"] < second.cleaned_data["at"], "20 minutes later, not 40 earlier"


FIRST_READING, SECOND_READING = "2027-10-31T00:30:00+00:00", "2027-10-31T01:30:00+00:00"


def standing(fold, data=None, wall="2027-10-31T02:30:40"):
    """A form whose hour stands at one of the two readings."""
    stands = datetime.fromisoformat(wall).replace(fold=fold)
    form = Form(data, zone=ZURICH, initial={"at": stands})
    show_readings(form, ["at"], ZURICH)
    return form


@pytest.mark.parametrize("fold", [0, 1])
def test_hour_that_stands_and_comes_twice_shows_which_it_is(fold):
    page = str(standing(fold)["at"])
    assert re.findall(r'value="([^"]+)" id="\w+" checked', page) == [
        [FIRST_READING, SECOND_READING][fold]
    ]
    assert "02:30 CEST (UTC+2)" in page
    assert "02:30 CET (UTC+1)" in page
    assert "Which hour" not in str(standing(fold, wall="2027-07-01T02:30")["at"])
    assert "Which hour" not in str(standing(fold, wall="2027-03-28T02:30")["at"]), "comes never"


@pytest.mark.parametrize("fold", [0, 1])
def test_it_is_flipped_by_picking_the_other(fold):
    marks = [FIRST_READING, SECOND_READING]
    for number, mark in enumerate(marks):
        form = standing(fold, {"at": "2027-10-31T02:30", "at_which": mark})
        assert form.is_valid()
        assert is_flipped(form, "at", ZURICH) == (number != fold)
        assert form.cleaned_data["at"] == datetime.fromisoformat(mark)
        assert f'value="{mark}" id="id_at_which_{number}" checked' in str(form["at"])


def test_other_hour_is_another_hour_whatever_stands_below():
    form = standing(0, {"at": "2027-10-30T14:00", "at_which": SECOND_READING})
    assert form.is_valid()
    assert form.cleaned_data["at"] == datetime(2027, 10, 30, 12, tzinfo=UTC)
    assert "Which hour" not in str(form["at"])
    assert not standing(0, {"at": "2027-10-31T02:45", "at_which": SECOND_READING}).is_valid()
