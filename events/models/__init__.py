"""Facts about events and who comes to them."""

from events.models.event import Event
from events.models.registration import Registration

__all__ = ["Event", "Registration"]
