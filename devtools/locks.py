"""Locks between several dev.py in one clone; the kernel drops them when their holder dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from devtools.console import Failure
from devtools.paths import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _open(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a+", encoding="utf-8")


def try_lock(path: Path, holder: str) -> IO[str] | None:
    """Take the lock and write who has it, or return None when somebody else has it."""
    file = _open(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.truncate(0)
    file.write(f"{holder} (process {os.getpid()})")
    file.flush()
    return file


def lock(path: Path, holder: str) -> IO[str]:
    """Take the lock or fail with a sentence that names its holder."""
    file = try_lock(path, holder)
    if file is None:
        other = path.read_text(encoding="utf-8") or "another dev.py"
        message = f"In this clone `{other}` is running already: stop it first."
        raise Failure(message)
    return file


@contextmanager
def set_up_lock() -> Iterator[None]:
    """Let one dev.py at a time change the environment; the others wait for it."""
    with _open(LOCAL / "set-up.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
