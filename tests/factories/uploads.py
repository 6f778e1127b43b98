"""Files on their way, pictures of pages and replacements for tests."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.utils import timezone

from challenges.choices import QuestionKind
from challenges.models import Question, Replacement
from portal.choices import DocumentState
from portal.models import Document, DocumentPage, Upload
from tests.factories.files import make_picture

if TYPE_CHECKING:
    from challenges.models import Application
    from portal.models import User


def make_upload(application: Application, user: User, **fields: Any) -> Upload:
    """A file of which nothing has come yet."""
    facts = {
        "subject_type": application._meta.label_lower,
        "subject_id": application.pk,
        "purpose": "q_",
        "name": "deck.pdf",
        "size": 200_000,
        "expires_at": timezone.now() + timedelta(hours=48),
    }
    return Upload.objects.create(user=user, **{**facts, **fields})


def make_page(document: Document, number: int = 1) -> DocumentPage:
    """The picture of a page."""
    picture = make_picture("JPEG", size=(40, 30))
    return DocumentPage.objects.create(
        document=document,
        number=number,
        image=ContentFile(picture, name="page"),
        width=40,
        height=30,
        sha256=hashlib.sha256(picture).hexdigest(),
    )


def make_refused(application: Application, user: User) -> Document:
    """A file of the application that our check refused."""
    return Document.objects.create(
        name="deck.pdf",
        content_type="application/pdf",
        size=1,
        sha256="0" * 64,
        subject_type=application._meta.label_lower,
        subject_id=application.pk,
        startup_id=application.startup_id,
        uploaded_by=user,
        state=DocumentState.REFUSED,
        refusal="locked",
    )


def make_replacement(
    application: Application, refused: Document, question: Question | None = None, **fields: Any
) -> Replacement:
    """A refused file that can be replaced for a day."""
    facts = {
        "revision": application.revision_count or 1,
        "open_until": timezone.now() + timedelta(hours=24),
    }
    question = question or Question.objects.create(
        call=application.call, order=90, section="Team", label="Deck", kind=QuestionKind.FILE
    )
    return Replacement.objects.create(
        application=application, question=question, refused=refused, **{**facts, **fields}
    )
