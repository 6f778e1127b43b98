"""Starts the inspection of one file as a process of its own and waits for its verdict."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from portal.inspection.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What one inspection may use. The process sets its own limits; this side watches the clock.
MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 4
WALL_SECONDS = 5.0
#: How the process says that a library is missing: our fault, never the file's.
BROKEN = 70
_ROOT = Path(__file__).resolve().parents[2]


class NoVerdict(Exception):
    """The inspection died or took too long; a second attempt may tell whether the file is why."""


class BrokenInspection(Exception):
    """The inspection cannot work on this machine, whatever the file."""


def inspect(path: str, kind: str) -> Rule | None:
    """The rule that the file breaks, or ``None``; never takes longer than the wall allows.

    Raises:
        NoVerdict: the process died or was stopped.
        BrokenInspection: it could not even begin.
    """
    # -B: a bounded process must not leave half a compiled module to the others.
    return run([sys.executable, "-B", "-s", "-E", "-m", "portal.inspection", kind, path])


def run(command: Sequence[str]) -> Rule | None:
    """Run the command, bounded, and read its verdict."""
    try:
        child = subprocess.Popen(  # noqa: S603 -- our own module; the file is an argument only
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            # No secret of ours, no address of a database: there is nothing to take.
            env={"LANG": "C.UTF-8"},
            start_new_session=True,
        )
    except OSError as error:
        raise BrokenInspection(str(error)) from error
    try:
        said, _nothing = child.communicate(timeout=WALL_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NoVerdict(f"no verdict within {WALL_SECONDS:g} seconds") from error
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    if child.returncode == -signal.SIGXCPU:
        return Rule.HEAVY
    if child.returncode == BROKEN:
        raise BrokenInspection("a library of the inspection cannot be loaded")
    try:
        verdict = json.loads(said)["rule"]
        return None if verdict is None else Rule(verdict)
    except (ValueError, KeyError, TypeError) as error:
        raise NoVerdict(f"ended with {child.returncode} and no verdict") from error
