"""Private files: known by their content, served only through the owning record's own check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from django.utils.text import get_text_list
from django.utils.translation import gettext, gettext_lazy as _

from portal.choices import Cleaning, DocumentState, Refusal
from portal.models.base import ClockNow, Record

if TYPE_CHECKING:
    from collections.abc import Iterable


def document_path(document: Document, _name: str) -> str:
    """Where the bytes lie: by key, never by the name somebody gave them."""
    return f"documents/{document.pk.hex[:2]}/{document.pk.hex}"


def original_path(document: Document, _name: str) -> str:
    """Where the bytes as they were handed in lie."""
    return f"originals/{document.pk.hex[:2]}/{document.pk.hex}"


class DocumentQuerySet(models.QuerySet["Document"]):
    """Files, chosen by how far their check has come."""

    def due(self) -> Self:
        """Files to check now, the one that waits longest first."""
        return self.filter(state=DocumentState.CHECKING, check_after__lte=ClockNow()).order_by(
            "check_after"
        )

    def by_key(self, keys: Iterable[str]) -> dict[str, Document]:
        """The files with these keys, as they stand now."""
        wanted = set(keys)
        return {str(found.pk): found for found in self.filter(pk__in=wanted)} if wanted else {}


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
    #: A value of `Refusal`; its sentences are read from there, so that they may be reworded.
    refusal = models.CharField(_("why refused"), max_length=20, blank=True)
    #: The bytes as they were handed in, where what is served is a cleaned copy of them.
    original = models.FileField(
        upload_to=original_path, max_length=200, blank=True, default="", db_default=""
    )
    #: What was taken out of it: values of `Cleaning`.
    cleaned_of = ArrayField(
        models.CharField(max_length=20), default=list, db_default=[], blank=True, editable=False
    )
    #: The fingerprint of the original, which a version submitted before the check may name.
    original_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    #: How many pictures of its pages there are: a page that shows them need not ask for each.
    pictures = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    #: How often a check was begun, and when the next may be: a row that is checking is the queue.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    check_after = models.DateTimeField(db_default=ClockNow(), editable=False)

    objects = DocumentQuerySet.as_manager()

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
            models.Index(
                fields=["check_after"], name="document_to_check", condition=Q(state="checking")
            ),
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

    @property
    def is_clean(self) -> bool:
        """Whether others than the team may have it."""
        return self.state == DocumentState.CLEAN

    @property
    def is_refused(self) -> bool:
        """Whether the check found something."""
        return self.state == DocumentState.REFUSED

    @property
    def tone(self) -> str:
        """The colour's name for the state."""
        return {DocumentState.REFUSED: "lamp", DocumentState.CHECKING: "amber"}.get(
            DocumentState(self.state), "moss"
        )

    @property
    def cleaned_text(self) -> str:
        """That it is a cleaned copy, and what was taken out; nothing where it is as handed in."""
        words = [str(Cleaning(one).label) for one in self.cleaned_of if one in Cleaning.values]
        if not words:
            return ""
        return gettext("Taken as a copy without %(what)s. The original is kept.") % {
            "what": get_text_list(words, gettext("and"))
        }

    @property
    def has_original(self) -> bool:
        """Whether others read a copy of it, and the bytes that were handed in are kept beside."""
        return bool(self.original)

    @property
    def page_numbers(self) -> range:
        """The pages there are pictures of."""
        return range(1, self.pictures + 1)

    @property
    def refusal_text(self) -> str:
        """The rule it breaks and what to do, in the reader's language; nothing unless refused."""
        return str(Refusal(self.refusal).label) if self.is_refused else ""
