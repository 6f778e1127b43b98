"""The files of a copy as they stand now: a copy keeps what was handed in, not what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404

from challenges.answers import copy_in_words, documents_in, link_in
from challenges.models import Replacement
from challenges.models.team import in_place
from portal.models import Document, DocumentPage

if TYPE_CHECKING:
    from uuid import UUID

Sections = list[tuple[str, list[dict[str, Any]]]]


def with_files(sections: Sections) -> Sections:
    """The sections, each copy with its words and its file; one question to the database for all.

    A second one, where a file was refused: for what stands in its place, or until when it may.
    """
    found = Document.objects.by_key(
        documents_in(copy for _head, copies in sections for copy in copies)
    )
    after: dict[str, Replacement] = {}
    if refused := [document.pk for document in found.values() if document.is_refused]:
        first = Replacement.objects.filter(refused__in=refused).values("application")
        rows = Replacement.objects.filter(application__in=first).select_related("document")
        after = {str(row.refused_id): row for row in rows}
    replaced = {key: row for key, row in after.items() if row.is_replaced}
    found |= {str(row.document_id): row.document for row in replaced.values() if row.document}
    return [
        (head, [_with_file(copy, found, after) for copy in in_place(copies, replaced)])
        for head, copies in sections
    ]


def _with_file(
    copy: dict[str, Any], found: dict[str, Document], after: dict[str, Replacement]
) -> dict[str, Any]:
    key = (copy.get("document") or {}).get("id", "")
    return {
        **copy,
        "file": found.get(key),
        "replacement": after.get(key),
        "words": copy_in_words(copy, with_level=True),
        "link": link_in(copy),
    }


def page_of(document_id: UUID, number: int) -> DocumentPage:
    """The picture of one page; whoever calls this has asked the record that shows the file."""
    pages = DocumentPage.objects.select_related("document")
    return get_object_or_404(pages, document=document_id, number=number)
