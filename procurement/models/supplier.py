"""The supplier file: what a startup has ready of what UN organisations ask."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import Record, Stateful
from procurement.choices import EvidenceState, FileLevel, Submission
from procurement.models.requirement import Requirement
from procurement.rules import READERS, SENSITIVE_READERS

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from portal.models import Document, User


class SupplierFileQuerySet(models.QuerySet["SupplierFile"]):
    """Supplier files, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """Those of one's own startups and of startups one's programme has met."""
        if user.is_superuser:
            return self.all()
        return self.filter(
            Q(startup__in=user.memberships.values("startup"))
            | Q(startup__acquaintances__programme__in=user.programmes_as(*READERS))
        ).distinct()


class SupplierFile(Record):
    """What one startup has ready to become a supplier; it prepares and tracks, nothing more."""

    startup = models.OneToOneField(
        "startups.Startup",
        on_delete=models.PROTECT,
        related_name="supplier_file",
        verbose_name=_("organisation"),
    )
    target = models.CharField(
        _("level you prepare for"), max_length=10, choices=FileLevel, default=FileLevel.BASIC
    )
    opened_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    #: The highest level that was complete when the file was last looked at; pages compute anew.
    level = models.CharField(
        _("level complete"), max_length=10, choices=FileLevel, blank=True, db_default=""
    )
    #: When the portal last looked what is complete; empty: at once.
    looked_at = models.DateTimeField(null=True, editable=False)

    objects = SupplierFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier file")
        verbose_name_plural = _("supplier files")
        ordering = ["startup__legal_name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(target__in=FileLevel.values), name="supplier_target_is_known"
            ),
            models.CheckConstraint(
                condition=Q(level__in=["", *FileLevel.values]), name="supplier_level_is_a_level"
            ),
        ]

    def __str__(self) -> str:
        return str(self.startup)

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("procurement:supplier-file-detail", args=[self.startup_id])

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.startup_id

    @property
    def programme_key(self) -> None:
        """A supplier file belongs to no programme; the startup's acquaintances read it."""
        return


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    """Evidence, chosen by state and reader."""

    def standing(self) -> Self:
        """What was not replaced by something newer."""
        return self.exclude(state=EvidenceState.REPLACED)

    def for_file(self) -> Self:
        """With what the page of a file shows of each piece."""
        return self.select_related(
            "requirement", "document", "translation", "revision", "referee", "given_by"
        )

    def visible_to(self, user: User) -> Self:
        """Of the files one may see; what is restricted only for adviser, compliance and owners."""
        seen = self.filter(file__in=SupplierFile.objects.visible_to(user))
        may = user.programmes_as(*SENSITIVE_READERS)
        own = user.memberships.values("startup")
        return seen.filter(
            Q(requirement__sensitive=False)
            | Q(file__startup__in=own)
            | Q(file__startup__acquaintances__programme__in=may)
        ).distinct()


class Evidence(Stateful):
    """One piece that meets a requirement: a document, an answer, a person who can be asked."""

    file = models.ForeignKey(SupplierFile, on_delete=models.PROTECT, related_name="evidence")
    requirement = models.ForeignKey(
        Requirement,
        on_delete=models.PROTECT,
        related_name="evidence",
        verbose_name=_("requirement"),
    )
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    document = models.ForeignKey(
        "portal.Document",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("document"),
    )
    language = models.CharField(_("language of the document"), max_length=10, blank=True)
    translation = models.ForeignKey(
        "portal.Document",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("certified translation"),
    )
    #: What was good until this is: it gives way when this is found good, not before.
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    #: The revision of the Code of Conduct that was acknowledged.
    revision = models.ForeignKey(
        "procurement.CodeRevision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("revision"),
    )
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    given_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        _("verdict"), max_length=10, choices=EvidenceState, default=EvidenceState.GIVEN
    )
    reason = models.CharField(_("why"), max_length=500, blank=True)
    judged_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=EvidenceState.values), name="evidence_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(issued_on=None)
                | Q(expires_on=None)
                | Q(expires_on__gte=F("issued_on")),
                name="evidence_expires_after_it_was_issued",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_on"], name="evidence_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.requirement} – {self.file}"

    def get_absolute_url(self) -> str:
        """Its place on the page of the file."""
        return f"{self.file.get_absolute_url()}#asked-{self.requirement_id}"

    @property
    def papers(self) -> list[Document]:
        """The files it consists of."""
        return [paper for paper in (self.document, self.translation) if paper is not None]

    @property
    def in_english(self) -> bool:
        """Whether a reader of English can read it: as it is, or by its translation."""
        return self.language == "en" or self.translation_id is not None

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.file.startup_id

    @property
    def programme_key(self) -> None:
        """A supplier file belongs to no programme."""
        return


class RefereeQuerySet(models.QuerySet["Referee"]):
    """People who can be asked, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """Of the evidence one may see."""
        return self.filter(evidence__in=Evidence.objects.visible_to(user))


class Referee(Record):
    """Somebody independent who can be asked about the organisation, usually a recent client."""

    evidence = models.OneToOneField(Evidence, on_delete=models.CASCADE, related_name="referee")
    name = models.CharField(_("name"), max_length=150)
    organisation = models.CharField(_("organisation"), max_length=200)
    email = models.EmailField(_("e-mail address"), max_length=254)
    telephone = models.CharField(_("telephone"), max_length=40)
    relation = models.CharField(_("what they had from you, and when"), max_length=300)

    objects = RefereeQuerySet.as_manager()

    class Meta:
        verbose_name = _("reference")
        verbose_name_plural = _("references")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.name}, {self.organisation}"


class StandingQuerySet(models.QuerySet["Standing"]):
    """How registrations stand, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """Of the files one may see."""
        return self.filter(file__in=SupplierFile.objects.visible_to(user))


class Standing(Record):
    """How a registration stands with one UN organisation at one level, as last confirmed."""

    file = models.ForeignKey(SupplierFile, on_delete=models.PROTECT, related_name="standings")
    organisation = models.CharField(_("UN organisation"), max_length=80)
    level = models.CharField(_("level"), max_length=10, choices=FileLevel)
    submission = models.CharField(_("status"), max_length=20, choices=Submission)
    confirmed_on = models.DateField(_("last confirmed on"))
    confirmed_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )

    objects = StandingQuerySet.as_manager()

    class Meta:
        verbose_name = _("status of a registration")
        verbose_name_plural = _("statuses of registrations")
        ordering = ["organisation", "level"]
        constraints = [
            models.UniqueConstraint(
                fields=["file", "organisation", "level"], name="standing_stands_once"
            ),
            models.CheckConstraint(
                condition=Q(level__in=FileLevel.values), name="standing_level_is_known"
            ),
            models.CheckConstraint(
                condition=Q(submission__in=Submission.values), name="standing_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.get_level_display()}: {self.get_submission_display()}"

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.file.startup_id

    @property
    def programme_key(self) -> None:
        """A supplier file belongs to no programme."""
        return

    @property
    def not_known_since(self) -> date:
        """The last day on which what was confirmed still counts."""
        return self.confirmed_on + timedelta(days=settings.STANDING_STALE_DAYS)

    @property
    def is_stale(self) -> bool:
        """Whether nobody confirmed it for so long that it is not known any more."""
        return timezone.localdate() > self.not_known_since
