"""A submission never waits for a check; what the check refuses is told in words."""

from __future__ import annotations

import threading

import pytest
from django.db import connections, transaction
from django.urls import reverse

from challenges.choices import ApplicationState
from portal import documents
from portal.choices import DocumentState, Role
from portal.documents import checking
from portal.models import AuditEntry, Document, InboxNotice, OutboxMessage
from tests.factories import files
from tests.factories.portal import make_staff, make_user
from tests.portal.documents.deck import (
    attached,
    edit_page,
    file_url,
    made_for,
    script_pdf,
    submitted,
)

pytestmark = pytest.mark.django_db


# -- refused ----------------------------------------------------------------------------------


def test_refused_file_is_told_in_words_where_it_stands_and_by_letter(client, owner, application):
    document = attached(application, owner, script_pdf())
    documents.check_due()
    document.refresh_from_db()
    assert document.state == DocumentState.REFUSED
    sentence = "It holds a script. Print it to a new PDF"
    client.force_login(owner)
    assert sentence in edit_page(client, application).content.decode()
    check = reverse("challenges:application-check", args=[application.pk])
    assert sentence in client.get(check).content.decode()
    letter = OutboxMessage.objects.get(notice="file_refused")
    notice = InboxNotice.objects.get(notice="file_refused", recipient=owner)
    assert application.reference in letter.subject
    for text in (letter.text, notice.body):
        assert sentence in text
        assert "Put another file in its place, or remove it." in text
        assert "“deck.pdf”" in text
    entry = AuditEntry.objects.get(verb="refuse-file")
    assert entry.facts == {"document": str(document.pk), "rule": "script"}
    # Checked once, told once.
    assert documents.check_due() == 0
    assert OutboxMessage.objects.filter(notice="file_refused").count() == 1


def test_file_that_was_taken_out_meanwhile_is_no_news(owner, application):
    attached(application, owner, script_pdf())
    attached(application, owner)
    documents.check_due()
    states = list(Document.objects.order_by("created_at").values_list("state", flat=True))
    assert states == ["refused", "clean"]
    assert not OutboxMessage.objects.filter(notice="file_refused").exists()


def test_refused_file_does_not_answer_a_question_that_must_be_answered(owner, application):
    assert submitted(application, owner).state == ApplicationState.SUBMITTED
    other = made_for(owner)
    attached(other, owner, script_pdf())
    other.refresh_from_db()
    assert other.completeness == 100
    documents.check_due()
    other.refresh_from_db()
    assert other.completeness < 100


# -- a submission never waits -----------------------------------------------------------------


def test_submission_does_not_wait_and_staff_see_how_far_the_check_is(client, owner, application):
    document = attached(application, owner, script_pdf())
    submitted(application, owner)
    assert document.state == DocumentState.CHECKING
    manager = make_staff(application.call.programme, Role.MANAGER)
    page = reverse("admin:challenges_application_change", args=[application.pk])
    address = file_url(application, document, "admin:challenges_application_file")

    client.force_login(manager)
    shown = client.get(page).content.decode()
    assert "Being checked" in shown
    assert address not in shown
    early = client.get(address)
    assert early.status_code == 409
    assert "still being checked" in early.content.decode()

    documents.check_due()
    shown = client.get(page).content.decode()
    assert "Refused" in shown
    assert "It holds a script." in shown
    assert address not in shown
    refused = client.get(address)
    assert refused.status_code == 409
    assert "It holds a script." in refused.content.decode()
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    letter = OutboxMessage.objects.get(notice="file_refused")
    assert "it stays submitted" in letter.text
    assert "nothing needs to be submitted again" in letter.text
    # Its own team may have back what it handed in.
    client.force_login(owner)
    assert client.get(file_url(application, document)).status_code == 200
    client.force_login(make_user())
    assert client.get(file_url(application, document)).status_code == 404


def test_clean_file_is_handed_to_staff(client, owner, application):
    content = files.make_pdf()
    document = attached(application, owner, content)
    submitted(application, owner)
    documents.check_due()
    client.force_login(make_staff(application.call.programme, Role.MANAGER))
    address = file_url(application, document, "admin:challenges_application_file")
    page = reverse("admin:challenges_application_change", args=[application.pk])
    assert address in client.get(page).content.decode()
    assert b"".join(client.get(address).streaming_content) == content


@pytest.mark.django_db(transaction=True)
def test_submission_passes_while_its_file_is_being_looked_at(monkeypatch):
    """Several people, several sessions: the check holds no lock that anybody waits for."""
    owner = make_user()
    application = made_for(owner)
    attached(application, owner)
    looking, go_on = threading.Event(), threading.Event()
    look = checking.inspect

    def slowly(*asked, **how):
        looking.set()
        assert go_on.wait(60)
        return look(*asked, **how)

    monkeypatch.setattr(checking, "inspect", slowly)

    def check():
        try:
            documents.check_due()
        finally:
            connections.close_all()

    checker = threading.Thread(target=check)
    checker.start()
    try:
        assert looking.wait(60)
        # A second worker finds nothing left to do, rather than the same file.
        assert documents.check_due() == 0
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            assert submitted(application, owner).state == ApplicationState.SUBMITTED
        assert Document.objects.get().state == DocumentState.CHECKING
    finally:
        go_on.set()
        checker.join(60)
    assert Document.objects.get().state == DocumentState.CLEAN
