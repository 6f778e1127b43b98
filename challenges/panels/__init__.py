"""What calls contribute to the pages that need all apps."""

from challenges.panels import public, staff

__all__ = ["public", "staff"]
