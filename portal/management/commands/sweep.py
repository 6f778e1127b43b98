"""What is due, done by the clock of this process: the way on while the broker is away."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from portal import actions

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Does what the scheduler and a worker would do; any number of them may run."""

    help = "Does what is due, again and again, and needs neither Redis nor a worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How often, and whether only this time."""
        parser.add_argument("--every", type=float, default=30.0, metavar="SECONDS")
        parser.add_argument("--once", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep until somebody says stop, and end what was begun."""
        del args
        if options["once"]:
            actions.sweep()
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        while not stop.is_set():
            actions.sweep()
            # The database may have been restarted meanwhile.
            close_old_connections()
            stop.wait(options["every"])
