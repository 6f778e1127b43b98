"""Sign-up and profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms.base import helper, kindly, plain_name
from portal.models import User, zone_choices
from portal.validators import without_direction_marks

if TYPE_CHECKING:
    from django.http import HttpRequest


class SignupForm(forms.Form):
    """What is asked at sign-up besides address and password."""

    given_name = forms.CharField(
        label=_("Given name"),
        max_length=100,
        help_text=_("If you have one name only, write it here."),
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    family_name = forms.CharField(
        label=_("Family name"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Your time zone"),
        choices=[("UTC", "UTC"), *zone_choices()],
        initial="UTC",
        help_text=_("Every deadline is shown in the call's zone and in yours."),
        widget=forms.Select(attrs={"data-time-zone": ""}),
    )

    def clean_given_name(self) -> str:
        """Without marks that turn other words around."""
        return plain_name(self.cleaned_data["given_name"])

    def clean_family_name(self) -> str:
        """Without marks that turn other words around."""
        return without_direction_marks(self.cleaned_data["family_name"])

    field_order = ["given_name", "family_name", "email", "password1", "password2", "time_zone"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Keep the names and the zone; allauth calls this after it made the account."""
        del request
        user.given_name = self.cleaned_data["given_name"]
        user.family_name = self.cleaned_data["family_name"]
        user.time_zone = self.cleaned_data["time_zone"]
        user.save(update_fields=["given_name", "family_name", "time_zone"])


class ProfileForm(forms.ModelForm[User]):
    """How a person wants to be named and spoken to."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=[("UTC", "UTC"), *zone_choices()])

    class Meta:
        model = User
        fields = ["given_name", "family_name", "display_name", "language", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from django.conf import settings  # noqa: PLC0415 -- read when the form is built

        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
        self.fields["given_name"].required = True
        kindly(self)
        self.helper = helper()

    def clean_given_name(self) -> str:
        """Without marks that turn other words around."""
        return plain_name(self.cleaned_data["given_name"])

    def clean_family_name(self) -> str:
        """Without marks that turn other words around."""
        return without_direction_marks(self.cleaned_data["family_name"])

    def clean_display_name(self) -> str:
        """Without marks that turn other words around."""
        return without_direction_marks(self.cleaned_data["display_name"])
