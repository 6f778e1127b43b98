"""The real web server under a bench, and what befalls it: workers killed, PostgreSQL restarted."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psycopg2
from django.db import connection

from devtools.runs import die_with_parent

if TYPE_CHECKING:
    import random

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2
THREADS = 8
TICKS = os.sysconf("SC_CLK_TCK")


def collect_static(folder: str) -> None:
    """The files as production serves them: hashed names, compressed beside."""
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--no-input"],
        env={**os.environ, "STATIC_ROOT": folder, "STATIC_MANIFEST": "1", "DEBUG": "0"},
        stdout=subprocess.DEVNULL,
        check=True,
    )


class Server:
    """Gunicorn with the portal's own settings, on a port that nobody else can have taken."""

    def __init__(self, module: str, log: Path, **env: str) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.listener.set_inheritable(True)
        self.port: int = self.listener.getsockname()[1]
        self.log = log
        self._env = {
            **os.environ,
            "WEB_WORKERS": str(WORKERS),
            "WEB_THREADS": str(THREADS),
            **env,
        }
        self._command = [
            *(sys.executable, "-m", "gunicorn", "-c", "portal/gunicorn.py"),
            *("--bind", f"fd://{self.listener.fileno()}", "--backlog", "2048", module),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._env,
                pass_fds=[self.listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- before any thread
            )
        self._wait()
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.listener.close()

    def _wait(self) -> None:
        assert self._process is not None
        end = time.monotonic() + 60
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(OSError, HTTPException):
                asked = HTTPConnection("127.0.0.1", self.port, timeout=30)
                asked.request("GET", "/healthz", headers={"Host": f"localhost:{self.port}"})
                if asked.getresponse().status == 200:
                    return
            time.sleep(0.1)
        sys.exit(f"The web server does not answer: see {self.log}.")

    def workers(self) -> list[int]:
        """The processes that answer requests now."""
        assert self._process is not None
        pid = self._process.pid
        with suppress(OSError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
            return [int(child) for child in children.split()]
        return []

    def kill_one(self, rng: random.Random) -> bool:
        """SIGKILL to one worker, with all that it is about to do."""
        workers = self.workers()
        if not workers:
            return False
        with suppress(ProcessLookupError):
            os.kill(rng.choice(workers), signal.SIGKILL)
            return True
        return False

    def start_cpu_seconds(self) -> float:
        """Processor time of all that had to run until the first answer."""
        assert self._process is not None
        return sum(_cpu_of(pid) for pid in [self._process.pid, *self.workers()])

    def cpu_seconds(self) -> float:
        """What the web workers and their sessions of the database have used so far."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            sessions = [pid for (pid,) in cursor.fetchall()]
        return sum(_cpu_of(pid) for pid in [*self.workers(), *sessions])


def _cpu_of(pid: int) -> float:
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / TICKS


def restart_postgres() -> bool:
    """Let PostgreSQL fall over (immediate mode) and come back; whether it really did."""
    before = _started_at()
    control = json.loads(os.environ["BENCH_PG_CTL"])
    done = subprocess.run([*control, "restart"], capture_output=True, check=False, cwd=ROOT)
    return done.returncode == 0 and _started_at() != before


def _started_at() -> object:
    """When this PostgreSQL was started, asked in a session of its own."""
    for _try in range(100):
        with suppress(psycopg2.OperationalError):
            session = psycopg2.connect(os.environ["DATABASE_URL"])
            with session, session.cursor() as cursor:
                cursor.execute("SELECT pg_postmaster_start_time()")
                (instant,) = cursor.fetchone()
            session.close()
            return instant
        time.sleep(0.1)
    return None


@dataclass
class Chaos:
    """Kills and restarts at fixed instants around a deadline, decided by the seed alone."""

    server: Server
    rng: random.Random
    begin: float
    end: float
    kills_wanted: int = 12
    restarts_wanted: int = 2
    kills: int = 0
    restarts: int = 0
    _thread: threading.Thread = field(init=False)

    def start(self, deadline: float) -> None:
        """Begin; ``deadline`` is an instant of the monotonic clock."""
        self._thread = threading.Thread(target=self._run, args=(deadline,))
        self._thread.start()

    def join(self) -> None:
        """Wait until all of it has happened."""
        self._thread.join()

    def plan(self) -> list[tuple[float, str]]:
        """What happens when, in seconds from the deadline."""
        length = self.end - self.begin
        step = length / self.kills_wanted
        kills = [
            (self.begin + (number + self.rng.random()) * step, "kill")
            for number in range(self.kills_wanted)
        ]
        # All restarts lie before the deadline, the last shortly before it: there it hurts most.
        share = -self.begin / self.restarts_wanted
        restarts = [
            (self.begin + (number + self.rng.uniform(0.4, 0.8)) * share, "restart")
            for number in range(self.restarts_wanted)
        ]
        return sorted(kills + restarts)

    def _run(self, deadline: float) -> None:
        for offset, what in self.plan():
            time.sleep(max(deadline + offset - time.monotonic(), 0))
            if what == "kill":
                # A worker that was killed a moment ago may not have been replaced yet.
                for _try in range(50):
                    if self.server.kill_one(self.rng):
                        self.kills += 1
                        break
                    time.sleep(0.02)
            elif restart_postgres():
                self.restarts += 1
