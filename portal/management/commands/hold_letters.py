"""Stops the letters, for example while a copy of the database is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from portal.actions.holding import hold_letters
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Lets no letter leave any more but codes written from now on."""

    help = "Holds all letters but new sign-in codes until `release_letters`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Why."""
        parser.add_argument("--reason", required=True, help="one sentence, kept in the history")

    def handle(self, *args: Any, **options: Any) -> None:
        """Hold, and say so.

        Raises:
            CommandError: they are held already.
        """
        del args
        try:
            hold_letters(reason=options["reason"])
        except StepRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("Letters are held. `manage.py release_letters` lets them go.")
