"""What calls contribute to the pages that need all apps."""

from challenges.panels import (
    calendar,
    closing,
    figures,
    history,
    jury,
    merging,
    messages,
    offers,
    public,
    staff,
    team,
)

__all__ = [
    "calendar",
    "closing",
    "figures",
    "history",
    "jury",
    "merging",
    "messages",
    "offers",
    "public",
    "staff",
    "team",
]
