"""Proof that no entry of the trail was changed, removed or slipped in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from portal import seals
from portal.models import AuditSeal

if TYPE_CHECKING:
    from argparse import ArgumentParser

SHOWN = 20


class Command(BaseCommand):
    """Computes every seal anew and compares."""

    help = (
        "Computes every seal of the audit trail anew, compares, and names the first entry that "
        "was changed, removed or slipped in. Ends with 1 if there is one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The print that was kept elsewhere."""
        parser.add_argument(
            "--since-seal",
            default="",
            metavar="PRINT",
            help="print of a seal kept outside (log, weekly letter); it must be in the chain",
        )
        parser.add_argument(
            "--seal", action="store_true", help="seal what is new first, as the sweep does"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was found.

        Raises:
            CommandError: something differs.
        """
        del args
        if options["seal"]:
            seals.seal()
        found = []
        for finding in seals.verify(options["since_seal"].strip()):
            found.append(finding)
            if len(found) == SHOWN:
                break
        if found:
            for finding in found:
                self.stderr.write(str(finding))
            raise CommandError(f"The trail is not as it was sealed. First: {found[0]}")
        newest = AuditSeal.objects.defer("prints").order_by("-id").first()
        entries = sum(AuditSeal.objects.values_list("count", flat=True))
        self.stdout.write(
            f"{AuditSeal.objects.count()} seals over {entries} entries: nothing was changed, "
            f"removed or slipped in. {seals.unsealed()} entries wait for the next seal."
        )
        if newest is not None:
            self.stdout.write(f"Last print: {newest.hash}")
