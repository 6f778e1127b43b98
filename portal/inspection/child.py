"""Starts the inspection of one file as a process of its own and waits for its verdict."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from portal.inspection.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What one file may use, check and pictures together: memory, and seconds of the processor. The
#: process sets its own limits. By the clock it may take longer, since whoever loads a page goes
#: first: that limit, which this side watches, is for a process that sleeps or is stuck.
MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 5
WALL_SECONDS = 30.0
#: How far it gives way: beside one that wants all of a processor, a check gets a tenth of it. At
#: the lowest priority it would get a seventieth, and a file would take minutes on a busy evening.
NICE = 10
#: Seconds after which a process that got nowhere gives way no longer.
PATIENCE = 10.0
#: How the process says that a library is missing: our fault, never the file's.
BROKEN = 70
_ROOT = Path(__file__).resolve().parents[2]
# -B: a bounded process must not leave half a compiled module to the others.
_COMMAND = (sys.executable, "-B", "-s", "-E", "-m", "portal.inspection")


class NoVerdict(Exception):
    """The inspection died or took too long; a second attempt may tell whether the file is why."""


class BrokenInspection(Exception):
    """The inspection cannot work on this machine, whatever the file."""


class Starved(Exception):
    """The machine was too busy to give the inspection a processor: never the file's fault."""


@dataclass(frozen=True)
class Pace:
    """How long an inspection may take by the clock, and how far it gives way meanwhile."""

    wall: float = WALL_SECONDS
    #: 0 where it need not, on a machine of its own.
    nice: int = NICE


USUAL = Pace()


@dataclass(frozen=True)
class Verdict:
    """What came of a look: the rule that was broken, or nothing and perhaps a cleaned copy."""

    rule: Rule | None = None
    #: What the cleaned copy is without; empty where the file is taken as it is.
    cleaned: tuple[str, ...] = ()
    #: How long the processor was at it.
    seconds: float = 0.0


def inspect(path: str, kind: str, copy: str = "", *, pace: Pace = USUAL) -> Verdict:
    """The rule that the file breaks, if any; a cleaned copy, where one is needed, goes to ``copy``.

    Never takes longer than twice the wall: once giving way, once more where that got nowhere.

    Raises:
        NoVerdict: the process died or was stopped.
        Starved: the machine had no processor for it.
        BrokenInspection: it could not even begin.
    """
    command = [*_COMMAND, "check", str(CPU_SECONDS), str(pace.wall), kind, path, copy]
    return run(command, pace=pace)


def run(command: Sequence[str], *, pace: Pace = USUAL) -> Verdict:
    """Run the command, bounded, and read its verdict."""
    code, said = _ask(command, pace)
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
    path: str,
    kind: str,
    folder: str,
    *,
    pages: int,
    width: int,
    used: float = 0.0,
    pace: Pace = USUAL,
) -> list[tuple[int, int]]:
    """Pictures of the first pages in the folder, within what is left of the file's own bounds.

    Answers the size of each; none where it cannot be drawn, which is no fault of the file.
    """
    left = int(CPU_SECONDS - used)
    if left < 1:
        return []
    what = map(str, (left, pace.wall, kind, path, folder, pages, width))
    try:
        _code, said = _ask([*_COMMAND, "draw", *what], pace)
        found = json.loads(said)["pages"]
        return [(int(wide), int(high)) for wide, high in found][:pages]
    except (NoVerdict, Starved, BrokenInspection, ValueError, KeyError, TypeError):
        return []


def _ask(command: Sequence[str], pace: Pace) -> tuple[int, bytes]:
    """Run the command to its end, giving way; answers how it ended and what it said.

    Where others leave it next to nothing, it has its turn like everybody after a while: a file
    that waits behind a busy day is late, and is never refused for it.
    """
    try:
        return _run_once(command, pace)
    except Starved:
        if not pace.nice:
            raise
        return _run_once(command, replace(pace, nice=0))


def _run_once(command: Sequence[str], pace: Pace) -> tuple[int, bytes]:
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
    if pace.nice:
        _give_way(child.pid, pace.nice)
    try:
        said = _heard(child, pace)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    if child.returncode == BROKEN:
        raise BrokenInspection("a library of the inspection cannot be loaded")
    return child.returncode, said


def _heard(child: subprocess.Popen[bytes], pace: Pace) -> bytes:
    """What it said until it ended; that it is slow counts against it only while it could run."""
    begun = time.monotonic()
    for until in (min(PATIENCE, pace.wall), pace.wall) if pace.nice else (pace.wall,):
        try:
            return child.communicate(timeout=max(0.0, begun + until - time.monotonic()))[0]
        except subprocess.TimeoutExpired:
            if (queued := _queued(child.pid)) > until / 2:
                raise Starved(f"no processor for {queued:.0f} of {until:g} seconds") from None
    raise NoVerdict(f"no verdict within {pace.wall:g} seconds")


def _give_way(pid: int, nice: int) -> None:
    """Let everybody else go first at the processor, and so at the disk, which follows it.

    From outside, before the process has read a byte of what a stranger sent.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))
    # Where Linux shares out by session, the priority above counts inside this one alone.
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(nice), encoding="ascii")


def _queued(pid: int) -> float:
    """Seconds in which it could have run and others did; 0 where the machine does not say."""
    try:
        words = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()
        return int(words[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
