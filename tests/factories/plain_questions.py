"""Questions that are in no database: what pure functions and the browser's script judge."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from challenges.choices import LimitUnit, QuestionKind

if TYPE_CHECKING:
    from uuid import UUID

_NUMBERS = iter(range(1, 10**9))


class PlainQuestion(SimpleNamespace):
    """A question as `challenges.answers` and `challenges.conditions` read it."""

    pk: UUID

    @property
    def field(self) -> str:
        """The name of its field in the form."""
        return f"q_{self.pk.hex}"


def question(kind: str = QuestionKind.SHORT, **fields: Any) -> Any:
    """An optional question of a kind, with nothing else said of it."""
    return PlainQuestion(
        **{
            "pk": uuid4(),
            "kind": kind,
            "label": f"Question {next(_NUMBERS)}",
            "help": "",
            "section": "Section",
            "required": False,
            "limit": None,
            "limit_unit": LimitUnit.CHARACTERS,
            "most": None,
            "file_kinds": [],
            "currencies": [],
            "options": [],
            "minimum": None,
            "maximum": None,
            "unit": "",
            "shown_if_id": None,
            "shown_if_values": [],
            "replaces_id": None,
            "translations": {},
        }
        | fields
    )


def answer(value: str = "", *, file: bool = False) -> Any:
    """An answer to it, as `Answer` shows it."""
    return SimpleNamespace(value=value, holds_file=file, is_given=bool(value.strip()) or file)
