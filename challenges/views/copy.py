"""One's own submitted version or draft: receipt, paper, text file, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from challenges.answers import by_section
from challenges.views.own import own_application
from challenges.workflow.application import copies_of, why_shut
from portal import clock
from portal.documents import serve
from portal.models import Document

if TYPE_CHECKING:
    from uuid import UUID

    from challenges.models import Application
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
    }
    return render(request, "challenges/application_receipt.html", context)


@require_safe
def application_print(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One's own answers on paper: the submitted version, or the draft."""
    application = own_application(request, pk)
    wanted = "draft" if request.GET.get("version") == "draft" else "submitted"
    context = {
        "application": application,
        "call": application.call,
        "revision": application.current_revision if wanted == "submitted" else None,
        "sections": copy_by_section(application, wanted),
    }
    return render(request, "challenges/application_print.html", context)


@require_safe
def application_copy(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One's own answers as a text file, to keep or to use again."""
    application = own_application(request, pk)
    wanted = "draft" if request.GET.get("version") == "draft" else "submitted"
    lines = [application.call.title, application.startup.name, application.reference, ""]
    for title, rows in copy_by_section(application, wanted):
        lines += [title.upper(), ""]
        for row in rows:
            lines += [row["label"], str(row["value"]) or "–", ""]
    response = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{application.reference}.txt"'
    return response


def copy_by_section(
    application: Application, wanted: str
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Question and answer by section, from the submitted copy or from the draft."""
    revision = application.current_revision if wanted == "submitted" else None
    rows = copies_of(application) if revision is None else revision.answers
    return [
        (
            title,
            [
                {
                    **row,
                    "value": row["document"]["name"]
                    if row["document"]
                    else f"{row['value']} {row['unit']}".strip(),
                }
                for row in inside
            ],
        )
        for title, inside in by_section(rows)
    ]


@require_safe
def application_file(request: PortalRequest, pk: UUID, document_id: UUID) -> FileResponse:
    """A file of one's own application, in the draft or in a submitted version."""
    application = own_application(request, pk)
    document = get_object_or_404(
        Document,
        pk=document_id,
        subject_type=application._meta.label_lower,
        subject_id=application.pk,
    )
    return serve(document, to_team=True)
