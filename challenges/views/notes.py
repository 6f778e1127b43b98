"""A team's notes to each other, as the form shows them beside its questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages

from challenges.actions.notes import add_note, settle_note
from challenges.models import AnswerNote
from portal.models import User
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from challenges.models import Application, Question
    from portal.http import PortalRequest


@dataclass(frozen=True)
class Note:
    """One note as the page shows it."""

    key: UUID
    question: UUID
    who: str
    at: datetime
    text: str
    is_settled: bool


LONGEST = 1_000
#: Read with the application, in its own statement: a section of the form asks no more for it.
COLUMN = {"found_notes": AnswerNote.objects.as_column()}


def notes_of(application: Application) -> list[Note]:
    """The notes that were read with the application, oldest first."""
    rows: list[dict[str, Any]] = getattr(application, "found_notes", None) or []
    return [note_of(row) for row in sorted(rows, key=lambda row: row["at"])]


def note_of(row: dict[str, Any]) -> Note:
    """The note in a row that was read with its application."""
    names = ("display_name", "given_name", "family_name", "email")
    return Note(
        key=UUID(row["key"]),
        question=UUID(row["question"]),
        who=User(**{name: row[name] for name in names}).shown_name,
        at=datetime.fromisoformat(row["at"]),
        text=row["text"],
        is_settled=row["settled_at"] is not None,
    )


@dataclass
class Taken:
    """What came of the notes that were sent with a section."""

    #: The question beside which something changed last.
    beside: str = ""
    #: By question: what could not be kept, and is shown again.
    left: dict[UUID, str] = field(default_factory=dict)


def take_notes(
    request: PortalRequest, application: Application, inside: Sequence[Question]
) -> Taken:
    """Write the notes that came with a section, settle the one whose button was pressed."""
    taken = Taken()
    for question in inside:
        if not (text := request.POST.get(f"n_{question.pk.hex}", "").strip()):
            continue
        try:
            # What is longer than a note becomes several: nothing of it is cut off.
            for start in range(0, len(text), LONGEST):
                part = text[start : start + LONGEST]
                add_note(application=application, question=question, text=part, by=request.user)
            taken.beside = question.field
        except StepRefused as refusal:
            taken.left[question.pk] = text
            messages.error(request, str(refusal))
    if key := as_key(request.POST.get("settle", "")):
        try:
            settle_note(application=application, note_id=key, by=request.user)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
        beside = {note.key: note.question for note in notes_of(application)}
        taken.beside = f"q_{beside[key].hex}" if key in beside else taken.beside
    return taken


def as_key(text: str) -> UUID | None:
    """The key a button sent, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None
