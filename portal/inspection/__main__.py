"""``python -m portal.inspection KIND PATH``: one file, bounded, a verdict in JSON on one line."""

from __future__ import annotations

import contextlib
import ctypes
import json
import resource
import signal
import sys
from pathlib import Path

from portal.inspection.child import BROKEN, CPU_SECONDS, MEMORY, WALL_SECONDS
from portal.inspection.rule import Refused, Rule

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def cut_off() -> None:
    """Leave the network, where the kernel lets an ordinary process do so."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def bound() -> None:
    """Give up memory, time and files beyond what an honest file needs."""
    sys.dont_write_bytecode = True
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 4096),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    # Should whoever waits for us be gone, we go too.
    signal.alarm(int(WALL_SECONDS) + 2)


def verdict(path: str, kind: str) -> Rule | None:
    """The rule that the file breaks, if any."""
    from portal.inspection.kinds import look_into  # noqa: PLC0415 -- after the limits are set

    try:
        with Path(path).open("rb") as file:
            look_into(file, kind)
    except Refused as refused:
        return refused.rule
    except MemoryError:
        return Rule.HEAVY
    except Exception:  # noqa: BLE001 -- whatever a parser says of it, others could not read it
        return Rule.DAMAGED
    return None


def main() -> int:
    """Read the arguments, print the verdict."""
    cut_off()
    bound()
    kind, path = sys.argv[1:]
    try:
        rule = verdict(path, kind)
    except ImportError:
        return BROKEN
    print(json.dumps({"rule": rule}))  # noqa: T201 -- this is how the verdict leaves the process
    return 0


if __name__ == "__main__":
    sys.exit(main())
