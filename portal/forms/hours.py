"""Hours on the wall clock of a zone that stands in another field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from portal import clock
from portal.validators import validate_near

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.safestring import SafeString


#: Behind a field's name: which of two readings of an hour was chosen.
WHICH = "_which"


class WallClockInput(forms.DateTimeInput):
    """A date and hour; below it the readings to choose from, where the clocks change then."""

    def __init__(self) -> None:
        super().__init__(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        #: Each with its value and its words; `read_hours` puts them here.
        self.readings: list[tuple[str, str]] = []
        #: The value of the one that stands.
        self.stands = ""

    def __deepcopy__(self, memo: dict[int, Any]) -> WallClockInput:
        """Each form has readings of its own."""
        copy: WallClockInput = super().__deepcopy__(memo)
        copy.readings, copy.stands = [], ""
        return copy

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """The input, and beside an hour that comes twice or never one button for each reading."""
        typed = super().render(name, value, attrs, renderer)
        if not self.readings:
            return typed
        key = (attrs or {}).get("id") or f"id_{name}"
        buttons = format_html_join(
            "",
            '<div class="form-check"><input class="form-check-input" type="radio" name="{}"'
            ' value="{}" id="{}"{}><label class="form-check-label" for="{}">{}</label></div>',
            [
                (name + WHICH, mark, own, " checked" if mark == self.stands else "", own, words)
                for number, (mark, words) in enumerate(self.readings)
                if (own := f"{key}{WHICH}_{number}")
            ],
        )
        return format_html(
            '{}<fieldset class="which-hour"><legend class="form-label">{}</legend>{}</fieldset>',
            typed,
            _("Which hour do you mean?"),
            buttons,
        )


class WallClockField(forms.DateTimeField):
    """A date and hour without a zone: which zone is meant stands in another field."""

    widget = WallClockInput

    def to_python(self, value: Any) -> Any:
        """The hour as typed, not taken for an hour of the reader's zone."""
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        with timezone.override(ZoneInfo("UTC")):
            parsed = super().to_python(value)
        return parsed.replace(tzinfo=None) if parsed else None

    def prepare_value(self, value: Any) -> Any:
        """As it stands on the wall there."""
        return value


def show_readings(form: forms.BaseForm, names: Iterable[str], zone: str) -> None:
    """Beside an hour that stands and comes twice: which of the two it is, to be flipped."""
    for name in names:
        standing = _standing(form, name, zone)
        widget = form.fields[name].widget
        if standing is None or not isinstance(widget, WallClockInput):
            continue
        readings, stands = standing
        typed = form.data.get(form.add_prefix(name)) if form.is_bound else None
        if typed and not str(typed).startswith(f"{stands:%Y-%m-%dT%H:%M}"):
            continue  # another hour was typed meanwhile
        widget.readings = [(_mark(one), clock.reading_in_words(one, one)) for one in readings]
        picked = form.data.get(form.add_prefix(name) + WHICH)
        is_one = picked in {mark for mark, _words in widget.readings}
        widget.stands = picked if is_one and picked else _mark(stands)


def is_flipped(form: forms.BaseForm, name: str, zone: str) -> bool:
    """Whether the other one of an hour that stands and comes twice was picked."""
    standing = _standing(form, name, zone)
    if standing is None:
        return False
    readings, stands = standing
    picked = form.data.get(form.add_prefix(name) + WHICH)
    # By their marks: two times of one zone are compared by their walls, which are the same.
    return picked != _mark(stands) and picked in {_mark(one) for one in readings}


def _standing(form: forms.BaseForm, name: str, zone: str) -> tuple[list[datetime], datetime] | None:
    """Both readings of the hour that stands, and the one it is; nothing where it comes once."""
    stands = form.get_initial_for_field(form.fields[name], name)
    if not isinstance(stands, datetime):
        return None
    wall = stands.replace(second=0, microsecond=0)
    readings = clock.readings_of(zone, wall)
    if len(readings) == 1 or any(one.replace(tzinfo=None) != wall for one in readings):
        return None
    # An instant on a wall keeps in `fold` which of two it was; comparing leaves it out.
    return readings, next(one for one in readings if one.fold == stands.fold)


def _mark(reading: datetime) -> str:
    return reading.astimezone(UTC).isoformat()


def read_hours(form: forms.BaseForm, names: Iterable[str], zone: str) -> None:
    """Turn typed hours into instants; one that comes twice or never is sent back with choices."""
    for name in names:
        typed = form.cleaned_data.get(name)
        if typed is None or not is_near(form, name):
            continue
        readings = clock.readings_of(zone, typed)
        chosen = readings[0] if len(readings) == 1 else _chosen(form, name, typed, readings)
        if chosen is not None:
            # In UTC: two times of one zone are compared by their walls, and 02:10 after the change
            # of the clocks would come before 02:50 in front of it.
            form.cleaned_data[name] = chosen.astimezone(UTC)
        else:
            _offer(form, name, typed, readings)


def _chosen(
    form: forms.BaseForm, name: str, typed: datetime, readings: list[datetime]
) -> datetime | None:
    """The reading the person picked; of an hour that was not touched the one that stands."""
    picked = form.data.get(form.add_prefix(name) + WHICH)
    for reading in readings:
        if _mark(reading) == picked:
            return reading
    stands = form.get_initial_for_field(form.fields[name], name)
    if not isinstance(stands, datetime) or stands != typed or name in form.changed_data:
        return None
    # An instant on a wall keeps in `fold` which of two it was; comparing leaves it out.
    same = (one for one in readings if one.replace(tzinfo=None) == stands)
    return next((one for one in same if one.fold == stands.fold), None)


def _offer(form: forms.BaseForm, name: str, typed: datetime, readings: list[datetime]) -> None:
    """Say why the hour is not clear, and put the choices beside the field."""
    words = [clock.reading_in_words(reading, typed) for reading in readings]
    widget = form.fields[name].widget
    if isinstance(widget, WallClockInput):
        marks = [_mark(reading) for reading in readings]
        widget.readings = list(zip(marks, words, strict=True))
    twice = all(reading.replace(tzinfo=None) == typed for reading in readings)
    sentence = (
        _(
            "The clocks in %(place)s change then: %(hour)s comes twice. Choose %(first)s or"
            " %(second)s."
        )
        if twice
        else _(
            "The clocks in %(place)s change then: there is no %(hour)s. Choose %(first)s or"
            " %(second)s."
        )
    )
    form.add_error(
        name,
        sentence
        % {
            "place": clock.place_of(str(readings[0].tzinfo)),
            "hour": date_format(typed, "H:i"),
            "first": words[0],
            "second": words[-1],
        },
    )


def is_near(form: forms.BaseForm, name: str) -> bool:
    """Whether a day or hour that was typed now is in reach; the sentence goes beside the field."""
    typed = form.cleaned_data.get(name)
    if typed is None or name not in form.changed_data:
        return True
    try:
        validate_near(typed.date() if isinstance(typed, datetime) else typed)
    except ValidationError as error:
        form.add_error(name, error)
        return False
    return True
