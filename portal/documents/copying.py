"""A stored file taken in once more, for another record: bytes of its own, checked anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from portal.documents.intake import take_in
from portal.documents.serving import NotServed, stored_bytes

if TYPE_CHECKING:
    from collections.abc import Collection

    from portal.models import Document, User


def copy_in(document: Document, *, subject: Any, by: User, kinds: Collection[str] = ()) -> Document:
    """A document of ``subject`` with the same bytes; whoever calls this has asked who may see it.

    It lies in the store under its own key: when one of the two is taken out, the other stays.

    Raises:
        ValidationError: the store does not have it now, or it is not of a kind that is taken here.
    """
    try:
        content = stored_bytes(document)
    except NotServed as away:
        raise ValidationError(f"{away.reason} {away.remedy}", code="storage") from away
    with content:
        upload: UploadedFile[Any] = UploadedFile(
            content, document.name, document.content_type, document.size
        )
        return take_in(upload, subject=subject, by=by, kinds=kinds)
