"""What staff type about an event: hours on the wall clock of the event's own zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import get_language_info, gettext as _, gettext_lazy, ngettext

from events.choices import EventState
from events.models import Event
from portal.choices import Mode
from portal.forms import helper, kindly
from portal.forms.hours import WallClockField, is_flipped, read_hours, show_readings
from portal.models import zone_choices

if TYPE_CHECKING:
    from datetime import datetime

#: The fields that are hours on the event's own wall clock.
LOCAL_HOURS = ("starts_at", "ends_at", "registration_until")


def on_the_wall(event: Event, value: datetime | None) -> datetime | None:
    """The hour as it is spoken of there."""
    return value.astimezone(event.zone).replace(tzinfo=None) if value else None


def to_the_minute(event: Event, value: datetime) -> datetime:
    """The same as a browser sends it back."""
    return value.astimezone(event.zone).replace(tzinfo=None, second=0, microsecond=0)


def validate_language(code: str) -> None:
    """Refuse what is no code of a language."""
    try:
        get_language_info(code)
    except KeyError:
        raise ValidationError(
            _("“%(code)s” is no code of a language. Write codes such as en, ja or fr."),
            params={"code": code},
        ) from None


class EventForm(forms.ModelForm[Event]):
    """An event as staff write it."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the event"),
        choices=lambda: [("", _("Choose …")), *zone_choices()],
        required=False,
        help_text=gettext_lazy("Every hour here is meant in it. Empty: the programme’s own."),
    )
    starts_at = WallClockField(label=gettext_lazy("Starts"))
    ends_at = WallClockField(label=gettext_lazy("Ends"))
    registration_until = WallClockField(
        label=gettext_lazy("Registration until"),
        required=False,
        help_text=gettext_lazy("Empty: until the event ends."),
    )
    languages = SimpleArrayField(
        forms.CharField(max_length=10, validators=[validate_language]),
        label=gettext_lazy("Languages"),
        required=False,
        help_text=gettext_lazy("Codes with commas between them, such as en, ja."),
    )

    class Meta:
        model = Event
        fields = [
            "programme",
            "kind",
            "title",
            "slug",
            "summary",
            "description",
            "languages",
            "time_zone",
            "starts_at",
            "ends_at",
            "mode",
            "place",
            "join_link",
            "capacity",
            "needs_approval",
            "registration_until",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        for name in LOCAL_HOURS:
            if name in self.fields and self.instance.time_zone:
                self.initial[name] = on_the_wall(self.instance, getattr(self.instance, name))
        if self.instance.time_zone:
            names = [name for name in LOCAL_HOURS if name in self.fields]
            show_readings(self, names, self.instance.time_zone)

    @cached_property
    def changed_data(self) -> list[str]:
        """What changed; in another zone the same hour is another instant, as is one flipped."""
        changed = super().changed_data
        if self.instance.time_zone:
            changed += [
                name
                for name in LOCAL_HOURS
                if name in self.fields
                and name not in changed
                and is_flipped(self, name, self.instance.time_zone)
            ]
        if "time_zone" not in changed:
            return changed
        hours = {name for name in LOCAL_HOURS if name in self.fields}
        return [*changed, *sorted(hours - set(changed))]

    def clean(self) -> dict[str, Any]:
        """Hours become instants in the event's zone."""
        super().clean()
        programme = self.cleaned_data.get("programme")
        if "time_zone" in self.fields and not self.cleaned_data.get("time_zone"):
            self.cleaned_data["time_zone"] = programme.time_zone if programme else ""
        zone = self.cleaned_data.get("time_zone") or self.instance.time_zone
        read_hours(self, [name for name in LOCAL_HOURS if name in self.fields], zone or "UTC")
        starts, ends = self.cleaned_data.get("starts_at"), self.cleaned_data.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("The event ends before it begins."))
        until = self.cleaned_data.get("registration_until")
        last = ends or (self.instance.ends_at if self.instance.state != EventState.DRAFT else None)
        if until and last and until > last:
            self.add_error("registration_until", _("The event is over by then."))
        self._check_capacity()
        mode, place = self.cleaned_data.get("mode"), self.cleaned_data.get("place")
        if "place" in self.fields and mode and mode != Mode.ONLINE and not place:
            self.add_error("place", _("Say where people meet."))
        return self.cleaned_data

    def _check_capacity(self) -> None:
        """Nobody who comes already is one too many."""
        capacity = self.cleaned_data.get("capacity")
        if "capacity" not in self.changed_data or capacity is None or self.instance._state.adding:
            return
        coming = self.instance.registrations.approved().count()
        if capacity < coming:
            self.add_error(
                "capacity",
                ngettext(
                    "%(count)d guest comes already. Choose a number that has room for them.",
                    "%(count)d guests come already. Choose a number that has room for them.",
                    coming,
                )
                % {"count": coming},
            )


class MoveForm(forms.Form):
    """Where and when a published event takes place from now on, and why."""

    starts_at = WallClockField(label=gettext_lazy("Starts"))
    ends_at = WallClockField(label=gettext_lazy("Ends"))
    place = forms.CharField(
        label=gettext_lazy("Place"),
        max_length=250,
        required=False,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
    )
    join_link = forms.URLField(
        label=gettext_lazy("Link to join"),
        required=False,
        max_length=200,
        widget=forms.URLInput(attrs={"class": "vLargeTextField"}),
        help_text=gettext_lazy("Only those who are registered read it."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Everybody who is registered reads it."),
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "starts_at": on_the_wall(event, event.starts_at),
                "ends_at": on_the_wall(event, event.ends_at),
                "place": event.place,
                "join_link": event.join_link,
            },
        )
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()
        self.event = event
        show_readings(self, ("starts_at", "ends_at"), event.time_zone)

    def clean(self) -> dict[str, Any]:
        """Hours become instants in the event's zone; an untouched one stays to the second."""
        super().clean()
        hours = {name: getattr(self.event, name) for name in ("starts_at", "ends_at")}
        untouched = {
            name
            for name, instant in hours.items()
            if self.cleaned_data.get(name) == to_the_minute(self.event, instant)
            and not is_flipped(self, name, self.event.time_zone)
        }
        read_hours(self, hours.keys() - untouched, self.event.time_zone)
        self.cleaned_data |= {name: hours[name] for name in untouched}
        return self.cleaned_data

    def new(self) -> dict[str, Any]:
        """What the step takes."""
        return {
            name: self.cleaned_data[name] for name in ("starts_at", "ends_at", "place", "join_link")
        }
