"""Events and their guests in the admin, a module a record."""

from events.admin.event import EventAdmin
from events.admin.registration import RegistrationAdmin

__all__ = ["EventAdmin", "RegistrationAdmin"]
