"""allauth's forms about passkeys and authenticator apps in our words; named in the settings."""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms.base import kindly
from portal.validators import without_direction_marks

NAME_HELP = _("So that you know them apart: “Laptop”, “Blue key”.")


class BoundedDecoder(json.JSONDecoder):
    """JSON whose numbers are too long, or that is too deep, is malformed as any other is."""

    def decode(self, s: str, *more: Any) -> Any:
        """As ever, but with one kind of error: Django's field knows no other."""
        try:
            return super().decode(s, *more)
        except json.JSONDecodeError:
            raise
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(type(error).__name__, "", 0) from error


class Credential(forms.JSONField):
    """What the browser says of a passkey."""

    def __init__(self) -> None:
        super().__init__(decoder=BoundedDecoder, widget=forms.HiddenInput)


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
    credential = Credential()
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


class SignInWithPasskeyForm(webauthn.LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of the password."""

    credential = Credential()


class ShowPasskeyForm(webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey after the password."""

    credential = Credential()


class ShowPasskeyAgainForm(webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey before what asks for it once more."""

    credential = Credential()
