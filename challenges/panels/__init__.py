"""What calls contribute to the pages that need all apps."""

from challenges.panels import (
    closing,
    figures,
    history,
    jury,
    merging,
    messages,
    public,
    staff,
    team,
)

__all__ = [
    "closing",
    "figures",
    "history",
    "jury",
    "merging",
    "messages",
    "public",
    "staff",
    "team",
]
