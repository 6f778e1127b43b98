"""Files as they come in: taken at once, or refused with the remedy."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.urls import reverse

from portal import documents
from portal.choices import DocumentState
from portal.models import Document
from tests.factories import files
from tests.portal.documents.deck import edit_page

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", list(files.KINDS))
def test_every_kind_we_name_is_taken_and_found_clean(client, owner, application, name):
    kind, content = files.KINDS[name]()
    client.force_login(owner)
    deck = application.call.questions.get(label="Deck")
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]),
        {deck.field: SimpleUploadedFile(f"Deck.{kind.upper()}", content)},
    )
    assert response.status_code == 302
    document = Document.objects.get()
    assert document.state == DocumentState.CHECKING
    assert "Being checked" in edit_page(client, application).content.decode()
    assert documents.check_due() == 1
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN
    assert "Checked" in edit_page(client, application).content.decode()


def test_too_large_a_file_is_let_fall_while_it_comes_in(client, owner, application, settings):
    settings.UPLOAD_LIMIT_MB = 1
    application.answers.all().delete()
    client.force_login(owner)
    deck, people = (application.call.questions.get(label=label) for label in ("Deck", "People"))
    content = files.make_pdf() + b" " * 5_000_000
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]),
        {deck.field: SimpleUploadedFile("deck.pdf", content), people.field: "12"},
    )
    page = response.content.decode()
    assert "larger than 1 MB" in page
    assert application.answers.get(question=people).value == "12"
    assert not Document.objects.exists()
    # Of what came in, nothing beyond the limit was handed to whoever keeps it.
    upload = response.wsgi_request.FILES[deck.field]
    assert upload.size == len(content)
    assert type(upload) is UploadedFile


def test_old_or_locked_office_file_is_refused_at_once_with_the_remedy(client, owner, application):
    client.force_login(owner)
    deck = application.call.questions.get(label="Deck")
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]),
        {deck.field: SimpleUploadedFile("plan.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99)},
    )
    assert "Save it as .docx without a password" in response.content.decode()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/Plan.pdf", "Plan.pdf"),
        ("C:\\Users\\a\\Plan.pdf", "Plan.pdf"),
        ("Plan\u202efdp.exe.pdf", "Planfdp.exe.pdf"),
        ("Pla\u006e\u0303.pdf", "Pla\u00f1.pdf"),
        ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie: b.pdf"),
        ("募" * 300 + ".pdf", "募" * 116 + ".pdf"),
        ("\u200f", "file"),
    ],
)
def test_name_is_kept_without_what_could_mislead(given, kept):
    assert documents.clean_name(given) == kept
    assert len(documents.clean_name(given)) <= 120
