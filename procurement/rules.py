"""Who may read and state a startup's standing as a UN supplier."""

from __future__ import annotations

from typing import Any

import rules

from portal.choices import Role
from portal.rules import holds_anywhere, is_administrator
from startups.rules import is_member, met_as, writes

READERS = (Role.MANAGER, Role.COORDINATOR, Role.PROCUREMENT, Role.COMPLIANCE)

#: Audited accounts and what else is restricted.
SENSITIVE_READERS = (Role.PROCUREMENT, Role.COMPLIANCE)
#: Who judges evidence and confirms how registrations stand.
ADVISERS = (Role.PROCUREMENT,)


@rules.predicate
def reads_it_all(user: Any, evidence: Any = None) -> bool:
    """Whether the evidence is open to whoever sees the file, or the person may see what is not.

    Being administrator opens no audited accounts.
    """
    if evidence is None:
        return bool(user.has_role(None, *READERS))
    if not evidence.requirement.sensitive:
        return True
    startup = evidence.file.startup
    return bool(startup.has_member(user)) or any(
        programme in startup.met_by for programme in user.programmes_as(*SENSITIVE_READERS)
    )


@rules.predicate
def reads_file(user: Any, record: Any = None) -> bool:
    """Whether the person may see the supplier file the record is or belongs to."""
    if record is None:
        return bool(user.has_role(None, *READERS))
    return bool(sees(user, getattr(record, "file", record).startup))


sees = is_member | is_administrator | met_as(*READERS)


@rules.predicate
def advises(user: Any, record: Any = None) -> bool:
    """Whether the person is the procurement adviser of a programme that met the startup."""
    if record is None:
        return bool(user.has_role(None, *ADVISERS))
    startup = getattr(record, "file", record).startup
    # Nobody judges what their own organisation gave.
    return not startup.has_member(user) and any(
        programme in startup.met_by for programme in user.programmes_as(*ADVISERS)
    )


@rules.predicate
def prepares(user: Any, record: Any = None) -> bool:
    """Whether the person writes for the startup whose file it is."""
    if record is None:
        return False
    return bool(writes(user, getattr(record, "file", record).startup))


for name, predicate in {
    "procurement.view_requirement": holds_anywhere(*READERS),
    "procurement.add_requirement": is_administrator | holds_anywhere(*ADVISERS),
    "procurement.change_requirement": is_administrator | holds_anywhere(*ADVISERS),
    "procurement.view_coderevision": holds_anywhere(*READERS),
    "procurement.add_coderevision": is_administrator | holds_anywhere(*ADVISERS),
    "procurement.view_threshold": holds_anywhere(*READERS),
    "procurement.add_threshold": is_administrator | holds_anywhere(*ADVISERS),
    "procurement.change_threshold": is_administrator | holds_anywhere(*ADVISERS),
    "procurement.open_supplierfile": writes,
    "procurement.view_supplierfile": reads_file,
    "procurement.prepare_supplierfile": prepares,
    "procurement.view_evidence": reads_file & reads_it_all,
    "procurement.judge_evidence": advises & reads_it_all,
    "procurement.view_standing": reads_file,
    "procurement.confirm_standing": advises | prepares,
    "procurement.view_supplierstatement": is_member | is_administrator | met_as(*READERS),
    "procurement.add_supplierstatement": writes,
}.items():
    rules.add_perm(name, predicate)
