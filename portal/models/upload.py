"""A file on its way in, in pieces: what has come stays, and the rest follows from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.choices import UploadState
from portal.models.base import ClockNow, Record

if TYPE_CHECKING:
    from portal.models.user import User


def piece_path(upload: Upload, number: int) -> str:
    """Where a piece lies: by key, never by the name somebody gave the file."""
    return f"uploads/{upload.pk.hex[:2]}/{upload.pk.hex}-{number}"


class UploadQuerySet(models.QuerySet["Upload"]):
    """Files on their way."""

    def visible_to(self, user: User) -> Self:
        """One's own and nobody else's."""
        return self.filter(user=user)

    def coming(self) -> Self:
        """Begun, not finished, and not given up."""
        return self.filter(state=UploadState.COMING, expires_at__gt=ClockNow())

    def forgotten(self) -> Self:
        """Not gone on with for so long that nobody will, or finished a day ago."""
        return self.filter(expires_at__lte=ClockNow())


class Upload(Record):
    """One file that a person sends in pieces."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="uploads")
    #: What it is for: the record, and in it the question or field.
    subject_type = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    purpose = models.CharField(max_length=60, blank=True)
    name = models.CharField(_("file name"), max_length=120)
    size = models.PositiveBigIntegerField(_("size"))
    #: Tells whether a file chosen again is the same one, without reading all of it.
    mark = models.CharField(max_length=64, blank=True, default="", db_default="")
    received = models.PositiveBigIntegerField(_("received"), default=0)
    #: How long each piece is, in their order: where they lie follows from it.
    pieces = ArrayField(models.PositiveIntegerField(), default=list, db_default=[], editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=UploadState, default=UploadState.COMING
    )
    document = models.ForeignKey(
        "portal.Document", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(_("kept until"))

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("file on its way")
        verbose_name_plural = _("files on their way")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=UploadState.values), name="upload_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(received__lte=F("size")), name="upload_is_not_more_than_its_size"
            ),
            models.UniqueConstraint(
                fields=["user", "subject_type", "subject_id", "purpose"],
                name="upload_comes_once_for_one_purpose",
                condition=Q(state="coming"),
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="upload_by_end"),
        ]

    def __str__(self) -> str:
        return self.name


def page_path(page: DocumentPage, _name: str) -> str:
    """Where the picture of a page lies."""
    return f"pages/{page.document_id.hex[:2]}/{page.document_id.hex}-{page.number}"


class DocumentPage(Record):
    """The picture of one page of a file, made by us: it is looked at without opening the file."""

    document = models.ForeignKey("portal.Document", on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveSmallIntegerField(_("page"))
    image = models.FileField(upload_to=page_path, max_length=200)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64, default="", db_default="")

    class Meta:
        verbose_name = _("picture of a page")
        verbose_name_plural = _("pictures of pages")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="page_is_pictured_once"),
        ]

    def __str__(self) -> str:
        return f"{self.document} {self.number}"
