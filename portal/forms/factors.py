"""allauth's forms about passkeys and authenticator apps in our words; named in the settings."""

from __future__ import annotations

from typing import Any

from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms.base import kindly
from portal.validators import without_direction_marks

NAME_HELP = _("So that you know them apart: “Laptop”, “Blue key”.")


class AppCodeForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an authenticator app."""

    code = forms.CharField(
        label=_("Code the app shows"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)


class PasskeyForm(webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey, or a security key beside the password."""

    name = forms.CharField(label=_("Name"), max_length=60, required=False, help_text=NAME_HELP)
    passwordless = forms.BooleanField(
        label=_("Sign in with it instead of the password"),
        required=False,
        initial=True,
        help_text=_(
            "The device asks for your finger, face or PIN. Take the tick away for a plain"
            " security key, which is then used after the password."
        ),
    )
    field_order = ("name", "passwordless", "credential")

    def clean_name(self) -> str:
        """Without marks that turn other words around."""
        return without_direction_marks(super().clean_name())


class PasskeyNameForm(webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    name = forms.CharField(label=_("Name"), max_length=60, help_text=NAME_HELP)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)

    def clean_name(self) -> str:
        """Without marks that turn other words around."""
        return without_direction_marks(self.cleaned_data["name"])
