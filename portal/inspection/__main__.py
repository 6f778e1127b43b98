"""One file, bounded, what came of it in JSON on one line.

``python -m portal.inspection check SECONDS WALL KIND PATH COPY``: a verdict; a cleaned copy goes
to COPY. ``python -m portal.inspection draw SECONDS WALL KIND PATH FOLDER PAGES WIDTH``: pictures of
its pages. SECONDS are of the processor, WALL by the clock.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import resource
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.inspection.child import BROKEN, CPU_SECONDS, MEMORY, WALL_SECONDS
from portal.inspection.rule import Refused, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes that a cleaned copy may be longer than twice its original, and that a picture may have.
MORE_IN_A_COPY = 1024 * 1024
MOST_IN_A_PICTURE = 8 * 1024 * 1024
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def cut_off() -> None:
    """Leave the network, where the kernel lets an ordinary process do so."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def bound(*, seconds: int = CPU_SECONDS, wall: float = WALL_SECONDS, written: int = 4096) -> None:
    """Give up memory, time and files beyond what an honest file needs."""
    sys.dont_write_bytecode = True
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    # Should whoever waits for us be gone, we go too.
    signal.alarm(int(wall) + 2)


def verdict(kind: str, path: str, copy: str = "") -> dict[str, Any]:
    """The rule that the file breaks, if any, and what its cleaned copy is without."""
    from portal.inspection.kinds import look_into  # noqa: PLC0415 -- after the limits are set

    cleaned: tuple[str, ...] = ()
    try:
        with Path(path).open("rb") as file:
            cleaned = look_into(file, kind)
            if cleaned and copy:
                from portal.inspection import pdf  # noqa: PLC0415 -- after the limits are set

                with Path(copy).open("w+b") as target:
                    pdf.clean(file, target)
    except Refused as refused:
        return {"rule": refused.rule, "cleaned": ()}
    except MemoryError:
        return {"rule": Rule.HEAVY, "cleaned": ()}
    except ImportError:
        raise
    except Exception:  # noqa: BLE001 -- whatever a parser says of it, others could not read it
        return {"rule": Rule.DAMAGED, "cleaned": ()}
    return {"rule": None, "cleaned": cleaned}


def check(seconds: int, wall: float, kind: str, path: str, copy: str = "") -> dict[str, Any]:
    """A verdict, with the processor's time that it took."""
    # A copy is never much larger than the file; whoever takes this process over writes no more.
    written = 2 * Path(path).stat().st_size + MORE_IN_A_COPY
    bound(seconds=seconds, wall=wall, written=written)
    found = verdict(kind, path, copy)
    return {**found, "seconds": time.process_time()}


def draw(
    seconds: int, wall: float, kind: str, path: str, folder: str, *size: str
) -> dict[str, Any]:
    """Pictures of the first pages, with their sizes."""
    pages, width = (int(one) for one in size)
    bound(seconds=seconds, wall=wall, written=MOST_IN_A_PICTURE)
    from portal.inspection import pages as drawing  # noqa: PLC0415 -- after the limits are set

    return {"pages": drawing.draw(path, kind, folder, most=pages, width=width)}


LOOKS: dict[str, Callable[..., dict[str, Any]]] = {"check": check, "draw": draw}


def main() -> int:
    """Read the arguments, print what came of it."""
    cut_off()
    try:
        what, seconds, wall, *arguments = sys.argv[1:]
        found = LOOKS[what](int(seconds), float(wall), *arguments)
    except (ImportError, KeyError, TypeError, ValueError):
        # Asked in words of another version, as a worker of before does while a new one is put in
        # place: never the file's fault, whose own errors are a verdict already.
        return BROKEN
    print(json.dumps(found))  # noqa: T201 -- this is how the verdict leaves the process
    return 0


if __name__ == "__main__":
    sys.exit(main())
