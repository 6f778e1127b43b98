"""The files of a copy as they stand now: a copy keeps what was handed in, not what became of it."""

from __future__ import annotations

from typing import Any

from challenges.answers import documents_in
from portal.models import Document

Sections = list[tuple[str, list[dict[str, Any]]]]


def with_files(sections: Sections) -> Sections:
    """The sections, each copy with its file beside it; one question to the database for all."""
    found = Document.objects.by_key(
        documents_in(copy for _head, copies in sections for copy in copies)
    )
    return [
        (
            head,
            [
                {**copy, "file": found.get((copy.get("document") or {}).get("id", ""))}
                for copy in copies
            ],
        )
        for head, copies in sections
    ]
