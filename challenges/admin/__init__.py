"""Calls, applications, reviews and results in the admin."""

from challenges.admin import call

__all__ = ["call"]
