"""List the accounts of the demonstration."""

from __future__ import annotations

from typing import Any
from unicodedata import east_asian_width

from django.core.management.base import BaseCommand

from procurement.demo import loading, people


def width_of(text: str) -> int:
    """How many columns a terminal gives to the text: two to a Japanese letter."""
    return sum(2 if east_asian_width(letter) in {"W", "F"} else 1 for letter in text)


class Command(BaseCommand):
    """``manage.py demo_accounts``."""

    help = "List one account for each role, with the password they share."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print role, person, address and password as a table."""
        if not loading.is_loaded():
            self.stdout.write("There is no demonstration yet: `manage.py load_demo` loads it.")
            return
        rows = [("Role", "Who", "E-mail", "Password")]
        rows += [
            (
                f"{account.role_text}: {account.note}" if account.note else account.role_text,
                account.shown,
                account.email,
                people.PASSWORD,
            )
            for account in people.accounts()
        ]
        widths = [max(width_of(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            cells = (
                cell + " " * (width - width_of(cell))
                for cell, width in zip(row, widths, strict=True)
            )
            self.stdout.write("  ".join(cells).rstrip())
