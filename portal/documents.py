"""Private files: taken in with a first check, served only after the owning record's own check."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import FileResponse
from django.utils.translation import gettext_lazy as _

from portal.choices import DocumentState
from portal.models import Document

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from portal.models import User


@dataclass(frozen=True)
class Format:
    """A kind of file we take: its type, and the bytes such a file begins with."""

    content_type: str
    magic: tuple[bytes, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument."
FORMATS = {
    ".pdf": Format("application/pdf", (b"%PDF-",)),
    ".png": Format("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".jpg": Format("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": Format("image/jpeg", (b"\xff\xd8\xff",)),
    ".docx": Format(_OFFICE + "wordprocessingml.document", (b"PK\x03\x04",)),
    ".xlsx": Format(_OFFICE + "spreadsheetml.sheet", (b"PK\x03\x04",)),
    ".pptx": Format(_OFFICE + "presentationml.presentation", (b"PK\x03\x04",)),
}
ACCEPTED = ", ".join(sorted(suffix.lstrip(".") for suffix in FORMATS))
NAME_LENGTH = 120


def clean_name(name: str) -> str:
    """The name somebody gave a file, without paths, control and direction characters."""
    plain = unicodedata.normalize("NFC", PurePath(name.replace("\\", "/")).name)
    plain = "".join(
        character for character in plain if unicodedata.category(character) not in {"Cc", "Cf"}
    )
    plain = re.sub(r"\s+", " ", plain).strip() or "file"
    path = PurePath(plain)
    return path.stem[: NAME_LENGTH - len(path.suffix)] + path.suffix


def validate_upload(upload: UploadedFile[Any]) -> None:
    """Refuse what is too large, of a kind we do not take, or not what its name says."""
    suffix = PurePath(upload.name or "").suffix.lower()
    known = FORMATS.get(suffix)
    if known is None:
        raise ValidationError(
            _("This kind of file is not taken. Save it as one of: %(kinds)s."),
            params={"kinds": ACCEPTED},
            code="kind",
        )
    limit = settings.UPLOAD_LIMIT_MB
    if (upload.size or 0) > limit * 1024 * 1024:
        raise ValidationError(
            _(
                "The file is larger than %(limit)d MB. Make it smaller, for example by saving it"
                " with smaller pictures."
            ),
            params={"limit": limit},
            code="size",
        )
    if not upload.size:
        raise ValidationError(_("The file is empty."), code="empty")
    upload.seek(0)
    head = upload.read(16)
    upload.seek(0)
    if not head.startswith(known.magic):
        raise ValidationError(
            _(
                "The file is not what its name says (%(suffix)s). Save it again from the program"
                " that made it."
            ),
            params={"suffix": suffix},
            code="content",
        )


def take_in(upload: UploadedFile[Any], *, subject: Any, by: User) -> Document:
    """Store an upload as a document of ``subject``; another version is another document.

    Raises:
        ValidationError: the rule that was broken and the remedy.
    """
    validate_upload(upload)
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
        state=DocumentState.CLEAN,
    )
    document.file.save(document.pk.hex, upload, save=False)
    document.save()
    return document


def serve(document: Document) -> FileResponse:
    """The bytes as an attachment. Whoever calls this has asked the owning record first."""
    response = FileResponse(
        document.file.open("rb"),
        as_attachment=True,
        filename=document.name,
        content_type=document.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
