"""What is well-formed, whoever says it."""

from __future__ import annotations

import re
import zoneinfo
from datetime import date, timedelta
from functools import cache

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: Marks that turn the direction of what stands after them, outside the text they are in.
DIRECTION_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: What is further away than this is a slip of the keyboard.
TEN_YEARS = timedelta(days=3_653)


def without_direction_marks(text: str) -> str:
    """The text without invisible marks that would turn around the words of our own beside it."""
    return DIRECTION_MARKS.sub("", text).strip()


@cache
def time_zones() -> frozenset[str]:
    """Every IANA zone; asked for once, since Python opens some 600 files to tell."""
    return frozenset(zoneinfo.available_timezones())


def validate_time_zone(value: str) -> None:
    """Refuse what is not an IANA time zone."""
    if value not in time_zones():
        raise ValidationError(
            _("“%(value)s” is not a time zone. Choose one such as Asia/Tokyo."),
            params={"value": value},
            code="zone",
        )


def validate_near(day: date) -> None:
    """Refuse a day more than ten years away."""
    if abs(day - timezone.localdate()) > TEN_YEARS:
        raise ValidationError(
            _("Check the year: %(year)s is more than ten years away."),
            params={"year": day.year},
            code="year",
        )
