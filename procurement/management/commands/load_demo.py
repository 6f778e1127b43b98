"""Load the demonstration programme."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.models import User
from procurement.demo import loading

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """``manage.py load_demo [--small]``."""

    help = "Load fictional programmes, calls, organisations and accounts, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--small`` for tests."""
        parser.add_argument("--small", action="store_true", help="some applications of each call")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load, or say that it is there."""
        if loading.is_loaded():
            self.stdout.write("The demonstration is here already. Nothing was changed.")
            return
        if not settings.DEMO and User.objects.exists():
            # Its accounts share a password that everybody knows.
            raise CommandError(
                "This portal has people in it and DEMO is not set: the demonstration stays out."
            )
        begin = time.monotonic()
        loaded = loading.load(small=options["small"])
        for title, count in loaded.items():
            self.stdout.write(f"{count:4}  {title}")
        self.stdout.write(f"Loaded in {time.monotonic() - begin:.1f} s.")
