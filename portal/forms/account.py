"""What a person types on the pages of their account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms.base import helper, kindly


class AddressForm(forms.Form):
    """Another address to sign in with."""

    address = forms.EmailField(
        label=_("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("Write it like name@example.org.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper()
        kindly(self)


class CloseForm(forms.Form):
    """The last word before an account is closed."""

    sure = forms.BooleanField(
        label=_("I have read what goes and what stays, and want to close my account."),
        error_messages={"required": _("Tick this box if you want to close your account.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper()
