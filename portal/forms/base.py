"""What every form of the portal shares."""

from __future__ import annotations

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.validators import without_direction_marks


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
