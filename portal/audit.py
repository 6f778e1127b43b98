"""Writing the audit trail: what was changed, and what was looked at that is not everybody's."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection, transaction

from portal import clock
from portal.models import AuditEntry, FieldEvent
from portal.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.models import User

#: Looking, as against changing: each of these is an entry of its own kind.
READS = frozenset(
    {
        "download-data",
        "download-file",
        "download-original",
        "download-version",
        "export",
        "export-history",
        "look-as-applicant",
        "look-at-file",
        "open-draft",
        "open-restricted",
        "read-draft",
        "read-restricted",
        "read-private-note",
    }
)
#: What leaves the portal as a whole is an entry each time; the same page or file only once in:
AGAIN_AFTER = timedelta(minutes=15)
EACH_TIME = frozenset(
    {
        "download-data",
        "export",
        "export-history",
        "look-as-applicant",
        "read-private-note",
        "read-restricted",
    }
)


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


@transaction.atomic
def read(
    subject: Any, verb: str, *, by: User, facts: dict[str, Any] | None = None
) -> AuditEntry | None:
    """Write that somebody looked; ``None`` where the same was written a few minutes ago.

    Called before the answer is made, so that nothing is shown that is not written down. Never for
    the rows of a list.

    Raises:
        ValueError: the verb is none of `READS`.
    """
    if verb not in READS:
        raise ValueError(f"not a way of looking: {verb}")
    if verb not in EACH_TIME:
        earlier = AuditEntry.objects.about(subject).filter(
            actor=by, verb=verb, facts=facts or {}, at__gt=clock.database_now() - AGAIN_AFTER
        )
        if earlier.exists():
            return None
    return record(subject, verb, actor=by, facts=facts)


def may_name(entry: AuditEntry, reader: User) -> bool:
    """Whether the reader may know who did it, and why: oneself always."""
    sentence = registry.sentences.get(f"{entry.subject_type}:{entry.verb}")
    return (
        sentence is None
        or not sentence.permission
        or entry.actor_id == reader.pk
        or reader.has_perm(sentence.permission, entry)
    )


# -- who changes a watched row --------------------------------------------------------------------


@cache
def _watched_tables() -> re.Pattern[str]:
    """A statement that writes to a table whose events are kept."""
    events: list[Any] = [model for model in apps.get_models() if issubclass(model, FieldEvent)]
    tables = {re.escape(model.pgh_tracked_model._meta.db_table) for model in events}
    words = r"\s*(?:WITH|INSERT|UPDATE|DELETE|MERGE)\b"
    return re.compile(rf"{words}.*\b(?:{'|'.join(sorted(tables))})\b", re.IGNORECASE | re.DOTALL)


class Signature:
    """Says before each statement that writes a watched row who does it, and in which request.

    Only the keys of both: no address, no name, nothing of the person's device. pghistory's own
    middleware would say it before every statement that writes anything, and with the address.
    """

    def __init__(self, user: Callable[[], Any], request: str = "") -> None:
        self._user = user
        self._request = re.sub(r"[^A-Za-z0-9_-]", "", request)[:64]

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: bool,  # noqa: FBT001 -- Django's signature
        context: Any,
    ) -> Any:
        """Run the statement, signed where it writes a watched row."""
        if isinstance(sql, str) and _watched_tables().match(sql):
            sql = self._words() + sql
        return execute(sql, params, many, context)

    def _words(self) -> str:
        key = self._user()
        said = {"user": str(key) if key else None, "request": self._request or None}
        # Nothing that was typed: a key, and letters, digits and dashes.
        value = json.dumps({name: text for name, text in said.items() if text})
        return f"SELECT set_config('pghistory.context_metadata', '{value}', true); "
