"""What comes in about how registrations stand, and the level to prepare for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.forms import helper, kindly, plain_name
from portal.validators import validate_near
from procurement.choices import FileLevel, Submission

if TYPE_CHECKING:
    from datetime import date


class StandingForm(forms.Form):
    """How a registration stands with one UN organisation, as seen in the marketplace."""

    organisation = forms.CharField(
        label=_("UN organisation"),
        max_length=80,
        help_text=_("As the marketplace names it, for example UNOPS."),
    )
    level = forms.ChoiceField(label=_("Level"), choices=FileLevel.choices)
    submission = forms.ChoiceField(
        label=_("Status in the marketplace"),
        choices=Submission.choices,
        help_text=_(
            "Level 1 and Level 2 normally stay “Submitted” until a tender needs them; that is no"
            " fault. Registered is not pre-qualified."
        ),
    )
    confirmed_on = forms.DateField(
        label=_("Seen on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The day on which you looked it up."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("confirmed_on", timezone.localdate())
        kindly(self)
        self.helper = helper()

    def clean_organisation(self) -> str:
        """A name without marks that turn other words around."""
        return " ".join(plain_name(self.cleaned_data["organisation"]).split())

    def clean_confirmed_on(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["confirmed_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        validate_near(day)
        return day


class TargetForm(forms.Form):
    """The level somebody prepares for."""

    level = forms.ChoiceField(label=_("Level you prepare for"), choices=FileLevel.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper()
