"""Sealing the trail in batches outside the hot path, and proving that nothing was changed."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import struct
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from portal import clock
from portal.models import AuditEntry, AuditSeal, FieldEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

logger = logging.getLogger(__name__)

#: Rows in one seal: forty bytes of each stand in it.
BATCH = 10_000
#: How long a run waits for those who are writing at its beginning, in seconds.
PATIENCE = 2.0
ROW = struct.Struct(">q32s")
#: Who seals takes this lock, so that two sweeps never seal at once.
LOCK = 0x7365616C


def sealed_models() -> list[Any]:
    """The tables that only grow: the trail, and the events of every watched model."""
    events = [model for model in apps.get_models() if issubclass(model, FieldEvent)]
    return [AuditEntry, *sorted(events, key=lambda model: str(model._meta.label_lower))]


# -- sealing --------------------------------------------------------------------------------------


def seal_if_due() -> int:
    """For the sweep: seal what is new, every `AUDIT_SEAL_SECONDS`."""
    pause = timedelta(seconds=settings.AUDIT_SEAL_SECONDS)
    newest = AuditSeal.objects.order_by("-id").values_list("at", flat=True).first()
    if newest is not None and clock.database_now() - newest < pause:
        return 0
    return len(seal())


def seal(*, patience: float = PATIENCE) -> list[AuditSeal]:
    """Seal every row that is decided and not sealed yet; the new seals.

    A key is drawn before its transaction commits, so a smaller key may appear after a larger one.
    Each table is therefore sealed up to the largest key that was there before we looked who is
    writing, and only once all of those have ended: whoever draws a key holds the table's lock for
    writers until the transaction ends. Where somebody writes for longer than ``patience`` the table
    waits for the next run.
    """
    made: list[AuditSeal] = []
    for model in sealed_models():
        last = _last_sealed(model)
        until = _largest(model)
        if until <= last or not _decided(model, patience):
            continue
        while last < until:
            with transaction.atomic():
                found = _seal_batch(model, last, until)
            if found is None:
                break
            made.append(found)
            last = found.last_id
    if made:
        logger.info(
            "trail sealed: %d seals, %d entries, last print %s",
            len(made),
            sum(one.count for one in made),
            made[-1].hash,
        )
    return made


def _seal_batch(model: Any, after: int, until: int) -> AuditSeal | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None  # another process is at it
    if _last_sealed(model) != after:
        return None
    columns = [field.column for field in model._meta.concrete_fields]
    rows = list(_prints(model, columns, after, until, limit=BATCH))
    if not rows:
        return None
    newest = AuditSeal.objects.defer("prints").order_by("-id").first()
    found = AuditSeal(
        label=model._meta.label_lower,
        first_id=rows[0][0],
        last_id=rows[-1][0],
        count=len(rows),
        columns=columns,
        prints=b"".join(ROW.pack(*row) for row in rows),
        keyed=bool(settings.AUDIT_SEAL_KEY),
        previous=newest.hash if newest else "",
    )
    found.hash = print_of(found)
    found.save(force_insert=True)
    return found


def _decided(model: Any, patience: float) -> bool:
    """Whether everybody who was writing to the table when we looked has ended by now."""
    writing = _writers(model)
    give_up = time.monotonic() + patience
    while writing and time.monotonic() < give_up:
        time.sleep(0.02)
        writing &= _writers(model)
    return not writing


def _writers(model: Any) -> set[str]:
    """The transactions that hold the lock of writers on the table, ours left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND relation = %s::regclass AND mode = 'RowExclusiveLock' "
            "AND pid IS DISTINCT FROM pg_backend_pid()",
            [_table(model)],
        )
        return {row[0] for row in cursor.fetchall()}


def _last_sealed(model: Any) -> int:
    newest = AuditSeal.objects.filter(label=model._meta.label_lower).order_by("-id")
    return newest.values_list("last_id", flat=True).first() or 0


def _largest(model: Any) -> int:
    return model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0


