"""One scheduler of the bench: everything that is due by the clock, again and again."""

from __future__ import annotations

import logging
import sys
import time

import django

django.setup()

from portal import actions  # noqa: E402 -- needs the settings

PAUSE = 0.1


def main() -> None:
    """Sweep until killed."""
    logging.getLogger("portal.outbox").setLevel(logging.ERROR)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        actions.sweep()
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
