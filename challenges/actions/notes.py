"""Verbs of a team's notes to each other beside a question; they never leave the team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from challenges.models import AnswerNote
from portal import clock
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from challenges.models import Application, Question
    from portal.models import User

MOST_NOTES = 300


# None of this is in the trail: staff read that one, and notes are the team's own.
def add_note(*, application: Application, question: Question, text: str, by: User) -> AnswerNote:
    """Write a note beside a question, whatever the deadline: it is no part of the answer.

    Raises:
        StepRefused: the person does not write this application, or there are too many notes.
    """
    _only_for_writers(application, by)
    if application.answer_notes.count() >= MOST_NOTES:
        raise StepRefused(
            _("There are %(most)d notes already. Settle some, and write on in a document.")
            % {"most": MOST_NOTES}
        )
    return AnswerNote.objects.create(
        application=application, question=question, author=by, text=text
    )


def settle_note(*, application: Application, note_id: UUID, by: User) -> bool:
    """Put a note aside as done; whether it was still open."""
    _only_for_writers(application, by)
    open_ones = application.answer_notes.filter(pk=note_id, settled_at=None)
    return bool(open_ones.update(settled_at=clock.database_now()))


def _only_for_writers(application: Application, by: User) -> None:
    if not by.has_perm("challenges.change_application", application):
        raise StepRefused(_("You may not change this application."), permission=True)
