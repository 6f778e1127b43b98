"""allauth's forms of the second factor with our counts; named in the settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms

from portal.actions import tries
from portal.forms.guess import CountedCode, counted_as

if TYPE_CHECKING:
    from portal.models import User


class OnceOnly(CountedCode):
    """A code of an app is taken once in all the time in which it would be right.

    allauth remembers it for one step of the clock; with a step before and after, a code that was
    read over a shoulder would be right again.
    """

    kind = "second"
    if TYPE_CHECKING:
        user: User

    def counted_for(self) -> str:
        """The person whose password was right, or who is signed in."""
        return counted_as(context.request, self.user)

    def clean_code(self) -> str:
        """The code, if it was not shown before."""
        code: str = super().clean_code()
        seconds = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
        shown = f"{self.user.pk}:{re.sub(r'[^0-9]', '', code)}"
        if isinstance(tries.spend(tries.Allowance("code:shown", 1, seconds), shown), tries.Pause):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(OnceOnly, forms.AuthenticateForm):  # type: ignore[misc]
    """The second factor at sign-in: an app's code or a recovery code."""


class ReauthenticateForm(OnceOnly, forms.ReauthenticateForm):  # type: ignore[misc]
    """The second factor before something important."""
