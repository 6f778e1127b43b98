"""What is well-formed in a call, whoever writes it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from challenges.answers import CURRENCIES


def validate_currency(value: str) -> None:
    """Refuse what is no currency."""
    if value not in CURRENCIES:
        raise ValidationError(
            _("“%(value)s” is no currency. Write three letters, such as USD, JPY or EUR."),
            params={"value": value},
            code="currency",
        )
