"""Hours on the wall clock of a zone that stands in another field."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal import clock
from portal.validators import validate_near

if TYPE_CHECKING:
    from collections.abc import Iterable


class WallClockField(forms.DateTimeField):
    """A date and hour without a zone: which zone is meant stands in another field."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

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


def read_hours(form: forms.BaseForm, names: Iterable[str], zone: str) -> None:
    """Turn typed hours into instants; an hour that comes twice or never is sent back."""
    for name in names:
        typed = form.cleaned_data.get(name)
        if typed is None or not is_near(form, name):
            continue
        try:
            form.cleaned_data[name] = clock.instant_in(zone, typed)
        except ValueError as error:
            form.add_error(name, str(error))


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
