"""What events contribute to the pages that need all apps."""

from events.panels import guests, public, staff

__all__ = ["guests", "public", "staff"]
