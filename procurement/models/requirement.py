"""What UN organisations ask of suppliers: dated rows, each with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.models import Record
from procurement.choices import FileLevel, RequirementKind
from procurement.rules import READERS

if TYPE_CHECKING:
    from datetime import date

    from portal.models import User


def applies_on(day: date) -> Q:
    """Whether a dated row holds on a day; without a date it has always held, or still does."""
    begun = Q(valid_from=None) | Q(valid_from__lte=day)
    return begun & (Q(valid_to=None) | Q(valid_to__gte=day))


class RequirementQuerySet(models.QuerySet["Requirement"]):
    """Requirements, chosen by day and level."""

    def in_force(self, day: date) -> Self:
        """Those that apply on a day."""
        return self.filter(applies_on(day))

    def visible_to(self, user: User) -> Self:
        """In the admin, for whoever reads supplier files."""
        return self.all() if user.has_role(None, *READERS) else self.none()


class Requirement(Record):
    """One thing a UN organisation asks for at a level, from when to when, with its source."""

    organisation = models.CharField(
        _("UN organisation"),
        max_length=80,
        blank=True,
        help_text=_("Empty: asked of everybody by the UN Global Marketplace itself."),
    )
    level = models.CharField(_("level"), max_length=10, choices=FileLevel)
    code = models.SlugField(_("code"), max_length=60)
    kind = models.CharField(_("what satisfies it"), max_length=12, choices=RequirementKind)
    label = models.CharField(_("requirement"), max_length=200)
    help = models.CharField(_("how to meet it"), max_length=500, blank=True)
    #: The fact of the record that answers it: a column of the organisation, for `fact`.
    fact = models.CharField(_("fact of the record"), max_length=60, blank=True)
    how_many = models.PositiveSmallIntegerField(_("how many"), default=1)
    years = models.PositiveSmallIntegerField(_("years"), null=True, blank=True)
    english = models.BooleanField(_("in English, or with a certified translation"), default=False)
    #: How long a piece of evidence holds from its date of issue, where the paper names no date.
    holds_months = models.PositiveSmallIntegerField(_("holds for months"), null=True, blank=True)
    optional = models.BooleanField(_("optional"), default=False)
    #: Read by the procurement adviser and compliance alone; each view is an entry of the trail.
    sensitive = models.BooleanField(_("restricted"), default=False)
    valid_from = models.DateField(_("applies from"), null=True, blank=True)
    valid_to = models.DateField(_("applies until"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=300)
    order = models.PositiveSmallIntegerField(default=1)

    objects = RequirementQuerySet.as_manager()

    class Meta:
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        ordering = ["organisation", "level", "order", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "level", "code", "valid_from"],
                nulls_distinct=False,
                name="requirement_stands_once",
            ),
            models.CheckConstraint(
                condition=Q(level__in=FileLevel.values), name="requirement_level_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=RequirementKind.values), name="requirement_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="requirement_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class CodeRevisionQuerySet(models.QuerySet["CodeRevision"]):
    """Revisions of the Code of Conduct, chosen by day."""

    def in_force(self, day: date) -> CodeRevision | None:
        """The one that holds on a day, if any is known."""
        return self.filter(in_force_from__lte=day).order_by("-in_force_from").first()

    def visible_to(self, user: User) -> Self:
        """In the admin, for whoever reads supplier files."""
        return self.all() if user.has_role(None, *READERS) else self.none()


class CodeRevision(Record):
    """A revision of the UN Supplier Code of Conduct; a newer one is to be acknowledged anew."""

    name = models.CharField(_("revision"), max_length=40, unique=True)
    in_force_from = models.DateField(_("in force from"))
    source = models.CharField(_("source"), max_length=300)

    objects = CodeRevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision of the Code of Conduct")
        verbose_name_plural = _("revisions of the Code of Conduct")
        ordering = ["-in_force_from"]

    def __str__(self) -> str:
        return self.name


class ThresholdQuerySet(models.QuerySet["Threshold"]):
    """Which level a contract needs, chosen by day."""

    def in_force(self, day: date) -> Self:
        """Those that apply on a day."""
        return self.filter(applies_on(day))

    def visible_to(self, user: User) -> Self:
        """In the admin, for whoever reads supplier files."""
        return self.all() if user.has_role(None, *READERS) else self.none()


class Threshold(Record):
    """Up to which value of a contract a UN organisation is content with a level."""

    organisation = models.CharField(_("UN organisation"), max_length=80)
    level = models.CharField(_("level"), max_length=10, choices=FileLevel)
    up_to = models.PositiveBigIntegerField(
        _("up to"), null=True, blank=True, help_text=_("Empty: any value above the level before.")
    )
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    valid_from = models.DateField(_("applies from"), null=True, blank=True)
    valid_to = models.DateField(_("applies until"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=300)

    objects = ThresholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("value of a contract")
        verbose_name_plural = _("values of contracts")
        ordering = ["organisation", "level", "valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=FileLevel.values), name="threshold_level_is_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="threshold_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.get_level_display()}"
