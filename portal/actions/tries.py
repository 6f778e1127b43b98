"""How often something may be tried: counted in a row, in one statement that nobody outruns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection

from portal.models import ClockNow, Tries

if TYPE_CHECKING:
    from datetime import datetime

# The row is locked by the conflict itself, so each of a burst counts what the ones before it left.
SPEND = """
    INSERT INTO portal_tries AS t (key, at, expires_at)
    VALUES (%(key)s, ARRAY[clock_timestamp()], clock_timestamp() + %(window)s::interval)
    ON CONFLICT (key) DO UPDATE
    SET at = ARRAY(
            SELECT one FROM unnest(t.at) one
            WHERE one > clock_timestamp() - %(window)s::interval
        ) || clock_timestamp(),
        expires_at = clock_timestamp() + %(window)s::interval
    WHERE (
        SELECT count(*) FROM unnest(t.at) one
        WHERE one > clock_timestamp() - %(window)s::interval
    ) < %(amount)s
    RETURNING t.at[cardinality(t.at)]
"""
WAIT = """
    SELECT extract(epoch FROM min(one) + %(window)s::interval - clock_timestamp())
    FROM portal_tries, unnest(at) one
    WHERE key = %(key)s AND one > clock_timestamp() - %(window)s::interval
"""


@dataclass(frozen=True)
class Allowance:
    """So many in so many seconds, of one kind."""

    kind: str
    amount: int
    seconds: int


@dataclass(frozen=True)
class Try:
    """One try that was allowed and counted."""

    key: str
    at: datetime


@dataclass(frozen=True)
class Pause:
    """No more for now, and for how many seconds."""

    seconds: int


def spend(allowance: Allowance, whose: str) -> Try | Pause:
    """Count one try of somebody; beyond the allowance none is counted and none may be made.

    Call it outside a transaction: one that is rolled back would have guessed for nothing.
    """
    key = key_of(allowance.kind, whose)
    given: dict[str, str | int] = {
        "key": key,
        "amount": allowance.amount,
        "window": f"{allowance.seconds} seconds",
    }
    with connection.cursor() as cursor:
        cursor.execute(SPEND, given)
        if (row := cursor.fetchone()) is not None:
            return Try(key, row[0])
        cursor.execute(WAIT, given)
        row = cursor.fetchone()
    return Pause(max(1, int(row[0] or 0) + 1))


def give_back(spent: Try) -> None:
    """Take a try out of the count because it was right: only wrong ones add up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE portal_tries SET at = array_remove(at, %s) WHERE key = %s",
            [spent.at, spent.key],
        )


def forget_old_tries() -> int:
    """Drop the rows that count nothing any more."""
    dropped, _by_model = Tries.objects.filter(expires_at__lt=ClockNow()).delete()
    return dropped


def key_of(kind: str, whose: str) -> str:
    """The row of one kind and one person or address, in which neither can be read."""
    return hashlib.sha256(f"{kind}\0{whose}".encode()).hexdigest()
