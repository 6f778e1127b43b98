"""Where the demonstration comes from: files, keys made of names, chance that repeats, time."""

from __future__ import annotations

import csv
import random
import tomllib
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from challenges.models.application import REFERENCE_ALPHABET
from portal import clock

if TYPE_CHECKING:
    from uuid import UUID

DATA = Path(__file__).parent / "data"
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.org/demonstration")


def toml(name: str) -> dict[str, Any]:
    """One of the files that people edit."""
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def table(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file, each by its column names."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def key(*names: str) -> UUID:
    """The key of a record: the same in every database that the demonstration is loaded into."""
    return uuid.uuid5(_SPACE, "/".join(names))


def chance(*names: str) -> random.Random:
    """Chance that falls the same way at every load."""
    return random.Random("/".join(names))  # noqa: S311 -- nothing secret is drawn


def reference(*names: str) -> str:
    """An application's reference, as ``K7QF-3MPD``, made of its names."""
    letters = "".join(chance("reference", *names).choices(REFERENCE_ALPHABET, k=8))
    return f"{letters[:4]}-{letters[4:]}"


@dataclass(frozen=True)
class Moment:
    """The instant of loading, from which the files count: ``+9d 23:59`` is in nine days."""

    now: datetime

    def day(self, text: str, zone: str) -> date:
        """``+9d`` as the day it is in ``zone``, or a day that is written out."""
        if text[0] in "+-":
            today = self.now.astimezone(ZoneInfo(zone)).date()
            return today + timedelta(days=int(text.rstrip("d")))
        return date.fromisoformat(text)

    def instant(self, text: str, zone: str) -> datetime:
        """``+9d 23:59`` as a wall clock in ``zone`` shows it."""
        day, hour = text.split()
        local = datetime.combine(self.day(day, zone), datetime.strptime(hour, "%H:%M").time())  # noqa: DTZ007 -- a wall clock
        return clock.instant_in(zone, local)
