"""What staff type to copy a call and to set its dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from challenges.models import Call
from challenges.timetable import DATES, DAYS, HOURS, day_of
from portal.forms import TogetherMixin, kindly
from portal.forms.hours import WallClockField, is_near, read_hours

if TYPE_CHECKING:
    from django.forms.boundfield import BoundField


class CopyForm(forms.Form):
    """What is new from the first moment: a name, an address, the day it opens."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    slug = forms.SlugField(label=gettext_lazy("Address"), max_length=80)
    opens_on = forms.DateField(
        label=gettext_lazy("Opens on"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy(
            "Every date moves with it by whole weeks, so each keeps its day of the week."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)

    def clean_slug(self) -> str:
        """One address for one call."""
        slug: str = self.cleaned_data["slug"]
        if Call.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("Another call has this address. Choose another."))
        return slug

    def clean(self) -> dict[str, Any]:
        """A year in reach."""
        super().clean()
        is_near(self, "opens_on")
        return self.cleaned_data


class TimetableForm(TogetherMixin, forms.Form):
    """All dates of a draft on one page, each to be confirmed after a copy."""

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.call = call
        for name in DATES:
            field: Any = Call._meta.get_field(name)
            label = str(field.verbose_name).capitalize()
            required = name in {"opens_at", "closes_at"}
            value = getattr(call, name)
            if name in HOURS:
                self.fields[name] = WallClockField(label=label, required=required)
                value = value.astimezone(call.zone).replace(tzinfo=None) if value else None
            else:
                widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
                self.fields[name] = forms.DateField(label=label, required=False, widget=widget)
            self.initial[name] = value
            if name in call.to_confirm:
                self.fields[f"sure_{name}"] = forms.BooleanField(
                    label=_("This is right: %(what)s") % {"what": label}, required=False
                )
        kindly(self)
        self.remember()

    def rows(self) -> list[dict[str, Any]]:
        """Each date with its day of the week, whether it is a holiday, and what asks for a look."""
        holidays = self.call.programme.holidays
        found = []
        for name in DATES:
            day = day_of(getattr(self.call, name), self.call.time_zone)
            sure: BoundField | None = (
                self[f"sure_{name}"] if f"sure_{name}" in self.fields else None
            )
            found.append(
                {
                    "field": self[name],
                    "sure": sure,
                    "weekday": date_format(day, "l") if day else "",
                    "holiday": holidays.get(day.isoformat(), "") if day else "",
                }
            )
        return found

    def clean(self) -> dict[str, Any]:
        """Hours become instants in the call's zone, and each comes after the one before."""
        super().clean()
        self.mind_colleagues()
        untouched = {name for name in HOURS if name not in self.changed_data}
        read_hours(self, [name for name in HOURS if name not in untouched], self.call.time_zone)
        for name in untouched:
            self.cleaned_data[name] = getattr(self.call, name)
        for name in DAYS:
            is_near(self, name)
        self._check_order()
        return self.cleaned_data

    def _check_order(self) -> None:
        opens, closes, grace, asked = (
            self.cleaned_data.get(name)
            for name in ("opens_at", "closes_at", "accepts_until", "questions_until")
        )
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("It closes before it opens."))
        if closes and grace and grace < closes:
            self.add_error("accepts_until", _("The grace cannot end before the deadline."))
        if closes and asked and asked > closes:
            self.add_error("questions_until", _("Questions end before the deadline, or with it."))

    def dates(self) -> dict[str, Any]:
        """What was typed."""
        return {name: self.cleaned_data.get(name) for name in DATES}

    def confirmed(self) -> set[str]:
        """The dates that somebody has looked at."""
        return {name for name in self.call.to_confirm if self.cleaned_data.get(f"sure_{name}")}
