"""Calls, applications, reviews and results in the admin."""

from challenges.admin import (
    application,
    call,
    circular,
    decision,
    extension,
    more_time,
    question,
    review,
)

__all__ = [
    "application",
    "call",
    "circular",
    "decision",
    "extension",
    "more_time",
    "question",
    "review",
]
