"""Who may do what with a startup's record and its people."""

from __future__ import annotations

from typing import Any

import rules

from portal.choices import Role
from portal.rules import is_administrator
from startups.choices import MemberRole

STAFF_READERS = (
    Role.MANAGER,
    Role.COORDINATOR,
    Role.CHAIR,
    Role.APPROVER,
    Role.COMPLIANCE,
    Role.PROCUREMENT,
)


def belongs_as(*roles: MemberRole) -> Any:
    """Whether the person is a member of the record's startup in one of the roles."""

    def check(user: Any, record: Any = None) -> bool:
        if record is None or not user.is_authenticated or not user.is_active:
            return False
        return bool(getattr(record, "startup", record).has_member(user, *roles))

    return rules.predicate(check, name="belongs_as_" + "_or_".join(roles or ("anything",)))


def met_as(*roles: Role) -> Any:
    """Whether the person holds one of the roles in a programme that has met the startup."""

    def check(user: Any, record: Any = None) -> bool:
        if record is None:
            return bool(user.has_role(None, *roles))
        startup = getattr(record, "startup", record)
        return any(programme in startup.met_by for programme in user.programmes_as(*roles))

    return rules.predicate(check, name="met_as_" + "_or_".join(roles))


is_member = belongs_as()
is_owner = belongs_as(MemberRole.OWNER)
writes = belongs_as(MemberRole.OWNER, MemberRole.EDITOR)
staff_reads = is_administrator | met_as(*STAFF_READERS)
staff_manages = is_administrator | met_as(Role.MANAGER)


@rules.predicate
def was_asked(user: Any, join_request: Any = None) -> bool:
    """Whether the person owns the startup somebody asks to join."""
    return join_request is not None and bool(
        join_request.startup.has_member(user, MemberRole.OWNER)
    )


@rules.predicate
def asked(user: Any, join_request: Any = None) -> bool:
    """Whether the request is the person's own."""
    return join_request is not None and user.pk == join_request.user_id


@rules.predicate
def joins_records(user: Any, merge: Any = None) -> bool:
    """Whether the person may make two records one, or part them again; never their own.

    A manager where every programme that met either record is theirs; the compliance officer of a
    programme that met both also where others have met them; the administrator always.
    """
    if merge is None:
        return bool(user.has_role(None, Role.MANAGER, Role.COMPLIANCE))
    kept, gone = merge.kept, merge.gone
    if not user.is_active or kept.has_member(user) or gone.has_member(user):
        return False
    met = kept.met_by | gone.met_by
    managed = set(user.programmes_as(Role.MANAGER))
    checked = set(user.programmes_as(Role.COMPLIANCE))

    def met_both(programmes: set[Any]) -> bool:
        return bool(programmes & kept.met_by) and bool(
            gone.merged_into_id or programmes & gone.met_by
        )

    return bool(user.is_superuser or met_both(checked) or (met <= managed and met_both(managed)))


for name, predicate in {
    "startups.view_startup": is_member | staff_reads,
    "startups.add_startup": rules.is_authenticated,
    "startups.change_startup": writes,
    "startups.view_membership": is_member | staff_reads,
    "startups.manage_members": is_owner,
    "startups.hand_over_startup": staff_manages,
    "startups.merge_startup": is_administrator | met_as(Role.MANAGER, Role.COMPLIANCE),
    "startups.add_merge": joins_records,
    "startups.undo_merge": joins_records,
    "startups.view_invitation": writes | staff_manages,
    "startups.answer_invitation": rules.is_authenticated,
    "startups.withdraw_invitation": is_owner,
    "startups.view_joinrequest": was_asked | asked,
    "startups.answer_joinrequest": was_asked,
}.items():
    rules.add_perm(name, predicate)
