"""What a guest says of themselves, and what staff answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import Registration
from portal.forms import helper, kindly
from portal.validators import without_direction_marks


class RegistrationForm(forms.ModelForm[Registration]):
    """As what somebody comes, from where, and what they hope to find."""

    class Meta:
        model = Registration
        fields = ["kind", "organisation", "interest"]
        labels = {
            "kind": _("You come as"),
            "organisation": _("Organisation"),
            "interest": _("What do you hope to find?"),
        }
        help_texts = {
            "organisation": _("Read by the programme’s team. You may leave it empty."),
            "interest": _(
                "One sentence helps the team to bring you together with the right people."
            ),
        }
        widgets = {"interest": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()

    def clean_organisation(self) -> str:
        """Without marks that turn other words around."""
        return without_direction_marks(self.cleaned_data["organisation"])

    def clean_interest(self) -> str:
        """Likewise."""
        return without_direction_marks(self.cleaned_data["interest"])


class DeclineForm(forms.Form):
    """Why somebody gets no place, in words for them, or without."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The guest reads it. You may leave it empty."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()
