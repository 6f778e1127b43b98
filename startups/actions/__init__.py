"""Verbs of startups: the record and its people, and two records that become one."""

from startups.actions.merge import merge, preview_of, undo
from startups.actions.record import (
    INVITATIONS_AT_ONCE,
    REQUESTS_AT_ONCE,
    ChangedMeanwhile,
    answer_invitation,
    ask_to_join,
    change_facts,
    change_role,
    create_startup,
    hand_over,
    invite_member,
    leave,
    let_editors_submit,
    meet,
    remove_member,
    transfer_ownership,
)

__all__ = [
    "INVITATIONS_AT_ONCE",
    "REQUESTS_AT_ONCE",
    "ChangedMeanwhile",
    "answer_invitation",
    "ask_to_join",
    "change_facts",
    "change_role",
    "create_startup",
    "hand_over",
    "invite_member",
    "leave",
    "let_editors_submit",
    "meet",
    "merge",
    "preview_of",
    "remove_member",
    "transfer_ownership",
    "undo",
]
