"""The ledger of closed accounts, kept outside the backups, so that a restore brings nobody back."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from portal.actions.closing import close_again, erase_due
from portal.models import Closing

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Writes the ledger, or carries it out again."""

    help = (
        "--export writes the keys of closed accounts, no names or addresses; --again, after a"
        " restore, closes and erases those that the backup still had open."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which of both."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--export", type=Path, metavar="FILE")
        what.add_argument("--again", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say how many.

        Raises:
            CommandError: the file cannot be read or written.
        """
        del args
        try:
            if options["export"]:
                self._export(options["export"])
            else:
                self._carry_out(options["again"])
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{options['again']} is no ledger of closed accounts.") from error

    def _export(self, path: Path) -> None:
        rows = Closing.objects.in_force().order_by("created_at")
        lines = [
            json.dumps({"account": str(user), "erase_from": erase_from.isoformat()})
            for user, erase_from in rows.values_list("user_id", "erase_from")
        ]
        draft = path.with_name(f"{path.name}.new")
        draft.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        draft.replace(path)
        self.stdout.write(f"{len(lines)} closed accounts in {path}.")

    def _carry_out(self, path: Path) -> None:
        found = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines() if line]
        ledger = [
            (UUID(one["account"]), datetime.fromisoformat(one["erase_from"])) for one in found
        ]
        closed = sum(
            close_again(key=key, erase_from=erase_from) is not None for key, erase_from in ledger
        )
        erased = 0
        while now := erase_due():
            erased += now
        self.stdout.write(
            f"{len(ledger)} in the ledger: {closed} closed again, {erased} erased again."
        )
