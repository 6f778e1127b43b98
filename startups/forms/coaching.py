"""What mentors and those who plan send: a profile, a time, the log of a session."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from crispy_forms.layout import Field, Layout
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from portal import clock
from portal.forms import helper, kindly
from portal.forms.hours import WallClockField, read_hours
from portal.models import Sector
from portal.validators import without_direction_marks
from startups.forms.promises import PromisesField, promises_in
from startups.models import CoachingSession, Mentor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from portal.models import PolicyText

LONGEST = 8 * 60
#: What stands in the part of the log that opens.
MORE = ("day", "minutes_preparation", "minutes_travel", "next_at")
MINUTES = gettext_lazy("Write minutes as a number, like 45.")
LANGUAGES = [
    ("en", gettext_lazy("English")),
    ("ja", gettext_lazy("Japanese")),
    ("fr", gettext_lazy("French")),
    ("es", gettext_lazy("Spanish")),
    ("ar", gettext_lazy("Arabic")),
    ("zh", gettext_lazy("Chinese")),
    ("ru", gettext_lazy("Russian")),
    ("pt", gettext_lazy("Portuguese")),
    ("de", gettext_lazy("German")),
    ("sv", gettext_lazy("Swedish")),
    ("sw", gettext_lazy("Swahili")),
    ("hi", gettext_lazy("Hindi")),
    ("id", gettext_lazy("Indonesian")),
    ("ko", gettext_lazy("Korean")),
]


def minutes_field(label: Any, *, required: bool, most: int, initial: int | None = None) -> Any:
    """Whole minutes, with the number keys on a phone."""
    return forms.IntegerField(
        label=label,
        required=required,
        initial=initial,
        validators=[MinValueValidator(1 if required else 0), MaxValueValidator(most)],
        error_messages={"invalid": MINUTES},
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "field-short"}),
    )


def long_text(label: Any, rows: int, help_text: Any = "", *, required: bool = False) -> Any:
    """A field for sentences."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=5000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class MentorForm(forms.ModelForm[Mentor]):
    """How a mentor describes themselves, and that they agree to the code of conduct."""

    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages you coach in"),
        choices=LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    sectors = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Sectors you know"),
        queryset=Sector.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Mentor
        fields = ("expertise", "organisation", "languages", "sectors", "capacity", "call_link")

    def __init__(self, *args: Any, conduct: PolicyText | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sectors: Any = self.fields["sectors"]
        sectors.queryset = Sector.objects.order_by("order", "name")
        self.fields["capacity"].validators.append(MinValueValidator(1))
        names = list(self._meta.fields or ())
        if conduct is not None:
            self.fields["conduct"] = forms.BooleanField(
                label=_("I have read the code of conduct for mentors and keep to it."),
                error_messages={"required": _("Please tick this to go on.")},
            )
            self.fields["version"] = forms.CharField(
                initial=conduct.version, widget=forms.HiddenInput
            )
        kindly(self)
        self.helper = helper()
        self.helper.layout = Layout(*names)

    def facts(self) -> dict[str, Any]:
        """What is written to the profile."""
        given = {name: self.cleaned_data[name] for name in self._meta.fields or ()}
        for name in ("expertise", "organisation"):
            given[name] = without_direction_marks(str(given[name]))
        return given

    def agreed_to(self) -> str:
        """The version of the code that was ticked, or nothing."""
        return str(self.cleaned_data.get("version", ""))


class PlanForm(forms.Form):
    """A time for a session, on the clock of whoever plans it."""

    mentor: forms.ModelChoiceField[Mentor] = forms.ModelChoiceField(
        label=gettext_lazy("Mentor"), queryset=Mentor.objects.none(), empty_label=None
    )
    starts_at = WallClockField(label=gettext_lazy("Day and hour"))
    minutes = minutes_field(gettext_lazy("Minutes"), required=True, most=LONGEST, initial=60)
    call_link = forms.URLField(
        label=gettext_lazy("Link of the call"), required=False, assume_scheme="https"
    )
    topic = forms.CharField(label=gettext_lazy("Topic"), required=False, max_length=150)
    agenda = forms.CharField(
        label=gettext_lazy("Agenda"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Both sides read it."),
    )

    def __init__(self, *args: Any, mentors: Iterable[Mentor], zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        known = list(mentors)
        field: Any = self.fields["mentor"]
        field.queryset = Mentor.objects.filter(pk__in=[mentor.pk for mentor in known])
        if len(known) == 1:
            field.initial = known[0].pk
            field.widget = forms.HiddenInput()
        self.fields["starts_at"].help_text = _("On your clock: %(place)s.") % {
            "place": clock.place_of(zone)
        }
        kindly(self)
        self.helper = helper()

    def clean(self) -> dict[str, Any]:
        """The hour as an instant; one that comes twice or never is sent back."""
        read_hours(self, ["starts_at"], self.zone)
        for name in ("topic", "agenda"):
            if name in self.cleaned_data:
                self.cleaned_data[name] = without_direction_marks(self.cleaned_data[name])
        return self.cleaned_data

    def plan(self) -> dict[str, Any]:
        """Columns of the session."""
        given = dict(self.cleaned_data)
        del given["mentor"]
        return given | {"ends_at": given["starts_at"] + timedelta(minutes=given.pop("minutes"))}


class LogForm(forms.Form):
    """Six fields; whatever is rarely needed stands in a part that opens."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    discussed = long_text(gettext_lazy("What was discussed"), 3, required=True)
    advice = long_text(gettext_lazy("Your advice"), 2)
    shared_note = long_text(gettext_lazy("Note for the startup"), 2)
    private_note = long_text(
        gettext_lazy("Private note"), 2, gettext_lazy("You and the programme lead alone read it.")
    )
    promises = PromisesField()
    minutes_contact = minutes_field(gettext_lazy("Minutes together"), required=True, most=LONGEST)
    day = forms.DateField(
        label=gettext_lazy("Day of the session"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    minutes_preparation = minutes_field(
        gettext_lazy("Minutes of preparation"), required=False, most=LONGEST
    )
    minutes_travel = minutes_field(gettext_lazy("Minutes of travel"), required=False, most=1440)
    next_at = WallClockField(label=gettext_lazy("Next session"), required=False)

    def __init__(
        self, *args: Any, session: CoachingSession | None, zone: str, **kwargs: Any
    ) -> None:
        self.session, self.zone = session, zone
        kwargs["initial"] = self._known() | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.fields["next_at"].help_text = _(
            "On your clock: %(place)s. Both sides get a letter with the calendar entry."
        ) % {"place": clock.place_of(zone)}
        kindly(self)
        self.helper = helper()
        self.helper.layout = Layout(
            Field("key"),
            *("discussed", "advice", "shared_note", "private_note", "promises", "minutes_contact"),
        )
        self.more = helper()
        self.more.layout = Layout(*MORE)

    def _known(self) -> dict[str, Any]:
        """What the plan or the earlier log says already."""
        begins: dict[str, Any] = {"key": uuid.uuid4()}
        session = self.session
        if session is None:
            return begins | {"day": timezone.localdate(timezone=ZoneInfo(self.zone))}
        begins["day"] = session.starts_at.astimezone(ZoneInfo(self.zone)).date()
        begins["minutes_contact"] = session.minutes_contact or session.planned_minutes
        names = ("discussed", "advice", "shared_note", "minutes_preparation", "minutes_travel")
        return begins | {name: getattr(session, name) or None for name in names}

    def clean_key(self) -> uuid.UUID:
        """One of the page's own; without it the form counts as new."""
        return self.cleaned_data.get("key") or uuid.uuid4()

    def clean_promises(self) -> list[dict[str, Any]]:
        """Each line as it is understood."""
        today = timezone.localdate(timezone=ZoneInfo(self.zone))
        text = without_direction_marks(str(self.cleaned_data["promises"]))
        return [vars(promise) for promise in promises_in(text, today)]

    def clean_day(self) -> Any:
        """A day that has come."""
        day = self.cleaned_data["day"]
        today = timezone.localdate(timezone=ZoneInfo(self.zone))
        if day > today:
            raise forms.ValidationError(
                _("This day is still to come. Log the session when it has taken place.")
            )
        if day < today - timedelta(days=366):
            raise forms.ValidationError(_("This is more than a year ago. Look at the year."))
        return day

    def clean(self) -> dict[str, Any]:
        """The next hour as an instant."""
        read_hours(self, ["next_at"], self.zone)
        return self.cleaned_data

    @property
    def opens_more(self) -> bool:
        """Whether the part that opens holds something to look at."""
        return any(name in self.errors for name in MORE)

    def log(self) -> dict[str, Any]:
        """Columns of the session."""
        given: Mapping[str, Any] = self.cleaned_data
        texts = ("discussed", "advice", "shared_note")
        minutes = given["minutes_contact"]
        columns: dict[str, Any] = {
            name: without_direction_marks(str(given[name])) for name in texts
        }
        columns |= self._when(given["day"], minutes)
        return columns | {
            "minutes_contact": minutes,
            "minutes_preparation": given["minutes_preparation"] or 0,
            "minutes_travel": given["minutes_travel"] or 0,
        }

    def _when(self, day: Any, minutes: int) -> dict[str, datetime]:
        """The planned time where the day is that of the plan; else noon, or just now if today."""
        zone = ZoneInfo(self.zone)
        session = self.session
        if session is not None:
            planned = session.starts_at.astimezone(zone)
            if planned.date() == day:
                return {}
            length = session.ends_at - session.starts_at
            # Held earlier than planned: it cannot have begun later than just now.
            begun = timezone.now().astimezone(zone) - length
            starts_at = min(datetime.combine(day, planned.time(), zone), begun)
            return {"starts_at": starts_at, "ends_at": starts_at + length}
        length = timedelta(minutes=minutes)
        now = timezone.now().astimezone(zone)
        noon = datetime.combine(day, time(12), zone)
        starts_at = now - length if day == now.date() else noon
        return {"starts_at": starts_at, "ends_at": starts_at + length}


class PrivateNoteForm(forms.Form):
    """The private note by itself, once the log stands."""

    text = long_text(gettext_lazy("Private note"), 6)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()
