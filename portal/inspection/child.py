"""Starts the inspection of one file as a process of its own and waits for its verdict."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
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
# -B: a bounded process must not leave half a compiled module to the others.
_COMMAND = (sys.executable, "-B", "-s", "-E", "-m", "portal.inspection")


class NoVerdict(Exception):
    """The inspection died or took too long; a second attempt may tell whether the file is why."""


class BrokenInspection(Exception):
    """The inspection cannot work on this machine, whatever the file."""


@dataclass(frozen=True)
class Verdict:
    """What came of a look: the rule that was broken, or nothing and perhaps a cleaned copy."""

    rule: Rule | None = None
    #: What the cleaned copy is without; empty where the file is taken as it is.
    cleaned: tuple[str, ...] = ()
    #: How long the processor was at it.
    seconds: float = 0.0


def inspect(path: str, kind: str, copy: str = "") -> Verdict:
    """The rule that the file breaks, if any; a cleaned copy, where one is needed, goes to ``copy``.

    Never takes longer than the wall allows.

    Raises:
        NoVerdict: the process died or was stopped.
        BrokenInspection: it could not even begin.
    """
    return run([*_COMMAND, "check", kind, path, copy])


def run(command: Sequence[str]) -> Verdict:
    """Run the command, bounded, and read its verdict."""
    code, said = _ask(command)
    if code == -signal.SIGXCPU:
        return Verdict(Rule.HEAVY, seconds=CPU_SECONDS)
    try:
        found = json.loads(said)
        rule = None if found["rule"] is None else Rule(found["rule"])
        cleaned = tuple(str(word) for word in found.get("cleaned", ()))
        return Verdict(rule, cleaned, float(found.get("seconds", 0)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoVerdict(f"ended with {code} and no verdict") from error


def draw(
    path: str, kind: str, folder: str, *, pages: int, width: int, used: float = 0.0
) -> list[tuple[int, int]]:
    """Pictures of the first pages in the folder, within what is left of the file's own bounds.

    Answers the size of each; none where it cannot be drawn, which is no fault of the file.
    """
    left = max(1, int(WALL_SECONDS - used))
    try:
        _code, said = _ask([*_COMMAND, "draw", kind, path, folder, *map(str, (pages, width, left))])
        found = json.loads(said)["pages"]
        return [(int(wide), int(high)) for wide, high in found][:pages]
    except (NoVerdict, BrokenInspection, ValueError, KeyError, TypeError):
        return []


def _ask(command: Sequence[str]) -> tuple[int, bytes]:
    """Run the command to its end; answers how it ended and what it said."""
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
    if child.returncode == BROKEN:
        raise BrokenInspection("a library of the inspection cannot be loaded")
    return child.returncode, said
