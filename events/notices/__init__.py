"""What we say about events, a module a subject."""

from events.notices.event import EventCancelled, EventMoved
from events.notices.registration import (
    RegistrationApproved,
    RegistrationCancelled,
    RegistrationDeclined,
    RegistrationReceived,
)
from events.notices.reminder import GUEST_LETTERS

__all__ = [
    "GUEST_LETTERS",
    "EventCancelled",
    "EventMoved",
    "RegistrationApproved",
    "RegistrationCancelled",
    "RegistrationDeclined",
    "RegistrationReceived",
]
