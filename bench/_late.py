"""Waiting by the database's clock, holding row locks, and two ways of deciding that accept late."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg2
from django.db import connection

if TYPE_CHECKING:
    import random

#: The database sleeps; whatever the web server takes the time to be, it wakes at that instant.
SLEEP = "SELECT pg_sleep(greatest(0, extract(epoch FROM %s::timestamptz - clock_timestamp())))"
NOW = "SELECT clock_timestamp()"
MAKE = """
    CREATE SCHEMA IF NOT EXISTS bench;
    DROP TABLE IF EXISTS bench.naive;
    CREATE TABLE bench.naive
        (id int PRIMARY KEY, deadline timestamptz, state text DEFAULT 'draft', at timestamptz);
"""


def sleep_until(instant: datetime) -> None:
    """Return when the database's clock shows ``instant``, in the session of this thread."""
    with connection.cursor() as cursor:
        cursor.execute(SLEEP, [instant])


class Locker:
    """Another session that holds a row until an instant, then lets go with or without a change."""

    def __init__(self, url: str) -> None:
        self._session = psycopg2.connect(url)
        self._thread: threading.Thread | None = None

    def hold(self, table: str, key: Any, *, until: datetime, change: bool) -> bool:
        """Take the row now and let go at ``until``; whether it was taken in time."""
        cursor = self._session.cursor()
        if change:
            # The row becomes another version: what waits has to look at it anew.
            cursor.execute(f"UPDATE {table} SET state = state WHERE id = %s", [str(key)])
        else:
            cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [str(key)])
        cursor.execute("SELECT clock_timestamp() < %s", [until])
        (is_early,) = cursor.fetchone()
        if not is_early:
            self._session.rollback()
            return False
        self._thread = threading.Thread(target=self._let_go, args=[cursor, until, change])
        self._thread.start()
        return True

    def _let_go(self, cursor: Any, until: datetime, change: bool) -> None:  # noqa: FBT001
        cursor.execute(SLEEP, [until])
        if change:
            self._session.commit()
        else:
            self._session.rollback()

    def wait(self) -> None:
        """Until it has let go."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """The session ends."""
        self.wait()
        self._session.close()


class Naive:
    """E1 and E2 of the design: deciding by `now()`, and by one conditional UPDATE behind a lock."""

    def __init__(self, url: str, trials: int, rng: random.Random) -> None:
        self.url, self.trials, self.rng = url, trials, rng
        self.late_by_now = self.late_by_update = self.stamped_early = 0
        self._session = psycopg2.connect(url)
        with self._session.cursor() as cursor:
            cursor.execute(MAKE)
        self._session.commit()
        self._locker = psycopg2.connect(url)

    def run(self) -> None:
        """Each way as often as asked, at offsets like those of the portal's own trials."""
        for number in range(self.trials):
            offset = timedelta(seconds=self.rng.uniform(-0.035, 0.035))
            self._by_now(2 * number, offset)
            self._by_update(2 * number + 1, offset, is_blocked=number % 3 == 0)
        self._session.close()
        self._locker.close()

    def _draft(self, cursor: Any, number: int) -> datetime:
        cursor.execute(
            "INSERT INTO bench.naive (id, deadline)"
            " VALUES (%s, clock_timestamp() + interval '100 ms') RETURNING deadline",
            [number],
        )
        (deadline,) = cursor.fetchone()
        self._session.commit()
        found: datetime = deadline
        return found

    def _by_now(self, number: int, offset: timedelta) -> None:
        """The transaction begins before the deadline, and `now()` is when it began."""
        with self._session.cursor() as cursor:
            deadline = self._draft(cursor, number)
            cursor.execute(SLEEP, [deadline + offset])
            cursor.execute(NOW)
            (decided,) = cursor.fetchone()
            cursor.execute(
                "UPDATE bench.naive SET state = 'submitted', at = now()"
                " WHERE id = %s AND now() < deadline",
                [number],
            )
            self.late_by_now += bool(cursor.rowcount and decided >= deadline)
        self._session.commit()

    def _by_update(self, number: int, offset: timedelta, *, is_blocked: bool) -> None:
        """The clock is read before the wait for the lock, and not again after it."""
        with self._session.cursor() as cursor:
            deadline = self._draft(cursor, number)
            release = deadline + abs(offset)
            freed: list[datetime] = []
            holding = threading.Thread(target=self._hold, args=[number, release, freed])
            ready = threading.Event()
            if is_blocked:
                self._held = ready
                holding.start()
                ready.wait(5)
                cursor.execute(SLEEP, [deadline - timedelta(milliseconds=20)])
            else:
                cursor.execute(SLEEP, [deadline + offset])
            cursor.execute(NOW)
            (begun,) = cursor.fetchone()
            cursor.execute(
                "UPDATE bench.naive SET state = 'submitted', at = clock_timestamp()"
                " WHERE id = %s AND clock_timestamp() < deadline RETURNING at",
                [number],
            )
            taken = cursor.fetchone()
        self._session.commit()
        if is_blocked:
            holding.join()
        decided = freed[0] if freed else begun
        if taken and decided >= deadline:
            self.late_by_update += 1
            self.stamped_early += bool(taken[0] < deadline)

    def _hold(self, number: int, until: datetime, freed: list[datetime]) -> None:
        with self._locker.cursor() as cursor:
            cursor.execute("SELECT 1 FROM bench.naive WHERE id = %s FOR UPDATE", [number])
            self._held.set()
            cursor.execute(SLEEP, [until])
            cursor.execute(NOW)
            freed.append(cursor.fetchone()[0])
        self._locker.rollback()
