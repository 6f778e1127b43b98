"""What every form of the portal shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.validators import without_direction_marks

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


def helper() -> FormHelper:
    """The helper of every form: the page writes the form element and the button itself."""
    made = FormHelper()
    made.form_tag = False
    made.disable_csrf = True
    return made


FILL_IN = _("Please fill this in.")


#: What to do where Django only says that something is not valid.
REMEDIES: tuple[tuple[type[forms.Field], StrPromise], ...] = (
    (forms.EmailField, _("Write the whole e-mail address, like name@example.org.")),
    (forms.DateField, _("Write a day, like 2026-11-21.")),
)
SHORTEN = _("Write at most %(limit_value)d characters; these are %(show_value)d.")


def kindly(form: forms.BaseForm) -> None:
    """Ask for what is missing and say what to do, instead of scolding."""
    for field in form.fields.values():
        field.error_messages["required"] = FILL_IN
        field.error_messages["max_length"] = SHORTEN
        for kind, remedy in REMEDIES:
            if isinstance(field, kind):
                field.error_messages["invalid"] = remedy


def plain_name(name: str) -> str:
    """A name that is needed, without marks that turn other words around."""
    if plain := without_direction_marks(name):
        return plain
    raise forms.ValidationError(FILL_IN)
