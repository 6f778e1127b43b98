"""Verbs of the kernel, one module a subject."""

from portal.actions.letters import post_code, resend_letter, sweep, without_secrets
from portal.actions.people import (
    accept_staff_invitation,
    end_role,
    give_role,
    invite_staff,
    why_not_invite,
    withdraw_staff_invitation,
)
from portal.actions.tokens import hash_of, new_token

__all__ = [
    "accept_staff_invitation",
    "end_role",
    "give_role",
    "hash_of",
    "invite_staff",
    "new_token",
    "post_code",
    "resend_letter",
    "sweep",
    "why_not_invite",
    "withdraw_staff_invitation",
    "without_secrets",
]
