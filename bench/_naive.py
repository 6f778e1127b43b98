"""The control: reminders as one would write them first, beside the product and on the same days.

Due is so many times 24 hours before the instant; whoever finds a job due sends it and marks it
afterwards; moving the day plans it once more and forgets the jobs that are there.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bench._control import owner_session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from bench._day import Hours

MAKE = """
    CREATE TABLE bench.job (
        id bigserial PRIMARY KEY, person uuid, version int, days int, due timestamptz,
        done boolean NOT NULL DEFAULT false
    );
    CREATE TABLE bench.letter (
        job bigint, at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
    );
"""
DAYS = (14, 7, 1)


class Naive:
    """Three of its schedulers, as many as the product's."""

    def __init__(self, owner_url: str, schedulers: int) -> None:
        self._url = owner_url
        self._session = owner_session(owner_url)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _number in range(schedulers)]
        self.moved_at: dict[int, Any] = {}
        with self._session.cursor() as cursor:
            cursor.execute(MAKE)
        for thread in self._threads:
            thread.start()

    def plan(self, hours: Hours, people: Sequence[UUID], now: Any) -> None:
        """Once for each date of the day; what was planned before stays."""
        rows = [
            (str(person), hours.version, days, hours.starts_at - timedelta(hours=24 * days))
            for person in people
            for days in DAYS
            if hours.starts_at - timedelta(hours=24 * days) > now
        ]
        with self._session.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO bench.job (person, version, days, due) VALUES (%s, %s, %s, %s)", rows
            )
            cursor.execute("SELECT pg_catalog.clock_timestamp()")
            self.moved_at[hours.version] = cursor.fetchone()[0]

    def _run(self) -> None:
        session = owner_session(self._url)
        with session.cursor() as cursor:
            while not self._over.is_set():
                cursor.execute(
                    "SELECT id FROM bench.job WHERE NOT done AND due <= bench.clock_timestamp()"
                )
                for (key,) in cursor.fetchall():
                    cursor.execute("INSERT INTO bench.letter (job) VALUES (%s)", [key])
                    cursor.execute("UPDATE bench.job SET done = true WHERE id = %s", [key])
                time.sleep(0.05)
        session.close()

    def stop(self) -> None:
        """No more letters."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def judge(self, dates: Sequence[Hours]) -> dict[str, int]:
        """What its readers got: of a date that did not hold any more, at another hour, twice."""
        walls = {hours.version: hours for hours in dates}
        found: Counter[str] = Counter()
        with self._session.cursor() as cursor:
            cursor.execute(
                "SELECT version, due, at, letter.job FROM bench.letter letter"
                " JOIN bench.job job ON job.id = letter.job"
            )
            seen: Counter[int] = Counter()
            for version, due, at, job in cursor.fetchall():
                seen[job] += 1
                hours = walls[version]
                found["letters"] += 1
                there = due.astimezone(ZoneInfo(hours.zone))
                found["hour"] += there.time() != hours.wall.time()
                gone = self.moved_at.get(version + 1)
                found["outdated"] += gone is not None and at > gone
            found["twice"] = sum(count > 1 for count in seen.values())
        self._session.close()
        return {name: found[name] for name in ("letters", "hour", "outdated", "twice")}
