"""The form that takes one file in the place of a refused one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _, gettext_lazy

from portal.documents import kinds_accepted, validate_upload
from portal.forms import helper, kindly

if TYPE_CHECKING:
    from collections.abc import Sequence


class ReplaceForm(forms.Form):
    """One file, of the kinds that its question asks for."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, kinds: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = kinds
        accepted = kinds_accepted(kinds)
        field = self.fields["file"]
        field.widget.attrs["accept"] = ",".join(f".{kind}" for kind in accepted)
        field.help_text = _("One file of at most %(limit)d MB: %(kinds)s.") % {
            "limit": settings.UPLOAD_LIMIT_MB,
            "kinds": ", ".join(kind.upper() for kind in accepted),
        }
        kindly(self)
        field.error_messages["required"] = _("Choose the file.")
        self.helper = helper()

    def clean_file(self) -> Any:
        """Refuse with the rule and the remedy."""
        upload = self.cleaned_data["file"]
        validate_upload(upload, kinds=self.kinds)
        return upload
