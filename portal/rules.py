"""Who may, in every app: predicates over a person's roles in the record's programme.

A predicate is asked with a record, or with ``None`` for "any such record at all", which is what
the admin asks before it shows a menu entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rules

from portal.choices import Role

if TYPE_CHECKING:
    from rules.predicates import Predicate


def holds(*roles: Role) -> Predicate:
    """Whether the person holds one of the roles in the record's programme."""

    def check(user: Any, record: Any = None) -> bool:
        if not user.is_authenticated:
            return False
        if record is None:
            return bool(user.has_role(None, *roles))
        key = getattr(record, "programme_key", None)  # people belong to no programme
        return bool(user.is_superuser and user.is_active) or (
            key is not None and bool(user.has_role(key, *roles))
        )

    name = "holds_" + "_or_".join(roles or ("any_role",))
    predicate: Predicate = rules.predicate(check, name=name)
    return predicate


def holds_anywhere(*roles: Role) -> Predicate:
    """Whether the person holds one of the roles in any programme, for records that have none."""

    def check(user: Any, _record: Any = None) -> bool:
        return bool(user.is_authenticated and user.has_role(None, *roles))

    name = "holds_anywhere_" + "_or_".join(roles or ("any_role",))
    predicate: Predicate = rules.predicate(check, name=name)
    return predicate


@rules.predicate
def is_administrator(user: Any, _record: Any = None) -> bool:
    """The administrator of the whole portal."""
    return bool(user.is_authenticated and user.is_active and user.is_superuser)


@rules.predicate
def is_oneself(user: Any, record: Any = None) -> bool:
    """The record is the person who asks, or belongs to them."""
    return record is not None and user.pk in {
        getattr(record, "pk", None),
        getattr(record, "user_id", None),
        getattr(record, "recipient_id", None),
    }


@rules.predicate
def leads_colleague(user: Any, person: Any = None) -> bool:
    """Whether the person works in a programme the one who asks runs, or whose jury they chair."""
    led = user.programmes_as(Role.MANAGER, Role.COORDINATOR, Role.CHAIR)
    if person is None:
        return bool(led)
    return bool(user.is_superuser) or any(programme in person.roles for programme in led)


manages = holds(Role.MANAGER)
runs = holds(Role.MANAGER, Role.COORDINATOR)
works_for = holds()
works_anywhere = holds_anywhere()

for name, predicate in {
    "portal.view_programme": works_for,
    "portal.add_programme": is_administrator,
    "portal.change_programme": manages,
    "portal.view_programmestaff": runs | is_oneself,
    "portal.add_programmestaff": is_administrator,
    "portal.change_programmestaff": manages,
    "portal.end_programmestaff": manages,
    "portal.view_staffinvitation": manages,
    "portal.add_staffinvitation": manages,
    "portal.withdraw_staffinvitation": manages,
    "portal.view_user": is_administrator | leads_colleague | is_oneself,
    "portal.change_user": is_administrator,
    "portal.add_user": is_administrator,
    "portal.export_auditentry": holds(Role.COMPLIANCE),
    "portal.view_auditentry": holds(Role.MANAGER, Role.COMPLIANCE, Role.APPROVER),
    "portal.view_outboxmessage": runs | holds(Role.COMPLIANCE),
    "portal.resend_outboxmessage": runs,
    "portal.view_label": runs,
    "portal.add_label": runs,
    "portal.change_label": runs,
    "portal.view_emailchange": is_administrator,
    "portal.settle_emailchange": is_administrator,
    "portal.view_closing": is_administrator,
    "portal.reopen_closing": is_administrator,
    "portal.view_retention": is_administrator,
    "portal.change_retention": is_administrator,
    "portal.view_policytext": is_administrator,
    "portal.add_policytext": is_administrator,
    "portal.view_sector": works_anywhere,
    "portal.add_sector": is_administrator,
    "portal.change_sector": is_administrator,
    "portal.view_organisation": works_anywhere,
    "portal.add_organisation": holds_anywhere(Role.MANAGER),
    "portal.change_organisation": is_administrator,
    "portal.view_location": works_for,
    "portal.add_location": manages,
    "portal.change_location": manages,
    "portal.view_partnership": works_for,
    "portal.add_partnership": manages,
    "portal.change_partnership": manages,
    "portal.view_reportedfigure": works_for,
    "portal.add_reportedfigure": manages,
    "portal.change_reportedfigure": manages,
}.items():
    rules.add_perm(name, predicate)
