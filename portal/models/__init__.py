"""Facts of the kernel: people, programmes, what happened, what was said."""

from portal.models.audit import AuditEntry
from portal.models.base import ClockNow, Record, Stateful
from portal.models.document import Document
from portal.models.ground import AnsweredRequest, Heartbeat, PolicyText
from portal.models.letters import InboxNotice, NotificationPreference, OutboxMessage, Reminder
from portal.models.programme import (
    Label,
    Location,
    Organisation,
    Partnership,
    Programme,
    ReportedFigure,
    Sector,
)
from portal.models.user import ProgrammeStaff, StaffInvitation, User, shown_name, zone_choices

__all__ = [
    "AnsweredRequest",
    "AuditEntry",
    "ClockNow",
    "Document",
    "Heartbeat",
    "InboxNotice",
    "Label",
    "Location",
    "NotificationPreference",
    "Organisation",
    "OutboxMessage",
    "Partnership",
    "PolicyText",
    "Programme",
    "ProgrammeStaff",
    "Record",
    "Reminder",
    "ReportedFigure",
    "Sector",
    "StaffInvitation",
    "Stateful",
    "User",
    "shown_name",
    "zone_choices",
]
