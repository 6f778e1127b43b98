"""Taking a file in: the cheap checks that answer at once, and the row that waits for the others."""

from __future__ import annotations

import hashlib
import logging
import re
import unicodedata
import uuid
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext_lazy as _

from portal.documents.checking import wake_up_after_commit
from portal.models import Document
from portal.models.document import document_path

if TYPE_CHECKING:
    from collections.abc import Collection

    from portal.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Format:
    """A kind of file we take: its type, and the bytes such a file begins with, if it has any."""

    content_type: str
    magic: bytes


_OFFICE = "application/vnd.openxmlformats-officedocument."
FORMATS = {
    ".pdf": Format("application/pdf", b"%PDF-"),
    ".png": Format("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": Format("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": Format("image/jpeg", b"\xff\xd8\xff"),
    ".docx": Format(_OFFICE + "wordprocessingml.document", b"PK\x03\x04"),
    ".xlsx": Format(_OFFICE + "spreadsheetml.sheet", b"PK\x03\x04"),
    ".pptx": Format(_OFFICE + "presentationml.presentation", b"PK\x03\x04"),
    ".csv": Format("text/csv", b""),
}
ACCEPTED = ", ".join(sorted(suffix.lstrip(".") for suffix in FORMATS))
NAME_LENGTH = 120
#: What old office files begin with, and new ones behind a password.
_OLE = b"\xd0\xcf\x11\xe0"


def clean_name(name: str) -> str:
    """The name somebody gave a file, without paths, control and direction characters."""
    plain = unicodedata.normalize("NFC", PurePath(name.replace("\\", "/")).name)
    plain = "".join(
        character for character in plain if unicodedata.category(character) not in {"Cc", "Cf"}
    )
    plain = re.sub(r"\s+", " ", plain).strip() or "file"
    path = PurePath(plain)
    return (path.stem[: max(NAME_LENGTH - len(path.suffix), 1)] + path.suffix)[:NAME_LENGTH]


class SizeLimit(FileUploadHandler):
    """Stops keeping a file as soon as it is larger than we take, while it is still coming in."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Hand a chunk on to who stores it, or let it fall."""
        most = settings.UPLOAD_LIMIT_MB * 1024 * 1024
        return raw_data if start + len(raw_data) <= most else None

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        """A shell with the true size, so that the form can say what is wrong."""
        if file_size <= settings.UPLOAD_LIMIT_MB * 1024 * 1024:
            return None
        for other in self.request.upload_handlers if self.request else ():
            # What was begun of it elsewhere goes now, not when somebody collects it.
            if (begun := getattr(other, "file", None)) is not None:
                begun.close()
        return UploadedFile(BytesIO(), self.file_name, self.content_type, file_size)


def validate_upload(upload: UploadedFile[Any], *, kinds: Collection[str] = ()) -> None:
    """Refuse what is too large, of a kind we do not take here, or not what its name says."""
    name = clean_name(upload.name or "")
    validate_claim(name, upload.size or 0, kinds=kinds)
    upload.seek(0)
    head = upload.read(16)
    upload.seek(0)
    validate_head(name, head)


def kinds_accepted(kinds: Collection[str] = ()) -> list[str]:
    """The kinds that are taken: all that we take, or those of them that are asked for."""
    all_kinds = [suffix.lstrip(".") for suffix in FORMATS]
    wanted = {kind.strip().lower().lstrip(".") for kind in kinds}
    # A picture is asked for by either of its two names.
    if wanted & {"jpg", "jpeg"}:
        wanted |= {"jpg", "jpeg"}
    return sorted(kind for kind in all_kinds if kind in wanted or not wanted & set(all_kinds))


def validate_claim(name: str, size: int, *, kinds: Collection[str] = ()) -> None:
    """Refuse by name and size alone, before the file has come."""
    suffix = PurePath(name).suffix.lower()
    accepted = kinds_accepted(kinds)
    if suffix.lstrip(".") not in accepted:
        raise ValidationError(
            _("This kind of file is not taken. Save it as one of: %(kinds)s.")
            if len(accepted) > 1
            else _("This kind of file is not taken here. Save it as %(kinds)s."),
            params={"kinds": ", ".join(accepted)},
            code="kind",
        )
    limit = settings.UPLOAD_LIMIT_MB
    if size > limit * 1024 * 1024:
        raise ValidationError(
            _(
                "The file is larger than %(limit)d MB. Make it smaller, for example by saving it"
                " with smaller pictures."
            ),
            params={"limit": limit},
            code="size",
        )
    if size <= 0:
        raise ValidationError(_("The file is empty."), code="empty")


def validate_head(name: str, head: bytes) -> None:
    """Refuse a file whose first bytes are not those of the kind its name says."""
    suffix = PurePath(name).suffix.lower()
    known = FORMATS[suffix]
    if head.startswith(_OLE) and known.content_type.startswith(_OFFICE):
        raise ValidationError(
            _(
                "The file is protected with a password, or of the kind before 2007. Save it as"
                " %(suffix)s without a password."
            ),
            params={"suffix": suffix},
            code="content",
        )
    if not head.startswith(known.magic):
        raise ValidationError(
            _(
                "The file is not what its name says (%(suffix)s). Save it again from the program"
                " that made it."
            ),
            params={"suffix": suffix},
            code="content",
        )


def not_stored() -> ValidationError:
    """The sentence for a full disk, or a store that is away."""
    return ValidationError(
        _(
            "The file could not be stored just now; everything else on this page is kept. It is"
            " not your doing. Choose the file again in a few minutes."
        ),
        code="storage",
    )


def _store(document: Document, upload: UploadedFile[Any]) -> None:
    """Write the file; a full disk or a store that is away is said beside the field."""
    try:
        document.file.save(document.pk.hex, upload, save=False)
    except Exception as error:
        # Each store has errors of its own. What was half written belongs to nobody.
        logger.exception("a file could not be stored")
        with suppress(Exception):
            document.file.storage.delete(document_path(document, document.pk.hex))
        raise not_stored() from error


def take_in(
    upload: UploadedFile[Any], *, subject: Any, by: User, kinds: Collection[str] = ()
) -> Document:
    """Store an upload as a document of ``subject``; another version is another document.

    The thorough check follows after the commit, in a process of its own. A file that lies on a
    disk is moved or streamed into the store, never held in memory.

    Raises:
        ValidationError: the rule that was broken and the remedy.
    """
    validate_upload(upload, kinds=kinds)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    name = clean_name(upload.name or "file")
    document = Document(
        id=uuid.uuid4(),
        name=name,
        content_type=FORMATS[PurePath(name).suffix.lower()].content_type,
        size=upload.size or 0,
        sha256=digest.hexdigest(),
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        startup_id=subject.startup_key,
        uploaded_by=by,
    )
    _store(document, upload)
    document.save()
    wake_up_after_commit()
    return document
