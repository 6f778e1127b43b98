"""One's own submitted version or draft: receipt, paper, text file, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from challenges.papers import (
    WORD,
    answers_in_word,
    as_file,
    copy_by_section,
    paper_of,
    versions_of,
)
from challenges.teampage import to_replace
from challenges.views.own import own_application
from challenges.workflow.application import why_shut
from portal import audit, clock
from portal.documents import serve, serve_original, serve_page
from portal.models import Document, DocumentPage

if TYPE_CHECKING:
    from uuid import UUID

    from challenges.models import Application, Revision
    from portal.http import PortalRequest


@require_safe
def application_receipt(request: PortalRequest, pk: UUID) -> HttpResponse:
    """What was received and what became of it: reference, instant, version, fingerprint."""
    application = own_application(request, pk)
    revision = application.current_revision
    if revision is None:
        return redirect("challenges:application-check", application.pk)
    context = {
        "application": application,
        "call": application.call,
        "revision": revision,
        "is_writable": why_shut(application, clock.database_now()) is None,
        "replacements": application.replacements.select_related("question", "refused", "document"),
        "to_replace": to_replace(application),
    }
    return render(request, "challenges/application_receipt.html", context)


def asked_for(request: PortalRequest, application: Application) -> Revision | None:
    """The version that counts, or nothing where the draft is wanted or all there is."""
    return None if request.GET.get("version") == "draft" else application.current_revision


@require_safe
def application_print(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One's own answers on paper: the submitted version, or the draft."""
    application = own_application(request, pk)
    revision = asked_for(request, application)
    context = {
        "application": application,
        "call": application.call,
        "revision": revision,
        "sections": copy_by_section(application, revision),
    }
    return render(request, "challenges/application_print.html", context)


@require_safe
def application_copy(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One's own answers as a text file, to keep or to use again."""
    application = own_application(request, pk)
    revision = asked_for(request, application)
    lines = [application.call.title, application.startup.name, application.reference, ""]
    for title, rows in copy_by_section(application, revision):
        lines += [title.upper(), ""]
        for row in rows:
            lines += [row["label"], str(row["value"]) or "–", ""]
    response = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{application.reference}.txt"'
    return response


@require_safe
def application_word(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One's own answers as a text document, to go on writing together elsewhere."""
    application = own_application(request, pk)
    revision = asked_for(request, application)
    standing = (
        _("version %(number)d, submitted") % {"number": revision.number}
        if revision
        else _("draft, not submitted")
    )
    content = answers_in_word(
        application,
        copy_by_section(application, revision),
        standing=standing,
        language=request.LANGUAGE_CODE,
    )
    return as_file(content, f"{application.reference}.docx", WORD)


@require_safe
def application_pdf(request: PortalRequest, pk: UUID, number: int) -> HttpResponse:
    """A submitted version as a tagged PDF."""
    application = own_application(request, pk)
    revision = get_object_or_404(
        application.revisions.select_related("submitted_by"), number=number
    )
    return paper_of(application, revision, reader=request.user)


@require_safe
def application_versions(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Every submitted version, and what differs between two of them."""
    application = own_application(request, pk)
    return render(
        request,
        "challenges/application_versions.html",
        {"application": application, "for_staff": False, **versions_of(application, request.GET)},
    )


def _file_of(application: Application, document_id: UUID) -> Document:
    """The file, where it was handed in with this application."""
    return get_object_or_404(
        Document,
        pk=document_id,
        subject_type=application._meta.label_lower,
        subject_id=application.pk,
    )


@require_safe
def application_file(request: PortalRequest, pk: UUID, document_id: UUID) -> FileResponse:
    """A file of one's own application, in the draft or in a submitted version."""
    application = own_application(request, pk)
    return serve(_file_of(application, document_id), to_team=True)


@require_safe
def application_original(request: PortalRequest, pk: UUID, document_id: UUID) -> FileResponse:
    """What the team sent, where others read a cleaned copy of it."""
    application = own_application(request, pk)
    document = _file_of(application, document_id)
    if not document.has_original:
        raise Http404
    response = serve_original(document)
    facts = {"document": str(document.pk)}
    audit.read(application, "download-original", by=request.user, facts=facts)
    return response


@require_safe
def application_page(
    request: PortalRequest, pk: UUID, document_id: UUID, number: int
) -> FileResponse:
    """The picture of one page of a file of one's own application."""
    application = own_application(request, pk)
    page = get_object_or_404(
        DocumentPage.objects.select_related("document"),
        document=document_id,
        document__subject_type=application._meta.label_lower,
        document__subject_id=application.pk,
        number=number,
    )
    return serve_page(page)
