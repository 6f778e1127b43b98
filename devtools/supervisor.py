"""Starts, watches, restarts and stops the processes that belong to one dev.py."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from devtools.console import Failure, say
from devtools.paths import ROOT
from devtools.runs import die_with_parent, last_line, log_file, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_READY_SECONDS = 60.0
_POLL = 0.02
_TICK = 0.1
_LONGEST_PAUSE = 15.0
# A process that has run this long is healthy: its next restart happens at once.
_HEALTHY_SECONDS = 30.0

Verb = Literal["start", "stop", "restart"]


@dataclass
class Service:
    """One process: how it starts, what shows that it is ready, how it ends."""

    name: str
    command: list[str]
    env: Mapping[str, str]
    log: str
    # Asked with the process's number, since what a dead one left may still say that it is ready.
    is_ready: Callable[[int], bool] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # What a request to restart sends: the database is to fall over, not to say goodbye.
    restart_signal: signal.Signals = signal.SIGTERM
    restarts: bool = True
    # Said once when it ends by itself; empty for what may come and go.
    when_lost: str = ""
    needs: str = ""
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = True
    started_at: float = 0.0
    next_start: float = 0.0
    failures: int = 0

    @property
    def pid(self) -> int:
        """The process's number, 0 while there is none."""
        return self.process.pid if self.process is not None else 0

    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self.process is not None and self.process.poll() is None


def _spawn(service: Service) -> None:
    with log_file(service.log).open("ab") as log:
        service.process = subprocess.Popen(
            service.command,
            cwd=ROOT,
            env=dict(service.env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches dev.py alone, which stops the processes in their order.
            start_new_session=True,
            preexec_fn=die_with_parent(service.stop_signal),  # noqa: PLW1509 -- no threads here
        )
    service.started_at = time.monotonic()


@dataclass
class Supervisor:
    """The processes of one dev.py, in the order in which they were started."""

    requests: Path
    services: dict[str, Service] = field(default_factory=dict)
    hurry: bool = False

    def start(self, service: Service, *, wait: bool = True) -> None:
        """Start a process and wait until it is ready."""
        log = log_file(service.log)
        log.write_bytes(b"")
        self.services[service.name] = service
        _spawn(service)
        if wait:
            self.wait(service)

    def wait(self, service: Service) -> None:
        """Wait until a started process is ready, and say why when it will not be."""
        end = time.monotonic() + _READY_SECONDS
        while service.is_ready is not None and not service.is_ready(service.pid):
            ended = not service.is_running()
            if ended or time.monotonic() > end:
                log = log_file(service.log)
                said = last_line(log.read_text(encoding="utf-8", errors="replace"))
                how = "ended" if ended else "was not ready in time"
                quoted = f" ({said})" if said else ""
                message = f"The {service.name} process {how}{quoted}: details in {shown(log)}."
                raise Failure(message)
            time.sleep(_POLL)

    def run(self, command: Sequence[str | Path], env: Mapping[str, str]) -> int:
        """Run a command in the foreground while the services are watched, and return its code."""
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=dict(env),
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- no threads here
        )
        try:
            while child.poll() is None:
                self.tick()
                time.sleep(_POLL)
        except KeyboardInterrupt:
            # A terminal has told the command too; it deserves the time to tidy up.
            with suppress(subprocess.TimeoutExpired):
                child.wait(10)
            if child.poll() is None:
                child.terminate()
                child.wait()
            raise
        return child.returncode

    def watch(self) -> None:
        """Watch for ever; Ctrl-C ends it."""
        while True:
            self.tick()
            time.sleep(_TICK)

    def tick(self) -> None:
        """Look once after the requests and the processes."""
        self._answer_requests()
        now = time.monotonic()
        for service in self.services.values():
            if service.process is not None and service.process.poll() is not None:
                self._notice_end(service, now)
            if service.process is None and service.wanted and now >= service.next_start:
                needed = self.services.get(service.needs)
                if needed is None or needed.is_running():
                    _spawn(service)

    def _notice_end(self, service: Service, now: float) -> None:
        service.process = None
        if not service.wanted:
            return
        service.wanted = service.restarts
        was_healthy = now - service.started_at > _HEALTHY_SECONDS
        service.failures = 0 if was_healthy else service.failures + 1
        pause = 0.0 if was_healthy else min(_LONGEST_PAUSE, 0.5 * 2.0 ** (service.failures - 1))
        service.next_start = now + pause
        if service.when_lost and service.failures <= 1:
            say(service.when_lost)

    def _answer_requests(self) -> None:
        with suppress(FileNotFoundError):
            for name in sorted(os.listdir(self.requests)):  # noqa: PTH208 -- asked 50 times a second
                service_name, _, verb = name.partition(".")
                service = self.services.get(service_name)
                if service is not None:
                    self._change(service, verb)
                # Its disappearance is the answer.
                (self.requests / name).unlink(missing_ok=True)

    def _change(self, service: Service, verb: str) -> None:
        if verb in {"stop", "restart"}:
            service.wanted = False
            self._end(
                service,
                service.restart_signal if verb == "restart" else service.stop_signal,
            )
        if verb in {"start", "restart"} and not service.is_running():
            service.wanted = True
            service.failures = 0
            _spawn(service)
            self.wait(service)
        if verb in {"start", "stop"}:
            say(f"{service.name}: {'started' if verb == 'start' else 'stopped'} on request.")
        for other in self.services.values():
            if other.needs == service.name:
                other.next_start = 0.0

    def _end(self, service: Service, sign: signal.Signals, seconds: float = 15.0) -> None:
        process = service.process
        service.process = None
        if process is None or process.poll() is not None:
            return
        process.send_signal(sign)
        end = time.monotonic() + seconds
        while process.poll() is None:
            if time.monotonic() > end or self.hurry:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            time.sleep(_POLL)

    def stop_all(self) -> None:
        """Stop everything, the last started first, so that nothing loses what it stands on."""
        for service in reversed(self.services.values()):
            service.wanted = False
            # A database that is killed only has more to do at its next start, yet lose nothing.
            self._end(service, service.stop_signal)
        self.services.clear()


def request(folder: Path, service: str, verb: Verb, *, seconds: float = 90.0) -> None:
    """Ask the dev.py that owns that folder for a change and wait until it is made."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{service}.{verb}"
    file.touch()
    end = time.monotonic() + seconds
    while file.exists():
        if time.monotonic() > end:
            file.unlink(missing_ok=True)
            message = f"dev.py did not {verb} the {service} process in time."
            raise Failure(message)
        time.sleep(_POLL)
