"""Runs a command with its output in a log file and turns its failure into one sentence."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from devtools.console import Failure
from devtools.paths import LOGS, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_FULL_DISK = re.compile(
    r"No space left on device|ENOSPC|os error 28|Disk quota exceeded", re.IGNORECASE
)
_NO_NETWORK = re.compile(
    r"NewConnectionError|Temporary failure in name resolution|Name or service not known"
    r"|dns error|error sending request|Connection refused|Could not connect|ConnectTimeout"
    r"|Network is unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET"
    r"|Failed to fetch|ProxyError|Could not resolve",
    re.IGNORECASE,
)
_SET_PARENT_DEATH_SIGNAL = 1


def shown(path: Path) -> str:
    """The path as a person in the clone would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def last_line(text: str) -> str:
    """The last line with words in it, which is where most programs put the reason."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def reason(what: str, output: str, log: Path) -> str:
    """The one sentence for a failed command: full disk, no network, or its own last line."""
    if _FULL_DISK.search(output):
        return f"{what} failed because the disk is full: free some space and run the command again."
    if _NO_NETWORK.search(output):
        return (
            f"{what} failed because a package server could not be reached: check the network"
            f" (details in {shown(log)}) and run the command again."
        )
    said = last_line(output)
    return f"{what} failed{f' ({said})' if said else ''}: details in {shown(log)}."


def log_file(name: str) -> Path:
    """The log of that name, in a folder that exists."""
    LOGS.mkdir(parents=True, exist_ok=True)
    return LOGS / f"{name}.log"


def run_logged(
    what: str,
    command: Sequence[str | Path],
    *,
    log: str,
    env: Mapping[str, str] | None = None,
    text: str = "",
) -> str:
    """Run to the end, keep the output in a log, return it, and fail with one sentence."""
    path = log_file(log)
    with path.open("w+", encoding="utf-8", errors="replace") as file:
        try:
            done = subprocess.run(
                [str(part) for part in command],
                cwd=ROOT,
                env=None if env is None else dict(env),
                input=text,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        except OSError as error:
            message = f"{what} failed ({error}): details in {shown(path)}."
            raise Failure(message) from error
        file.seek(0)
        output = file.read()
    if done.returncode:
        raise Failure(reason(what, output, path))
    return output


def die_with_parent(sign: signal.Signals) -> Callable[[], None]:
    """Make what a child runs first, so that even a killed dev.py leaves no orphan (on Linux)."""
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask_the_kernel() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, int(sign))
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel
