"""What a request costs: processor time of web and database, statements, rows read, memory."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: The token against forgery, in cookie and form alike, as Django takes it unmasked.
TOKEN = "a" * 32
#: The server closes a connection that is silent for two seconds.
KEPT_OPEN = 1.0
NANO = 1_000_000_000


@dataclass
class Answer:
    """What came back, and how long the first and the last byte took."""

    status: int
    headers: dict[str, str]
    body: bytes
    first_byte: float
    seconds: float

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return self.headers.get("location", "")

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode()


class Client:
    """One person at one connection that stays open, as a browser keeps it."""

    def __init__(self, port: int, session: str = "") -> None:
        self._port = port
        self._cookie = f"csrftoken={TOKEN}; sessionid={session}" if session else ""
        self._server = HTTPConnection("127.0.0.1", port, timeout=120)
        self._last = 0.0

    def ask(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        **headers: str,
    ) -> Answer:
        """One request; whatever happens to the connection, the next one opens it anew."""
        asked = {"Host": f"localhost:{self._port}", **headers}
        body = None
        if self._cookie:
            asked["Cookie"] = self._cookie
        if form is not None:
            body = urlencode({"csrfmiddlewaretoken": TOKEN, **form})
            origin = f"http://localhost:{self._port}"
            asked |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": origin,
                "Referer": origin + path,
            }
        begin = time.perf_counter()
        if begin - self._last > KEPT_OPEN:
            self._server.close()
        self._server.request(method, path, body, asked)
        answer = self._server.getresponse()
        content = answer.read(1)
        first_byte = time.perf_counter() - begin
        content += answer.read()
        self._last = time.perf_counter()
        return Answer(
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            content,
            first_byte,
            time.perf_counter() - begin,
        )

    def get(self, path: str, **headers: str) -> Answer:
        """Load a page."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        """Send a form; redirects are not followed."""
        return self.ask("POST", path, form, **headers)

    def close(self) -> None:
        """Leave."""
        self._server.close()


def nanoseconds_of(pid: int) -> int:
    """Processor time of all threads of a process, as the scheduler counts it."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
        except OSError:
            continue
    return total


def database_sessions() -> list[int]:
    """The processes in which PostgreSQL works for others than this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND usename = current_user AND backend_type = 'client backend'"
        )
        return [pid for (pid,) in cursor.fetchall()]


def cpu_seconds(workers: list[int]) -> float:
    """What the web workers and their sessions of the database have used so far."""
    return sum(nanoseconds_of(pid) for pid in [*workers, *database_sessions()]) / NANO


#: A project with nothing of its own: what Django and Python need before anybody writes a line.
_BARE = """
from time import process_time
import django
from django.conf import settings
apps = "admin auth contenttypes sessions messages staticfiles".split()
settings.configure(INSTALLED_APPS=[f"django.contrib.{name}" for name in apps])
django.setup()
import django.core.handlers.wsgi
print(process_time())
"""


def bare_start_seconds() -> float:
    """Processor time in which a bare Django project starts here and now: the quickest of three."""
    return min(
        float(subprocess.check_output([sys.executable, "-c", _BARE], text=True))
        for _one in range(3)
    )


def proportional_memory(pid: int) -> float:
    """MiB of a process, what it shares counted by its share (PSS)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def resident_memory(pid: int) -> float:
    """MiB of a process, all of what it shares counted (RSS)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _rows_so_far() -> int:
    """Rows that scans of tables returned, and entries that scans of indexes did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables")
        (tables,) = cursor.fetchone()
        cursor.execute("SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes")
        (indexes,) = cursor.fetchone()
    return int(tables) + int(indexes)


def _end_sessions() -> None:
    """End the web's sessions: PostgreSQL adds up what a session read when it ends."""
    end = time.monotonic() + 10
    while sessions := database_sessions():
        with connection.cursor() as cursor:
            for pid in sessions:
                cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        if time.monotonic() > end:
            break
        time.sleep(0.02)


def rows_read(work: Callable[[], Any]) -> tuple[int, Any]:
    """How many rows and index entries PostgreSQL reads for it, and what it answers."""
    _end_sessions()
    before = _rows_so_far()
    answer = work()
    _end_sessions()
    return _rows_so_far() - before, answer


def compressed(body: bytes) -> int:
    """What a proxy that compresses sends of it, in bytes: gzip, the lesser of the two."""
    return len(gzip.compress(body, 6))


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


@dataclass
class Cost:
    """What one page costs."""

    cpu_ms: float = 0.0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    statements: list[int] = field(default_factory=list)
    rows: int = 0

    def spread(self) -> float:
        """How far the slow ones are from the usual."""
        return self.p95_ms / self.p50_ms if self.p50_ms else 0.0


def windows(numbers: range, size: int) -> Iterator[range]:
    """The numbers in windows of a size."""
    for start in range(numbers.start, numbers.stop, size):
        yield range(start, min(start + size, numbers.stop))
