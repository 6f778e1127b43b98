"""What the person at the terminal sees: steps with their times, and failures as one sentence."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Failure(Exception):
    """What went wrong, as one sentence that says what to do about it."""


class _Progress:
    """Whether steps are shown; not where a command's own output is what is wanted."""

    is_shown = True


def hide_progress() -> None:
    """Show no steps from here on."""
    _Progress.is_shown = False


def say(text: str = "", *, end: str = "\n") -> None:
    """Print at once, because a pipe would otherwise hold the progress back."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Show a step while it runs and its time when it is done."""
    if not _Progress.is_shown:
        yield
        return
    say(f"  {name} … ", end="")
    begin = time.monotonic()
    try:
        yield
    except BaseException as error:
        say("failed" if isinstance(error, Exception) else "stopped")
        raise
    say(f"{time.monotonic() - begin:.1f} s")
