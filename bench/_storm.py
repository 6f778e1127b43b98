"""The portal's workers and scheduler under a bench, and what befalls them and their services."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import redis

from bench._server import ROOT, restart_postgres
from devtools.runs import die_with_parent

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping
    from pathlib import Path

APP = ["-m", "celery", "-A", "bench._queue"]
#: The control's worker takes up several letters at once, as Celery does unless told otherwise.
COMMANDS = {
    "worker-1": [*APP, "worker", "-P", "threads", "-c", "2", "-n", "one@bench", "-Q", "celery"],
    "worker-2": [*APP, "worker", "-P", "threads", "-c", "2", "-n", "two@bench", "-Q", "celery"],
    "control": [
        *(*APP, "worker", "-P", "threads", "-c", "2", "-n", "control@bench", "-Q", "control"),
        *("--prefetch-multiplier", "4"),
    ],
    "beat": [*APP, "beat"],
}
QUIET = ["-l", "WARNING"]


class Crew:
    """Two workers, the control's worker and the scheduler; whoever ends is started again."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        self._env, self._log = env, log
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._keep, daemon=True)
        self.starts = 0

    def __enter__(self) -> Self:
        self._log.write_bytes(b"")
        # From this thread: a child ends with the thread that made it.
        self._watch.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._watch.join()

    def _keep(self) -> None:
        while not self._over.wait(0.2):
            for name in COMMANDS:
                process = self._processes.get(name)
                if process is None or process.poll() is not None:
                    self._start(name)
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _start(self, name: str) -> None:
        command = [sys.executable, *COMMANDS[name], *QUIET]
        if name == "beat":
            command += ["-s", str(self._log.with_suffix(".schedule")), "--pidfile="]
        with self._log.open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**self._env, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- before any thread
            )
        self.starts += 1

    def kill(self, name: str) -> bool:
        """SIGKILL to one of them, with all that it is about to do."""
        process = self._processes.get(name)
        if process is None or process.poll() is not None:
            return False
        process.kill()
        return True


def _control(name: str) -> None:
    subprocess.run(json.loads(os.environ[name]), capture_output=True, check=False, cwd=ROOT)


def _client() -> redis.Redis:
    path = os.environ["REDIS_URL"].partition("://")[2].partition("?")[0]
    return redis.Redis(unix_socket_path=path)


@dataclass
class Storm:
    """Kills, an emptied broker, a killed one, a fallen PostgreSQL; the seed decides when."""

    crew: Crew
    rng: random.Random
    #: How much of the work is done, from 0 to 1: things fall over while letters are written, on a
    #: slow machine too.
    progress: Callable[[], float]
    kills: int = 0
    flushes: int = 0
    broker: int = 0
    postgres: int = 0
    _thread: threading.Thread = field(init=False)

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def join(self) -> None:
        """Wait until all of it has happened."""
        self._thread.join()

    def plan(self) -> list[tuple[float, str]]:
        """What happens when: the kinds spread over the whole work, each a little out of step."""
        wanted = {"kill": 24, "flush": 4, "broker": 3, "postgres": 4}
        happening = [
            ((number + self.rng.uniform(0.1, 0.9)) / count, what)
            for what, count in wanted.items()
            for number in range(count)
        ]
        return sorted(happening)

    def _run(self) -> None:
        for share, what in self.plan():
            while self.progress() < share:
                time.sleep(0.05)
            getattr(self, f"_{what}")()

    def _kill(self) -> None:
        # The control's worker is killed less often than each of the portal's.
        name = self.rng.choice(["worker-1", "worker-1", "worker-2", "worker-2", "control", "beat"])
        for _try in range(50):  # one that was killed a moment ago may not be back yet
            if self.crew.kill(name):
                self.kills += 1
                return
            time.sleep(0.1)

    def _flush(self) -> None:
        with suppress(redis.RedisError, OSError):
            _client().flushall()
            self.flushes += 1

    def _broker(self) -> None:
        """Killed, away for some seconds, and started again, empty."""
        with suppress(redis.RedisError, OSError):
            os.kill(int(_client().info("server")["process_id"]), signal.SIGKILL)  # type: ignore[index]
            self.broker += 1
        time.sleep(self.rng.uniform(1.5, 4))
        _control("BENCH_REDIS_START")

    def _postgres(self) -> None:
        if restart_postgres():
            self.postgres += 1
