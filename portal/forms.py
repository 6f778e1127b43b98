"""What comes in from browsers to the kernel's own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from portal import actions
from portal.models import Programme, StaffInvitation, User, zone_choices
from portal.validators import without_direction_marks

if TYPE_CHECKING:
    from django.http import HttpRequest


def helper() -> FormHelper:
    """The helper of every form: the page writes the form element and the button itself."""
    made = FormHelper()
    made.form_tag = False
    made.disable_csrf = True
    return made


FILL_IN = _("Please fill this in.")


def kindly(form: forms.BaseForm) -> None:
    """Ask for what is missing instead of scolding."""
    for field in form.fields.values():
        field.error_messages["required"] = FILL_IN


def plain_name(name: str) -> str:
    """A name that is needed, without marks that turn other words around."""
    if plain := without_direction_marks(name):
        return plain
    raise forms.ValidationError(FILL_IN)


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
