"""Files of an application that come in pieces: where each goes, and who may send it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from challenges.actions.application import attach_file
from challenges.actions.files import replace_file
from challenges.choices import QuestionKind
from challenges.workflow.application import why_shut
from challenges.workflow.replacement import while_it_is_read, while_there_is_time
from portal import clock
from portal.documents import pieces
from portal.models import Upload
from portal.workflow import Step, StepRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

    from challenges.models import Application, Question, Replacement
    from portal.models import Document, User


@dataclass(frozen=True)
class Place:
    """What a file is for: a question of the draft, or a refused file of what was submitted."""

    application: Application
    question: Question
    replacement: Replacement | None = None

    @property
    def purpose(self) -> str:
        """How the row of an upload names it: as the field, or with the key of the replacement."""
        return f"r_{self.replacement.pk.hex}" if self.replacement else self.question.field

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds the question asks for; empty for all we take."""
        return self.question.file_kinds

    def why_not(self, by: User) -> StepRefused | None:
        """Why nothing may be sent now; asked again, behind the locks, when the file is whole."""
        now = clock.database_now()
        if self.replacement is None:
            if not by.has_perm("challenges.change_application", self.application):
                return StepRefused(_("You may not change this application."), permission=True)
            refusal = why_shut(self.application, now)
        else:
            if not by.has_perm("challenges.replace_file_application", self.replacement):
                return StepRefused(_("You may not replace this file."), permission=True)
            step = Step(record=self.replacement, actor=by, at=now)
            refusal = while_there_is_time(step) or while_it_is_read(step)
        return StepRefused(refusal) if refusal else None

    def take(self, upload: UploadedFile[Any], by: User) -> Document:
        """The whole file, where it belongs."""
        if self.replacement is not None:
            return replace_file(replacement=self.replacement, upload=upload, by=by)
        answer = attach_file(
            application=self.application, question=self.question, upload=upload, by=by
        )
        assert answer.document is not None
        return answer.document


def place_called(application: Application, purpose: str) -> Place | None:
    """The place with this name in the application; ``None`` where there is none."""
    for question in application.asked():
        if question.kind == QuestionKind.FILE and question.field == purpose:
            return Place(application, question)
    for replacement in application.replacements.select_related("question"):
        replacement.application = application
        place = Place(application, replacement.question, replacement)
        if place.purpose == purpose:
            return place
    return None


def uploads_of(application: Application, user: User) -> Any:
    """What the person has on its way for this application; nobody sees that of others."""
    return Upload.objects.visible_to(user).filter(
        subject_type=application._meta.label_lower, subject_id=application.pk
    )


def begin_upload(place: Place, *, claim: pieces.Claim, by: User) -> Upload:
    """Room for a file to come in pieces, or the one that was begun.

    Raises:
        StepRefused: not now, or not this person.
        ValidationError: the rule it breaks by its name, its size or the person's quota.
    """
    if refusal := place.why_not(by):
        raise refusal
    return pieces.begin(subject=place.application, purpose=place.purpose, claim=claim, by=by)


def add_piece(place: Place, upload: Upload, *, at: int, content: bytes, by: User) -> Upload:
    """Keep the next piece.

    Raises:
        StepRefused: not now any more, or not this person.
        OutOfPlace: it does not follow what has come.
        ValidationError: the file is not what its name says, or could not be stored.
    """
    if refusal := place.why_not(by):
        raise refusal
    return pieces.add_piece(upload, at=at, content=content)


def finish_upload(place: Place, upload: Upload, *, by: User) -> Document:
    """The whole file in its place; decided like any other change, behind the application's lock.

    Raises:
        StepRefused: the deadline passed meanwhile, or not this person.
        OutOfPlace: it has not come in full.
        ValidationError: the rule the file breaks.
    """
    return pieces.finish(upload, kinds=place.kinds, take=lambda whole: place.take(whole, by))


def upload_of(application: Application, user: User, key: UUID) -> Upload | None:
    """One of them."""
    found: Upload | None = uploads_of(application, user).filter(pk=key).first()
    return found
