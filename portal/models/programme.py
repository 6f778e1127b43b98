"""Programmes: the unit of access, each with its host, partners, place and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from portal.choices import PartnerRole, ProgrammeKind, Role
from portal.models.base import Record
from portal.validators import validate_time_zone

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models.user import User


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    """Programmes, chosen by reader."""

    def published(self) -> Self:
        """Programmes with a public page."""
        return self.filter(published=True)

    def visible_to(self, user: User) -> Self:
        """The list form of ``portal.view_programme``: where the person holds any role."""
        return self.filter(user.within("pk"))


class Programme(Record):
    """An innovation centre, an accelerator, a city programme: who runs calls and decides."""

    slug = models.SlugField(_("address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    kind = models.CharField(_("kind"), max_length=20, choices=ProgrammeKind)
    summary = models.CharField(_("in one sentence"), max_length=250, blank=True)
    description = models.TextField(_("description"), blank=True, help_text=_("Markdown."))
    city = models.CharField(_("city"), max_length=100)
    country = CountryField(_("country"))
    time_zone = models.CharField(_("time zone"), max_length=50, validators=[validate_time_zone])
    languages = ArrayField(
        models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True
    )
    programme_countries = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("programme countries"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("A call’s rule may name them as “one of the programme’s countries”."),
    )
    mailbox = models.EmailField(_("mailbox"), help_text=_("Replies to letters arrive here."))
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    #: By day: ``{"2026-11-03": "Culture Day"}``; timetables say where a date falls on one.
    holidays = models.JSONField(_("holidays"), default=dict, db_default={}, blank=True)
    published = models.BooleanField(_("public page"), default=False)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ProgrammeKind.values), name="programme_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("programme-detail", args=[self.slug])

    @property
    def zone(self) -> ZoneInfo:
        """The programme's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit: itself."""
        return self.pk

    @property
    def startup_key(self) -> None:
        """Programmes belong to no startup's journey."""
        return


class Location(Record):
    """Where a programme had its office, from when to when: centres move."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="locations")
    address = models.CharField(_("address"), max_length=250)
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["-since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(since=None) | Q(until=None) | Q(until__gte=models.F("since")),
                name="location_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return self.address


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """A list all programmes share."""

    def visible_to(self, user: User) -> Self:
        """For everybody who works for a programme."""
        return self.all() if user.is_staff else self.none()


class Organisation(Record):
    """A body that takes part in programmes without applying: a host, a donor, a PR partner."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    website = models.URLField(_("website"), blank=True)
    country = CountryField(_("country"), blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("partner organisation")
        verbose_name_plural = _("partner organisations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Partnership(Record):
    """What an organisation gives to a programme."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="partnerships")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="partnerships"
    )
    role = models.CharField(_("role"), max_length=20, choices=PartnerRole)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("partnership")
        verbose_name_plural = _("partnerships")
        ordering = ["role", "organisation"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "organisation", "role"], name="partnership_stands_once"
            ),
            models.CheckConstraint(
                condition=Q(role__in=PartnerRole.values), name="partnership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} ({self.get_role_display()})"


class ReportedFigure(Record):
    """A figure as somebody published it; never computed from rows and never mixed with them."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="figures")
    value = models.CharField(_("value"), max_length=40)
    label = models.CharField(_("what it counts"), max_length=120)
    year = models.PositiveSmallIntegerField(_("year"))
    source = models.CharField(_("published by"), max_length=200)
    published_on = models.DateField(_("published on"), null=True, blank=True)
    on_home = models.BooleanField(_("on the home page"), default=False)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("reported figure")
        verbose_name_plural = _("reported figures")
        ordering = ["order", "year"]

    def __str__(self) -> str:
        return f"{self.value} {self.label} ({self.year})"


class SectorQuerySet(models.QuerySet["Sector"]):
    """A list all programmes share."""

    def visible_to(self, user: User) -> Self:
        """For everybody who works for a programme."""
        return self.all() if user.is_staff else self.none()


class Sector(Record):
    """A field of business; rows, because every programme's list is another."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = SectorQuerySet.as_manager()

    class Meta:
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class LabelQuerySet(models.QuerySet["Label"]):
    """Labels, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """Labels of the programmes one works for."""
        return self.filter(user.within("programme", Role.MANAGER, Role.COORDINATOR))


class Label(Record):
    """A word with which a programme's staff sort their work; applicants never see it."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(_("name"), max_length=40)

    objects = LabelQuerySet.as_manager()

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "name"], name="label_stands_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def programme_key(self) -> UUID:
        """The programme for rules."""
        return self.programme_id
