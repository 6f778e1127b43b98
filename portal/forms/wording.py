"""allauth's fields in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import forms as account
from django.utils.translation import gettext as _

from portal.forms.base import kindly

if TYPE_CHECKING:
    from django import forms

    Base = forms.Form
else:
    Base = object


class OurWords(Base):
    """A form of allauth's whose labels are ours; what stands in a field is no second label."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "Email": _("E-mail address"),
            "Current Password": _("Current password"),
            "New Password": _("New password"),
            "New Password (again)": _("New password (again)"),
        }
        for field in self.fields.values():
            field.label = labels.get(str(field.label), field.label)
            field.widget.attrs.pop("placeholder", None)
        kindly(self)


class LoginForm(OurWords, account.LoginForm):  # type: ignore[misc]
    """Address and password."""


class ChangePasswordForm(OurWords, account.ChangePasswordForm):  # type: ignore[misc]
    """A new password in place of the one there is."""


class ReauthenticateForm(OurWords, account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something that matters."""


class SetPasswordForm(OurWords, account.SetPasswordForm):  # type: ignore[misc]
    """A first password."""


class ResetPasswordKeyForm(OurWords, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password by a mailed link."""