def _table(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _prints(
    model: Any, columns: Sequence[str], after: int, until: int, limit: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Key and SHA-256 of each row, over the named columns as the database writes them as JSON."""
    quote = connection.ops.quote_name
    types = {field.column: field.get_internal_type() for field in model._meta.concrete_fields}
    # An instant as a number: as text it depends on the zone of the connection.
    values = ", ".join(
        f"extract(epoch FROM {quote(name)})" if types.get(name) == "DateTimeField" else quote(name)
        for name in columns
    )
    key = quote(model._meta.pk.column)
    bound = "" if limit is None else f" LIMIT {limit:d}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, sha256(convert_to(jsonb_build_array({values})::text, 'UTF8')) "  # noqa: S608
            f"FROM {_table(model)} WHERE {key} > %s AND {key} <= %s ORDER BY {key}{bound}",
            [after, until],
        )
        while chunk := cursor.fetchmany(2_000):
            for found, digest in chunk:
                yield found, bytes(digest)


def print_of(seal: AuditSeal) -> str:
    """The print of a seal: over what it says, its rows' prints and the seal before."""
    said = json.dumps(
        [
            *(seal.label, seal.first_id, seal.last_id, seal.count, list(seal.columns)),
            *(hashlib.sha256(bytes(seal.prints)).hexdigest(), seal.keyed, seal.previous),
        ],
        separators=(",", ":"),
    ).encode()
    if seal.keyed:
        return hmac.new(settings.AUDIT_SEAL_KEY.encode(), said, hashlib.sha256).hexdigest()
    return hashlib.sha256(said).hexdigest()


# -- proving --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was sealed."""

    what: str
    label: str
    key: int
    seal: int

    def __str__(self) -> str:
        return f"{self.label} {self.key}: {self.what} (seal {self.seal})"


def verify(since: str = "") -> Iterator[Finding]:
    """Compute every seal anew and compare; each thing that differs, in the order of the seals.

    ``since`` is the print of a seal that was kept elsewhere: it has to stand in the chain, and with
    it everything up to it is proved against somebody who made all seals anew.
    """
    previous = ""
    reached: dict[str, int] = {}
    seen = not since
    for number in list(AuditSeal.objects.order_by("id").values_list("id", flat=True)):
        seal = AuditSeal.objects.get(pk=number)
        seen = seen or hmac.compare_digest(seal.hash, since)
        if seal.previous != previous:
            yield Finding("a seal before this one is missing", "portal.auditseal", number, number)
        if seal.keyed and not settings.AUDIT_SEAL_KEY:
            yield Finding(
                "sealed with a key: set AUDIT_SEAL_KEY", "portal.auditseal", number, number
            )
        elif not hmac.compare_digest(print_of(seal), seal.hash):
            yield Finding("the seal itself was changed", "portal.auditseal", number, number)
        yield from _differences(seal, reached.get(seal.label, 0))
        previous, reached[seal.label] = seal.hash, seal.last_id
    if not seen:
        yield Finding("the seal that was kept elsewhere is not in the chain", since, 0, 0)


def _differences(seal: AuditSeal, after: int) -> Iterator[Finding]:
    """What differs between a seal and the rows between the seal before and its last key."""
    sealed: dict[int, bytes] = dict(ROW.iter_unpack(bytes(seal.prints)))
    model = apps.get_model(seal.label)
    now = dict(_prints(model, seal.columns, after, seal.last_id))
    for key in sorted(sealed.keys() | now.keys()):
        if key not in now:
            yield Finding("was removed", seal.label, key, seal.pk)
        elif key not in sealed:
            yield Finding("was added after it was sealed", seal.label, key, seal.pk)
        elif now[key] != sealed[key]:
            yield Finding("was changed", seal.label, key, seal.pk)


def unsealed() -> int:
    """How many rows wait for the next seal."""
    return sum(
        model._default_manager.filter(pk__gt=_last_sealed(model)).count()
        for model in sealed_models()
    )
