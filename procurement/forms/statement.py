"""What comes in from browsers about suppliers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.forms import helper, kindly
from portal.validators import validate_near
from procurement.choices import SupplierLevel
from procurement.models import SupplierStatement

if TYPE_CHECKING:
    from datetime import date

#: The levels that come with a number.
REGISTERED = {SupplierLevel.BASIC, SupplierLevel.LEVEL_1, SupplierLevel.LEVEL_2}


class SupplierStatementForm(forms.ModelForm[SupplierStatement]):
    """What an organisation says of itself as a supplier on a day."""

    class Meta:
        model = SupplierStatement
        fields = ["level", "number", "as_of"]
        widgets = {
            "as_of": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "number": forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        }
        labels = {"level": _("Level in the UN Global Marketplace"), "as_of": _("True on")}
        help_texts = {
            "number": _(
                "4 to 12 digits, on your page in the marketplace. Empty if not registered."
            ),
            "as_of": _("The day you looked it up."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("as_of", timezone.localdate())
        level: Any = self.fields["level"]
        level.choices = [("", _("Choose a level")), *SupplierLevel.choices]
        kindly(self)
        self.helper = helper()

    def clean_as_of(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["as_of"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        validate_near(day)
        return day

    def clean(self) -> dict[str, Any]:
        """A level has a number, no registration has none."""
        data = super().clean() or self.cleaned_data
        if "number" not in self.errors and data.get("level"):
            if data["level"] in REGISTERED and not data.get("number"):
                self.add_error("number", _("Write the number that comes with this level."))
            if data["level"] == SupplierLevel.NONE and data.get("number"):
                self.add_error("number", _("Without a registration there is no number."))
        return data
