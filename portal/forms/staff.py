"""What staff fill in about programmes and roles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

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


class ProgrammeForm(forms.ModelForm[Programme]):
    """A programme as its manager writes it."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)

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
            "mailbox",
            "telephone",
            "opened_on",
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
