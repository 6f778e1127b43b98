"""The lives of events and registrations, a module a record."""

from events.workflow.event import event_workflow
from events.workflow.registration import registration_workflow

__all__ = ["event_workflow", "registration_workflow"]
