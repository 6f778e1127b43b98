"""What every form of the portal shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.postgres.forms import SimpleArrayField
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
    (forms.SlugField, _("Write small letters a to z, numbers and hyphens, like harbour-2027.")),
)
#: The same where a form has not said it itself; what is more special comes later.
FIGURES: tuple[tuple[type[forms.Field], StrPromise], ...] = (
    (forms.IntegerField, _("Write a whole number, like 12.")),
    (forms.DecimalField, _("Write a number, like 12.5.")),
)
BOUNDS = {
    "min_value": _("Write %(limit_value)s or more."),
    "max_value": _("Write %(limit_value)s or less."),
    "max_digits": _("Write at most %(max)s digits."),
    "max_whole_digits": _("Write at most %(max)s digits before the point."),
    "max_decimal_places": _("Write at most %(max)s digits behind the point."),
}
SHORTEN = _("Write at most %(limit_value)d characters; these are %(show_value)d.")

ENTRY = _("Entry %(nth)s:")


def kindly(form: forms.BaseForm) -> None:
    """Ask for what is missing and say what to do, instead of scolding."""
    for field in form.fields.values():
        field.error_messages["required"] = FILL_IN
        field.error_messages["max_length"] = SHORTEN
        for kind, remedy in REMEDIES:
            if isinstance(field, kind):
                field.error_messages["invalid"] = remedy
        for kind, remedy in FIGURES:
            unsaid = field.error_messages.get("invalid") == kind.default_error_messages["invalid"]
            if isinstance(field, kind) and unsaid:
                field.error_messages["invalid"] = remedy
        for code, sentence in BOUNDS.items():
            field.error_messages.setdefault(code, sentence)
        if isinstance(field, SimpleArrayField):
            field.error_messages["item_invalid"] = ENTRY
            field.base_field.error_messages["max_length"] = SHORTEN


def plain_name(name: str) -> str:
    """A name that is needed, without marks that turn other words around."""
    if plain := without_direction_marks(name):
        return plain
    raise forms.ValidationError(FILL_IN)
