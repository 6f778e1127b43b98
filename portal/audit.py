"""Writing the audit trail, and reading it as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from portal.models import AuditEntry

if TYPE_CHECKING:
    from portal.models import User


def record(
    subject: Any,
    verb: str,
    *,
    actor: User | None,
    reason: str = "",
    from_state: str = "",
    to_state: str = "",
    facts: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write one entry about ``subject`` (asked for `startup_key` and `programme_key`).

    ``facts`` holds keys, instants and numbers only: an entry must never need to be erased.

    Raises:
        RuntimeError: outside a transaction, where the entry and the change could part.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry is written in the transaction of the change.")
    return AuditEntry.objects.create(
        actor=actor,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        startup_id=getattr(subject, "startup_key", None),
        programme_id=getattr(subject, "programme_key", None),
        from_state=from_state,
        to_state=to_state,
        reason=reason,
        facts=facts or {},
    )
