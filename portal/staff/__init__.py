"""The staff's place of work: Django's admin with one site, scoped rows, steps instead of states.

Every admin of every app builds on `ScopedAdmin`: rows start at ``visible_to``, permissions are
asked of the rules with the record in hand, nothing is deleted, states are read-only and change by
steps.
"""

from portal.staff import sentences
from portal.staff.history import history_of
from portal.staff.inline import ScopedStackedInline, ScopedTabularInline
from portal.staff.keyset import KeysetList
from portal.staff.record import ReadOnlyAdmin, ScopedAdmin
from portal.staff.site import MenuGroup, MenuLink, PortalAdminSite
from portal.staff.telling import Teller
from portal.staff.undelivered import telephones_of, undelivered

__all__ = [
    "KeysetList",
    "MenuGroup",
    "MenuLink",
    "PortalAdminSite",
    "ReadOnlyAdmin",
    "ScopedAdmin",
    "ScopedStackedInline",
    "ScopedTabularInline",
    "Teller",
    "history_of",
    "sentences",
    "telephones_of",
    "undelivered",
]
