"""Files that come in pieces: what has come stays, a repeated piece changes nothing.

A row says how far a file is; each piece lies in the store under the row's key and its number, so
that any machine takes the next one. The row's lock decides which of two equal pieces counts.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from portal import clock
from portal.choices import UploadState
from portal.documents.intake import (
    clean_name,
    not_stored,
    validate_claim,
    validate_head,
    validate_upload,
)
from portal.models import ClockNow, Document, Upload, User
from portal.models.upload import piece_path
from portal.workflow import lock_row

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

logger = logging.getLogger(__name__)

#: A piece is not longer than this, and not shorter than that unless it is the last: a file of
#: a million pieces is an attack.
LARGEST_PIECE = 2 * 1024 * 1024
SMALLEST_PIECE = 64 * 1024
#: How long a finished row answers whoever did not hear that it is finished.
TOLD_FOR = timedelta(days=1)


class OutOfPlace(Exception):
    """A piece that does not follow what has come; ``received`` says where to go on."""

    def __init__(self, received: int) -> None:
        self.received = received
        super().__init__(str(received))


@dataclass(frozen=True)
class Claim:
    """What somebody says of a file before its first piece."""

    name: str
    size: int
    #: Tells the same file, chosen again, from another of its name and size.
    mark: str = ""
    #: The kinds that are taken here; empty for all.
    kinds: Collection[str] = ()


@transaction.atomic
def begin(*, subject: Any, purpose: str, claim: Claim, by: User) -> Upload:
    """A row for the pieces to come; the same file begun before goes on where it was.

    Raises:
        ValidationError: the rule it breaks, before a byte of it has come.
    """
    name, mark = clean_name(claim.name), re.sub(r"[^0-9A-Za-z-]", "", claim.mark)[:64]
    validate_claim(name, claim.size, kinds=claim.kinds)
    # Of two that a person begins at once the second counts the first.
    lock_row(User, by.pk, "NO KEY UPDATE")
    mine = Upload.objects.filter(user=by).select_for_update(no_key=True)
    same = {
        "subject_type": subject._meta.label_lower,
        "subject_id": subject.pk,
        "purpose": purpose,
    }
    ends = clock.database_now() + timedelta(hours=settings.UPLOAD_KEPT_HOURS)
    for upload in mine.filter(state=UploadState.COMING, **same):
        if (upload.name, upload.size, upload.mark) == (name, claim.size, mark):
            Upload.objects.filter(pk=upload.pk).update(expires_at=ends)
            return upload
        # Another file for the same place: nobody goes on with the one before.
        drop(upload)
    on_its_way = Upload.objects.filter(user=by).coming().aggregate(size=Sum("size"))["size"] or 0
    if on_its_way + claim.size > settings.UPLOAD_QUOTA_MB * 1024 * 1024:
        raise ValidationError(
            _(
                "You are sending more than %(limit)d MB at once. Wait until a file has arrived, or"
                " stop one; then choose this file again."
            ),
            params={"limit": settings.UPLOAD_QUOTA_MB},
            code="quota",
        )
    return Upload.objects.create(
        user=by, name=name, size=claim.size, mark=mark, expires_at=ends, **same
    )


@transaction.atomic
def add_piece(upload: Upload, *, at: int, content: bytes) -> Upload:
    """Keep a piece that follows what has come; one that has come already changes nothing.

    Raises:
        OutOfPlace: it begins behind what has come, or is of no size that is taken.
        ValidationError: the file is not what its name says, or the store takes nothing.
    """
    locked = Upload.objects.select_for_update(no_key=True).filter(pk=upload.pk).first()
    if locked is None:
        raise OutOfPlace(0)  # it was given up while this piece was on its way
    ends = at + len(content)
    if locked.state == UploadState.TAKEN or (content and ends <= locked.received):
        return locked
    last = ends == locked.size
    if (
        at != locked.received
        or ends > locked.size
        or len(content) > LARGEST_PIECE
        or (len(content) < SMALLEST_PIECE and not last)
    ):
        raise OutOfPlace(locked.received)
    if at == 0:
        validate_head(locked.name, content[:16])
    _store_piece(locked, len(locked.pieces), content)
    locked.pieces, locked.received = [*locked.pieces, len(content)], ends
    locked.expires_at = clock.database_now() + timedelta(hours=settings.UPLOAD_KEPT_HOURS)
    locked.save(update_fields=["pieces", "received", "expires_at"])
    return locked


def _store_piece(upload: Upload, number: int, content: bytes) -> None:
    """Write one piece; what a broken attempt left under its name goes first."""
    name = piece_path(upload, number)
    try:
        if default_storage.exists(name):
            default_storage.delete(name)
        default_storage.save(name, ContentFile(content))
    except Exception as error:
        logger.exception("a piece could not be stored")
        with suppress(Exception):
            default_storage.delete(name)
        raise not_stored() from error


def finish(
    upload: Upload, *, kinds: Collection[str], take: Callable[[TemporaryUploadedFile], Document]
) -> Document:
    """Hand the whole file to ``take``, once: whoever asks again gets the same document.

    The pieces are put together before anything is locked; ``take`` locks its record first and the
    row follows, as everywhere.

    Raises:
        OutOfPlace: it has not come in full.
        ValidationError: the rule the file breaks.
    """
    found = Upload.objects.select_related("document").filter(pk=upload.pk).first()
    if found is None:
        raise OutOfPlace(0)  # it was given up meanwhile
    upload = found
    if upload.document is not None:
        return upload.document
    if upload.received != upload.size:
        raise OutOfPlace(upload.received)
    with _together(upload) as whole:
        validate_upload(whole, kinds=kinds)
        try:
            document = _take_once(upload, whole, take)
        except TakenMeanwhile as meanwhile:
            with suppress(Exception):
                default_storage.delete(str(meanwhile.document.file.name))
            taken = Upload.objects.select_related("document").filter(pk=upload.pk).first()
            if taken is None or taken.document is None:
                raise OutOfPlace(0) from meanwhile  # it was given up
            return taken.document
    _delete_pieces(upload)
    return document


class TakenMeanwhile(Exception):
    """Somebody finished it, or gave it up, while we put it together: all of ours is undone."""

    def __init__(self, document: Document) -> None:
        self.document = document
        super().__init__(str(document.pk))


@transaction.atomic
def _take_once(
    upload: Upload,
    whole: TemporaryUploadedFile,
    take: Callable[[TemporaryUploadedFile], Document],
) -> Document:
    document = take(whole)
    if not Upload.objects.filter(pk=upload.pk, state=UploadState.COMING).update(
        state=UploadState.TAKEN, document=document, expires_at=ClockNow() + TOLD_FOR
    ):
        raise TakenMeanwhile(document)
    return document


def _together(upload: Upload) -> TemporaryUploadedFile:
    """The file on a disk, put together piece by piece: never more than one is in memory."""
    whole = TemporaryUploadedFile(upload.name, "", upload.size, None)
    try:
        for number, length in enumerate(upload.pieces):
            with default_storage.open(piece_path(upload, number), "rb") as piece:
                content = piece.read()
            if len(content) != length:
                raise OSError(f"piece {number} of {upload.pk} is not as long as it was")  # noqa: TRY301
            whole.write(content)
    except Exception as error:
        whole.close()
        logger.exception("the pieces of %s cannot be put together", upload.pk)
        raise not_stored() from error
    whole.flush()
    whole.seek(0)
    return whole


def stop(upload: Upload) -> None:
    """Give up a file on its way; one that is taken in stays where it is."""
    with transaction.atomic():
        locked = Upload.objects.select_for_update(no_key=True).filter(pk=upload.pk).first()
        if locked is not None and locked.state == UploadState.COMING:
            drop(locked)


def drop(upload: Upload) -> None:
    """Take out the row, and its pieces once that is certain."""
    upload_key, pieces = upload.pk, upload.pieces
    Upload.objects.filter(pk=upload_key).delete()
    transaction.on_commit(lambda: _delete_pieces(Upload(pk=upload_key, pieces=pieces)))


def _delete_pieces(upload: Upload) -> None:
    # One more than are known: a broken attempt may have left the next one behind.
    for number in range(len(upload.pieces) + 1):
        with suppress(Exception):  # each store has errors of its own; what is left is nobody's
            default_storage.delete(piece_path(upload, number))


def tidy(*, limit: int = 100) -> int:
    """The sweep's part: rows nobody goes on with, and those that were finished a day ago."""
    done = 0
    while done < limit and _tidy_next():
        done += 1
    return done


@transaction.atomic
def _tidy_next() -> bool:
    forgotten = Upload.objects.forgotten().select_for_update(skip_locked=True).first()
    if forgotten is None:
        return False
    drop(forgotten)
    return True
