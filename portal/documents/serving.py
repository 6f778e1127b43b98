"""The single way out of the store: the bytes that were checked, or a sentence why not."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from io import SEEK_END
from pathlib import PurePath
from typing import IO, TYPE_CHECKING

from django.http import FileResponse
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.db.models.fields.files import FieldFile
    from django_stubs_ext import StrOrPromise

    from portal.models import Document, DocumentPage

logger = logging.getLogger(__name__)

#: A copy up to this size is made in memory, a larger one in a temporary file.
_IN_MEMORY = 1024 * 1024


class NotServed(Exception):
    """A file that cannot be had now, with the reason in words; `portal.middleware` makes a page."""

    def __init__(self, reason: StrOrPromise, *, remedy: StrOrPromise, status: int) -> None:
        self.reason, self.remedy, self.status = reason, remedy, status
        super().__init__(str(reason))


def serve(document: Document, *, to_team: bool = False) -> FileResponse:
    """The bytes as an attachment. Whoever calls this has asked the owning record first.

    Others than the team that handed it in have a file only when its check found nothing.

    Raises:
        NotServed: it is not checked yet, was refused, or is not what was checked.
    """
    if not to_team and not document.is_clean:
        raise _not_clean(document)
    response = _neutral(
        stored_bytes(document), name=document.name, content_type=document.content_type
    )
    response["Content-Length"] = str(document.size)
    return response


def serve_original(document: Document) -> FileResponse:
    """The bytes as they were handed in, where others read a cleaned copy of them.

    They were checked like the copy: nothing in them acts but the view at which they open. Whoever
    calls this has asked the owning record first, and whether there is an original.

    Raises:
        NotServed: the store does not have it, or has another.
    """
    if not document.is_clean:
        raise _not_clean(document)
    what = f"original of document {document.pk}"
    copy = _copied(document.original, document.original_sha256, what)
    size = copy.seek(0, SEEK_END)
    copy.seek(0)
    path = PurePath(document.name)
    name = _("%(name)s (original)%(ending)s") % {"name": path.stem, "ending": path.suffix}
    response = _neutral(copy, name=name, content_type=document.content_type)
    response["Content-Length"] = str(size)
    return response


def stored_bytes(document: Document) -> IO[bytes]:
    """The bytes as they were checked; nobody is asked who may have them.

    Raises:
        NotServed: the store does not have them, or has others.
    """
    return _copied(document.file, document.sha256, f"document {document.pk}")


def _not_clean(document: Document) -> NotServed:
    if document.is_refused:
        return NotServed(
            _("Our check refused this file. %(why)s") % {"why": document.refusal_text},
            remedy=_("The team was told. Questions about it go to them, or to the programme."),
            status=409,
        )
    return NotServed(
        _("This file is still being checked."),
        remedy=_("Load this page again in a minute."),
        status=409,
    )


def serve_page(page: DocumentPage) -> FileResponse:
    """The picture of one page, as any file is served, after the owning record was asked.

    Raises:
        NotServed: the file is not to be had, or the picture is not the one that was drawn.
    """
    if not page.document.is_clean:
        raise _not_clean(page.document)
    copy = _copied(page.image, page.sha256, f"picture {page.pk}")
    return _neutral(copy, name=f"{page.number}.jpg", content_type="image/jpeg")


def _neutral(copy: IO[bytes], *, name: str, content_type: str) -> FileResponse:
    """The headers of every file that came from outside."""
    response = FileResponse(copy, as_attachment=True, filename=name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def _copied(stored_file: FieldFile, sha256: str, what: str) -> IO[bytes]:
    """The stored bytes, read to the end and compared before the first of them leaves.

    A copy, because what lies in the store could change between the comparison and the sending.
    """
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 -- the response closes it
    digest = hashlib.sha256()
    try:
        with stored_file.open("rb") as stored:
            for chunk in stored.chunks():
                digest.update(chunk)
                copy.write(chunk)
    except Exception as error:
        # A missing file, a full disk, an object store that is away: each has errors of its own.
        copy.close()
        logger.exception("%s cannot be read from the store", what)
        raise NotServed(
            _("This file cannot be read from our store just now."),
            remedy=_("Try again in a few minutes. We have been told."),
            status=503,
        ) from error
    if digest.hexdigest() != sha256:
        copy.close()
        logger.error("%s is not what was handed in: its hash differs", what)
        raise NotServed(
            _("This file is damaged in our store, so we do not hand it out."),
            remedy=_("We have been told. If you have the file, keep it: we may ask you for it."),
            status=503,
        )
    copy.seek(0)
    return copy
