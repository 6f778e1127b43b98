"""A file that comes in with a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from portal.documents import kinds_accepted, validate_upload

if TYPE_CHECKING:
    from collections.abc import Collection


class UploadField(forms.FileField):
    """A file of a kind we take, within the size we take; ``kinds`` narrows what is taken here."""

    def __init__(self, *, kinds: Collection[str] = (), **kwargs: Any) -> None:
        self.kinds = kinds_accepted(kinds)
        accept = ",".join(f".{kind}" for kind in self.kinds)
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": accept}))
        super().__init__(required=False, allow_empty_file=True, **kwargs)

    def to_python(self, data: Any) -> Any:
        """Refuse with the rule and the remedy."""
        upload: Any = super().to_python(data)
        if upload is not None:
            # Browsers send a quotation mark in a file's name as %22, and mean the mark.
            upload.name = (upload.name or "").replace("%22", '"')
            validate_upload(upload, kinds=self.kinds)
        return upload


def kinds_taken(kinds: Collection[str] = ()) -> str:
    """Which files are taken, beside every field for one, whatever the question's help says."""
    return _("One file of at most %(limit)d MB: %(kinds)s.") % {
        "limit": settings.UPLOAD_LIMIT_MB,
        "kinds": ", ".join(kind.upper() for kind in kinds_accepted(kinds)),
    }
