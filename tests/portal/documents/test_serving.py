"""Files on their way out: whole, as they were checked, as attachments."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from challenges.models import Application
from portal import documents
from portal.models import Document
from tests.factories import files
from tests.portal.documents.deck import attached, file_url

pytestmark = pytest.mark.django_db


def test_file_is_served_as_an_attachment_and_as_nothing_else(client, owner, application):
    document = attached(application, owner, name="Plän “2026”; a=b.pdf")
    client.force_login(owner)
    response = client.get(file_url(application, document))
    body = b"".join(response.streaming_content)
    assert hashlib.sha256(body).hexdigest() == document.sha256
    assert response["Content-Length"] == str(len(body))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''Pl%C3%A4n%20%E2%80%9C2026%E2%80%9D%3B%20a%3Db.pdf"
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Frame-Options"] == "DENY"


def test_large_file_is_served_whole(client, owner, application):
    content = files.make_picture(size=(1_200, 900))
    assert len(content) > 3_000_000
    document = attached(application, owner, content, "site.png")
    client.force_login(owner)
    response = client.get(file_url(application, document))
    assert b"".join(response.streaming_content) == content
    response.close()


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_file_harmed_in_the_store_is_not_handed_out(client, owner, application, caplog, harm):
    document = attached(application, owner)
    documents.check_due()
    if harm == "changed":
        Path(document.file.path).write_bytes(b"<html>" + files.make_pdf())
    else:
        default_storage.delete(document.file.name)
    client.force_login(owner)
    with caplog.at_level(logging.ERROR):
        response = client.get(file_url(application, document))
    assert response.status_code == 503
    page = response.content.decode()
    assert "This file cannot be opened now" in page
    assert "We have been told." in page
    assert str(document.pk) in caplog.text
    assert any(record.levelno == logging.ERROR for record in caplog.records)
    # A name may be personal: the log has the key alone.
    assert document.name not in caplog.text


def test_list_of_files_asks_the_database_once(owner, application, django_assert_num_queries):
    """One question for one file or three, and none where there is no file."""
    keys = [str(attached(application, owner).pk) for _number in range(3)]
    for wanted, asked in ((keys, 1), (keys[:1], 1), ([], 0)):
        with django_assert_num_queries(asked):
            assert set(Document.objects.by_key(wanted)) == set(wanted)
    assert Application.objects.count() == 1
