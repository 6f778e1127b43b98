"""A draft that also asks for a file, and what is done with the one that answers it."""

from __future__ import annotations

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from challenges.actions.application import attach_file, submit_application
from challenges.choices import QuestionKind
from challenges.models import Question
from portal.models import ClockNow, Document
from tests.factories import files
from tests.factories.challenges import make_application
from tests.factories.hostile_files import hostile
from tests.factories.startups import make_startup


def made_for(owner):
    """A complete draft of a call that also asks for a file."""
    application = make_application(startup=make_startup(owner=owner), complete=True)
    Question.objects.create(
        call=application.call, order=9, section="Team", label="Deck", kind=QuestionKind.FILE
    )
    return application


def attached(application, owner, content=None, name="deck.pdf"):
    """The document that answers the question for a file."""
    return attach_file(
        application=application,
        question=application.call.questions.get(label="Deck"),
        upload=SimpleUploadedFile(name, files.make_pdf() if content is None else content),
        by=owner,
    ).document


def script_pdf():
    return hostile()["pdf script in a link"][1]


def edit_page(client, application):
    return client.get(reverse("challenges:application-edit", args=[application.pk, 2]))


def file_url(application, document, name="challenges:application-file"):
    return reverse(name, args=[application.pk, document.pk])


def again(document):
    """The row as it stands, due at once."""
    Document.objects.filter(pk=document.pk).update(check_after=ClockNow())
    document.refresh_from_db()
    return document


def submitted(application, owner):
    """Submit it; the question for a file is answered first where nothing is there."""
    if not application.answers.filter(question__label="Deck").exists():
        attached(application, owner)
    call = application.call
    submit_application(
        application=application, key=uuid.uuid4(), terms_version=call.terms_version, by=owner
    )
    application.refresh_from_db()
    return application
