"""What staff fill in about programmes and roles."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy as _
from django_countries import countries

from portal import actions
from portal.forms.base import helper, kindly
from portal.models import Programme, StaffInvitation, zone_choices


class StaffInvitationForm(forms.ModelForm[StaffInvitation]):
    """Whom to invite to which role."""

    class Meta:
        model = StaffInvitation
        fields = ["programme", "email", "role"]

    def clean(self) -> dict[str, Any]:
        """Nobody is invited to what they hold or are offered already."""
        super().clean()
        data = self.cleaned_data
        if {"programme", "email", "role"} <= data.keys():
            refusal = actions.why_not_invite(
                programme=data["programme"], email=data["email"], role=data["role"]
            )
            if refusal:
                self.add_error("email", refusal)
        return data


class HolidaysField(forms.CharField):
    """Days with their names, one on each line: ``2026-11-03 Culture Day``."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        """As lines."""
        if isinstance(value, dict):
            return "\n".join(f"{day} {name}".strip() for day, name in sorted(value.items()))
        return value

    def clean(self, value: Any) -> dict[str, str]:
        """By day."""
        found = {}
        for line in str(super().clean(value) or "").splitlines():
            day, _space, name = line.strip().partition(" ")
            if not day:
                continue
            try:
                found[date.fromisoformat(day).isoformat()] = name.strip()
            except ValueError:
                raise forms.ValidationError(
                    gettext("“%(line)s” begins with no day. Write each as 2026-11-03 and its name.")
                    % {"line": line.strip()}
                ) from None
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared as lines."""
        return str(self.prepare_value(initial) or "").split() != str(data or "").split()


class ProgrammeForm(forms.ModelForm[Programme]):
    """A programme as its manager writes it."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    programme_countries = forms.MultipleChoiceField(
        label=_("Programme countries"),
        choices=countries,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("A call’s rule may name them as “one of the programme’s countries”."),
    )
    holidays = HolidaysField(
        label=_("Holidays"),
        required=False,
        help_text=_(
            "One on each line: 2026-11-03 and its name. Timetables of calls point at them."
        ),
    )

    class Meta:
        model = Programme
        fields = [
            "name",
            "slug",
            "kind",
            "summary",
            "description",
            "city",
            "country",
            "time_zone",
            "languages",
            "programme_countries",
            "mailbox",
            "telephone",
            "opened_on",
            "holidays",
            "published",
        ]


class ReasonForm(forms.Form):
    """Why something is done that others will ask about."""

    reason = forms.CharField(
        label=_("Why?"),
        max_length=500,
        help_text=_("Stays in the history, for those who read it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()
