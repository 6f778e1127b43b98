"""Facts of the kernel: people, programmes, what happened, what was said."""

from portal.models.access import KnownDevice
from portal.models.account import Closing, EmailChange, Retention, Tries
from portal.models.audit import AuditEntry
from portal.models.base import ClockNow, Record, Stateful, came_with, has_rows
from portal.models.calendar import CalendarFeed
from portal.models.document import Document
from portal.models.events import FieldEvent, ProgrammeStaffEvent, UserEvent, watched
from portal.models.ground import AnsweredRequest, Heartbeat, PolicyText
from portal.models.letters import (
    EVERY_OPTIONAL,
    Dispatch,
    InboxNotice,
    NotificationPreference,
    OutboxMessage,
    Reminder,
)
from portal.models.programme import (
    Label,
    Location,
    Organisation,
    Partnership,
    Programme,
    ReportedFigure,
    Sector,
)
from portal.models.seal import AuditSeal
from portal.models.upload import DocumentPage, Upload
from portal.models.user import ProgrammeStaff, StaffInvitation, User, shown_name, zone_choices

__all__ = [
    "EVERY_OPTIONAL",
    "AnsweredRequest",
    "AuditEntry",
    "AuditSeal",
    "CalendarFeed",
    "ClockNow",
    "Closing",
    "Dispatch",
    "Document",
    "DocumentPage",
    "EmailChange",
    "FieldEvent",
    "Heartbeat",
    "InboxNotice",
    "KnownDevice",
    "Label",
    "Location",
    "NotificationPreference",
    "Organisation",
    "OutboxMessage",
    "Partnership",
    "PolicyText",
    "Programme",
    "ProgrammeStaff",
    "ProgrammeStaffEvent",
    "Record",
    "Reminder",
    "ReportedFigure",
    "Retention",
    "Sector",
    "StaffInvitation",
    "Stateful",
    "Tries",
    "Upload",
    "User",
    "UserEvent",
    "came_with",
    "has_rows",
    "shown_name",
    "watched",
    "zone_choices",
]
