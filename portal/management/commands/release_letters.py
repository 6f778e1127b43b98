"""Lets held letters go, or gives them up."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Min

from portal.actions.holding import release_letters
from portal.choices import OutboxState
from portal.clock import database_now
from portal.models import Dispatch, OutboxMessage
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from argparse import ArgumentParser

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
UNKNOWN_SHOWN = 5
#: A letter's Message-ID begins with its key.
KEY = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=@)")


def instant(text: str, now: datetime) -> datetime:
    """An age (90m, 12h, 3d) or an instant (2026-11-21T10:00Z; UTC where no zone is said).

    Raises:
        CommandError: it is neither.
    """
    if age := re.fullmatch(r"(\d{1,5})([mhd])", text):
        return now - timedelta(**{UNITS[age[2]]: int(age[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text} is no age (90m, 12h, 3d) and no instant (2026-11-21T10:00Z)."
        raise CommandError(message) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    """Ends the hold; without --all or --discard it only says what is held."""

    help = (
        "Says which letters are held. With --all they leave; with --discard they are given up, with"
        " --discard --older-than INSTANT only those written before, and the rest leave. Staff see"
        " what was given up and can send it again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What becomes of them."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--all", action="store_true", help="send all that wait")
        what.add_argument("--discard", action="store_true", help="give them up")
        parser.add_argument(
            "--older-than",
            default="",
            metavar="INSTANT",
            help="with --discard: 2026-11-21T10:00Z, or an age: 90m, 12h, 3d",
        )
        parser.add_argument(
            "--already-sent",
            type=Path,
            metavar="FILE",
            help="log of the mail server or provider; letters whose Message-ID is in it stay",
        )
        parser.add_argument("--reason", default="", help="one sentence, kept in the history")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say how many.

        Raises:
            CommandError: nothing is held, or the words do not fit together.
        """
        del args
        if not options["all"] and not options["discard"]:
            self._show()
            return
        if options["older_than"] and not options["discard"]:
            raise CommandError("--older-than goes with --discard.")
        before = None
        if options["discard"]:
            now = database_now()
            before = instant(options["older_than"], now) if options["older_than"] else now
        keys = self._keys(options["already_sent"])
        try:
            found = release_letters(
                reason=options["reason"], give_up_before=before, left_before=keys
            )
        except StepRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"{found.released} letters leave now, {found.given_up} were given up, {found.left} had"
            " left before and stay."
        )
        known = set(OutboxMessage.objects.filter(pk__in=keys).values_list("pk", flat=True))
        if unknown := sorted(map(str, keys - known)):
            self.stdout.write(
                f"{len(unknown)} letters of that log are not known here: they told people of things"
                " that the restore has lost. The log says to whom they went; their Message-IDs"
                f" begin with {', '.join(unknown[:UNKNOWN_SHOWN])}"
                f"{' …' if len(unknown) > UNKNOWN_SHOWN else ''}"
            )

    def _keys(self, path: Path | None) -> set[UUID]:
        if path is None:
            return set()
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        return {UUID(key) for key in KEY.findall(text)}

    def _show(self) -> None:
        hold = Dispatch.objects.held().first()
        if hold is None or hold.held_since is None:
            self.stdout.write("No letters are held.")
            return
        waiting = OutboxMessage.objects.filter(state=OutboxState.PENDING)
        kinds = waiting.values("notice").annotate(count=Count("pk"), first=Min("created_at"))
        self.stdout.write(
            f"Held since {hold.held_since:%Y-%m-%d %H:%M:%S %Z}: {hold.get_cause_display()}."
            f" {waiting.count()} letters wait:"
        )
        for kind in kinds.order_by("first"):
            self.stdout.write(
                f"  {kind['count']:5d} {kind['notice']}, the first of"
                f" {kind['first']:%Y-%m-%d %H:%M:%S %Z}"
            )
        self.stdout.write("Say --all or --discard, and --reason.")
