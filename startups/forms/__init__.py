"""What comes in from browsers about startups: the record, its people, invitations, requests."""

from startups.forms.merge import MergeForm
from startups.forms.people import (
    ROLES_EXPLAINED,
    HandOverForm,
    InviteForm,
    JoinForm,
    TransferForm,
)
from startups.forms.record import RecordForms

__all__ = [
    "ROLES_EXPLAINED",
    "HandOverForm",
    "InviteForm",
    "JoinForm",
    "MergeForm",
    "RecordForms",
    "TransferForm",
]
