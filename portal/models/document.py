"""Private files: known by their content, served only through the owning record's own check."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from portal.choices import DocumentState
from portal.models.base import Record


def document_path(document: Document, _name: str) -> str:
    """Where the bytes lie: by key, never by the name somebody gave them."""
    return f"documents/{document.pk.hex[:2]}/{document.pk.hex}"


class Document(Record):
    """A file as it was handed in. Immutable: another version is another document."""

    name = models.CharField(_("file name"), max_length=120)
    file = models.FileField(upload_to=document_path, max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(_("fingerprint"), max_length=64)
    subject_type = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    startup_id = models.UUIDField(null=True)
    uploaded_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=DocumentState, default=DocumentState.CHECKING
    )
    refusal = models.TextField(_("why refused"), blank=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=DocumentState.values), name="document_state_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="document_by_subject"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def size_text(self) -> str:
        """The size as people say it."""
        return filesizeformat(self.size)

    @property
    def state_word(self) -> str:
        """The state as people say it."""
        return self.get_state_display()
