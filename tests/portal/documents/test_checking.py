"""When looking at a file fails: tried again, never forgotten, no other file held up."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from portal import documents
from portal.choices import DocumentState
from portal.documents import checking
from portal.inspection import BrokenInspection, NoVerdict, Starved
from portal.models import ClockNow, Document, OutboxMessage
from tests.factories import files
from tests.factories.portal import make_user
from tests.portal.documents.deck import again, attached, made_for

pytestmark = pytest.mark.django_db


def failing(monkeypatch, error):
    def fail(*_asked, **_how):
        raise error

    monkeypatch.setattr(checking, "inspect", fail)


def test_file_that_brings_the_inspection_down_is_refused_after_three_attempts(
    owner, application, monkeypatch
):
    document = attached(application, owner)
    failing(monkeypatch, NoVerdict("ended with -11"))
    for attempt in (1, 2):
        assert documents.check_due() == 1
        document.refresh_from_db()
        assert (document.state, document.attempts) == (DocumentState.CHECKING, attempt)
        assert documents.check_due() == 0  # not before a while has passed
        again(document)
    documents.check_due()
    document.refresh_from_db()
    assert document.refusal == "unreadable"
    assert "could not be read to its end" in OutboxMessage.objects.latest("created_at").text


def test_file_waits_while_the_inspection_itself_is_broken(owner, application, monkeypatch, caplog):
    document = attached(application, owner)
    failing(monkeypatch, BrokenInspection("no pikepdf"))
    for _attempt in range(5):
        assert documents.check_due() == 1
        again(document)
    assert (document.state, document.attempts) == (DocumentState.CHECKING, 0)
    assert "could not be checked and waits" in caplog.text
    monkeypatch.undo()
    documents.check_due()
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN


def test_busy_machine_is_not_the_files_fault(owner, application, monkeypatch):
    document = attached(application, owner)
    failing(monkeypatch, Starved("others had it"))
    for _attempt in range(5):
        assert documents.check_due() == 1
        again(document)
    assert (document.state, document.attempts) == (DocumentState.CHECKING, 0)
    monkeypatch.undo()
    documents.check_due()
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN


def test_one_thread_of_a_process_checks_and_goes_on_with_what_came_meanwhile(
    owner, application, monkeypatch
):
    """Letters need the other threads of a worker, and a hint that found the turn taken is spent."""
    first = attached(application, owner)
    look, came = checking._check, []

    def look_while_another_comes(document):
        look(document)
        if not came:
            came.append(attached(application, owner))
            documents.check_in_turn()  # as the hint of the second file does
            came[0].refresh_from_db()
            assert came[0].state == DocumentState.CHECKING

    monkeypatch.setattr(checking, "_check", look_while_another_comes)
    documents.check_in_turn()
    for document in (first, *came):
        document.refresh_from_db()
        assert document.state == DocumentState.CLEAN


def test_one_bad_file_does_not_keep_the_others_waiting(owner, application, monkeypatch):
    attached(application, owner)
    attached(application, owner, b"%PDF-1.4 cut off")
    attached(application, owner)
    assert documents.check_due() == 3
    assert Document.objects.filter(state=DocumentState.CLEAN).count() == 2


def test_check_whose_worker_died_is_begun_again(owner, application):
    document = attached(application, owner)
    with transaction.atomic():
        assert checking._take_next() == document
    assert documents.check_due() == 0
    Document.objects.update(check_after=ClockNow() - timedelta(seconds=1))
    assert documents.check_due() == 1
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN


def test_sweep_checks_what_nobody_was_told_of(owner, application):
    from portal import actions  # noqa: PLC0415 -- the sweep as it runs

    document = attached(application, owner)
    actions.sweep()  # the broker is down in the tests
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN


@pytest.mark.django_db(transaction=True)
def test_web_process_checks_by_itself_while_no_worker_can_be_woken(settings):
    settings.DELIVER_WITHOUT_WORKER = True
    owner = make_user()
    attached(made_for(owner), owner)
    for thread in threading.enumerate():
        if thread.name in {"check", "deliver"}:
            thread.join(60)
    assert Document.objects.get().state == DocumentState.CLEAN


def test_file_spoilt_on_its_way_to_the_store_is_refused(owner, application, caplog):
    document = attached(application, owner)
    Path(document.file.path).write_bytes(files.make_pdf() + b" ")
    documents.check_due()
    document.refresh_from_db()
    assert document.refusal == "changed"
    assert "its hash differs" in caplog.text
