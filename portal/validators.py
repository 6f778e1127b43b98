"""What is well-formed, whoever says it."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def validate_time_zone(value: str) -> None:
    """Refuse what is not an IANA time zone."""
    if value not in available_timezones():
        raise ValidationError(
            _("“%(value)s” is not a time zone. Choose one such as Asia/Tokyo."),
            params={"value": value},
            code="zone",
        )
