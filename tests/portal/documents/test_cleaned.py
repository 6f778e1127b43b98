"""Locked and opening-view PDFs as a cleaned copy, their original kept; pictures of the pages."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pikepdf
import pytest
from django.urls import reverse
from pikepdf import Array, Name
from PIL import Image

from challenges.choices import ApplicationState, AssignmentState
from challenges.models import Application
from portal import documents
from portal.choices import DocumentState, Role
from portal.documents import checking
from portal.inspection import Rule, inspect
from portal.models import AuditEntry, Document, DocumentPage
from tests.factories import files
from tests.factories.hostile_files import hostile
from tests.factories.portal import make_staff, make_user
from tests.factories.reviews import given_to
from tests.portal.documents.deck import attached, edit_page, file_url, submitted

pytestmark = pytest.mark.django_db

LOCKED = pikepdf.Encryption(owner="secret", user="", R=6)
VIEW = files.root(OpenAction=Array([0, Name.Fit]))


def checked(application, owner, content, name="certificate.pdf"):
    document = attached(application, owner, content, name)
    documents.check_due()
    document.refresh_from_db()
    return document


def check_url(application):
    return reverse("challenges:application-check", args=[application.pk])


def body(response):
    return b"".join(response.streaming_content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (files.make_pdf(encryption=LOCKED), ["lock"]),
        (files.make_pdf(VIEW), ["opening"]),
        (files.make_pdf(VIEW, encryption=LOCKED), ["lock", "opening"]),
    ],
)
def test_cleaned_copy_is_served_and_the_original_kept(client, owner, application, content, words):
    document = checked(application, owner, content)
    assert (document.state, document.cleaned_of) == (DocumentState.CLEAN, words)
    with document.original.open("rb") as original:
        assert original.read() == content
    assert document.original_sha256 == hashlib.sha256(content).hexdigest()

    client.force_login(owner)
    response = client.get(file_url(application, document))
    served = body(response)
    assert response.headers["Content-Length"] == str(len(served))
    assert hashlib.sha256(served).hexdigest() == document.sha256 != document.original_sha256
    with pikepdf.open(io.BytesIO(served)) as pdf:
        assert not pdf.is_encrypted
        assert "/OpenAction" not in pdf.Root
    shown = edit_page(client, application).content.decode()
    assert "Taken as a copy without" in shown
    assert "The original is kept." in shown


def test_file_that_needs_no_cleaning_is_served_as_it_came(owner, application):
    content = files.make_pdf()
    document = checked(application, owner, content)
    assert (document.cleaned_of, str(document.original)) == ([], "")
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert document.cleaned_text == ""


@pytest.mark.parametrize("name", [name for name in hostile() if name.startswith("pdf protected")])
def test_protection_hides_nothing_hostile(owner, application, name):
    _kind, content, rule = hostile()[name]
    document = checked(application, owner, content)
    assert (document.state, document.refusal) == (DocumentState.REFUSED, rule)
    assert (document.cleaned_of, document.pictures) == ([], 0)


def test_second_check_of_the_same_file_leaves_nothing_in_the_store(owner, application, settings):
    """A lease that ran out: both look, one writes, the other takes out what it had stored."""
    document = attached(application, owner, files.make_pdf(VIEW))
    late = Document.objects.get(pk=document.pk)
    documents.check_due()
    document.refresh_from_db()
    stored = {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
    assert stored
    checking._check(late)
    assert {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()} == stored
    document.refresh_from_db()
    assert document.cleaned_of == ["opening"]
    assert DocumentPage.objects.count() == 1


# -- the original ------------------------------------------------------------------------------


TEAMS = "challenges:application-original"
STAFFS = "admin:challenges_application_original"


def test_team_has_its_original_as_it_sent_it(client, owner, application):
    content = files.make_pdf(VIEW, encryption=LOCKED)
    document = checked(application, owner, content)
    address = file_url(application, document, TEAMS)
    client.force_login(owner)
    for page in (edit_page(client, application), client.get(check_url(application))):
        shown = page.content.decode()
        assert f'href="{address}"' in shown
        assert "Everybody else reads the copy, because" in shown
    response = client.get(address)
    assert body(response) == content
    assert response.headers["Content-Length"] == str(len(content))
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="certificate (original).pdf"'
    )
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    entry = AuditEntry.objects.get(verb="download-original")
    assert (entry.actor, entry.facts) == (owner, {"document": str(document.pk)})
    stranger = make_user()
    client.force_login(stranger)
    assert client.get(address).status_code == 404


def test_staff_have_the_original_and_jurors_have_the_copy(client, owner, application):
    content = files.make_pdf(VIEW)
    document = checked(application, owner, content)
    submitted(application, owner)
    address = file_url(application, document, STAFFS)
    page = reverse("admin:challenges_application_change", args=[application.pk])
    programme = application.call.programme
    for role, may in ((Role.MANAGER, True), (Role.COMPLIANCE, True), (Role.CHAIR, False)):
        client.force_login(make_staff(programme, role))
        response = client.get(address)
        assert response.status_code == (200 if may else 404), role
        assert (address in client.get(page).content.decode()) is may, role
    assert AuditEntry.objects.filter(verb="download-original").count() == 2
    for role in (Role.REVIEWER, Role.PARTNER):
        client.force_login(make_staff(programme, role))
        assert client.get(address).status_code in {403, 404}
    juror = make_staff(programme, Role.REVIEWER)
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.IN_REVIEW)
    application.refresh_from_db()
    assignment = given_to(application, juror, AssignmentState.READING)
    client.force_login(juror)
    desk = reverse("admin:challenges_reviewassignment_review", args=[assignment.pk])
    shown = client.get(desk).content.decode()
    assert "Taken as a copy without" in shown
    assert "/original/" not in shown
    assert client.get(address).status_code in {403, 404}
    copy = reverse("admin:challenges_reviewassignment_file", args=[assignment.pk, document.pk])
    assert body(client.get(copy)) != content


def test_there_is_no_original_of_a_draft_for_staff_nor_of_a_file_that_is_no_copy(
    client, owner, application
):
    document = checked(application, owner, files.make_pdf(VIEW))
    client.force_login(make_staff(application.call.programme, Role.MANAGER))
    assert client.get(file_url(application, document, STAFFS)).status_code == 404
    plain = checked(application, owner, files.make_pdf())
    waiting = attached(application, owner, files.make_pdf(VIEW))
    client.force_login(owner)
    for other in (plain, waiting):
        assert client.get(file_url(application, other, TEAMS)).status_code == 404
        assert "/original/" not in edit_page(client, application).content.decode()
    assert not AuditEntry.objects.filter(verb="download-original").exists()


def test_original_that_was_changed_in_the_store_is_not_handed_out(
    client, owner, application, caplog
):
    document = checked(application, owner, files.make_pdf(VIEW))
    Path(document.original.path).write_bytes(files.make_pdf())
    client.force_login(owner)
    assert client.get(file_url(application, document, TEAMS)).status_code == 503
    assert "its hash differs" in caplog.text
    assert not AuditEntry.objects.filter(verb="download-original").exists()


# -- pictures of pages ------------------------------------------------------------------------


def many_pages(count=7):
    def change(pdf):
        for _number in range(count - 1):
            pdf.add_blank_page(page_size=(842, 595))

    return files.make_pdf(change)


def test_first_pages_are_pictured_for_the_team(client, owner, application, settings):
    settings.PREVIEW_PAGES, settings.PREVIEW_WIDTH = 3, 400
    document = checked(application, owner, many_pages(), "deck.pdf")
    pages = list(document.pages.all())
    assert [page.number for page in pages] == [1, 2, 3]
    assert document.pictures == 3
    client.force_login(owner)
    shown = edit_page(client, application).content.decode()
    assert 'alt="Page 3 of deck.pdf"' in shown
    assert 'loading="lazy"' in shown
    address = reverse("challenges:application-page", args=[application.pk, document.pk, 2])
    assert address in shown
    response = client.get(address)
    picture = body(response)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["Content-Type"] == "image/jpeg"
    assert hashlib.sha256(picture).hexdigest() == pages[1].sha256
    assert Image.open(io.BytesIO(picture)).size == (pages[1].width, pages[1].height) == (400, 283)
    assert client.get(address.replace("/2/", "/4/")).status_code == 404


def test_picture_is_for_whoever_may_have_the_file_at_each_request(client, owner, application):
    document = checked(application, owner, files.make_picture(), "site.png")
    address = reverse("challenges:application-page", args=[application.pk, document.pk, 1])
    admin = reverse("admin:challenges_application_page", args=[application.pk, document.pk, 1])
    manager = make_staff(application.call.programme, Role.MANAGER)
    client.force_login(manager)
    assert client.get(admin).status_code == 404  # a draft that nobody let them look at
    submitted(application, owner)
    assert client.get(admin).status_code == 200
    assert client.get(admin).status_code == 200
    entry = AuditEntry.objects.get(verb="look-at-file")  # once in a while, not for each picture
    assert entry.facts == {"document": str(document.pk)}
    assert client.get(address).status_code == 404
    page = reverse("admin:challenges_application_change", args=[application.pk])
    assert admin in client.get(page).content.decode()
    client.force_login(make_user())
    assert client.get(address).status_code == 404
    # Rights are asked at each request: whoever leaves the team has it no more.
    colleague = make_user()
    member = application.startup.memberships.create(user=colleague, role="viewer")
    client.force_login(colleague)
    assert client.get(address).status_code == 200
    member.delete()
    assert client.get(address).status_code == 404


def test_picture_that_was_changed_in_the_store_is_not_served(client, owner, application, caplog):
    document = checked(application, owner, files.make_picture("JPEG"), "site.jpg")
    page = document.pages.get()
    with Path(page.image.path).open("ab") as stored:
        stored.write(b"more")
    client.force_login(owner)
    address = reverse("challenges:application-page", args=[application.pk, document.pk, 1])
    assert client.get(address).status_code == 503
    assert "its hash differs" in caplog.text


def test_file_that_cannot_be_drawn_is_taken_all_the_same(owner, application, monkeypatch):
    monkeypatch.setattr(checking, "draw", lambda *_args, **_how: [])
    document = checked(application, owner, files.make_pdf())
    assert (document.state, document.pictures) == (DocumentState.CLEAN, 0)


def test_drawing_is_bounded_like_the_check(tmp_path):
    """A page that claims to be as large as a house gives a picture of the usual size."""
    from portal.inspection import Pace, draw  # noqa: PLC0415 -- beside its only use

    at_once = Pace(nice=0)

    def huge(pdf):
        pdf.pages[0].MediaBox = Array([0, 0, 14_400, 20])

    (tmp_path / "file").write_bytes(files.make_pdf(huge))
    assert inspect(str(tmp_path / "file"), "pdf", pace=at_once).rule is None
    sizes = draw(str(tmp_path / "file"), "pdf", str(tmp_path), pages=5, width=300, pace=at_once)
    assert len(sizes) == 1
    assert all(side <= 601 for size in sizes for side in size)
    (tmp_path / "no").write_bytes(b"%PDF-1.4 nothing")
    no = str(tmp_path / "no")
    assert draw(no, "pdf", str(tmp_path), pages=5, width=300, pace=at_once) == []
    assert inspect(no, "pdf", pace=at_once).rule is Rule.DAMAGED
