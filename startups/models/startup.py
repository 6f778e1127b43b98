"""The one record of a startup: facts, founders, contacts, and which programmes have met it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import TrigramSimilarity
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from portal.models import Record, came_with
from startups.choices import (
    FounderGender,
    FundingStage,
    MemberRole,
    ProductStage,
    SizeBand,
    StartupKind,
)
from startups.models.membership import Membership
from startups.rules import STAFF_READERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any
    from uuid import UUID

    from portal.models import User


class StartupQuerySet(models.QuerySet["Startup"]):
    """Startups, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """The list form of ``startups.view_startup``: one's own, and those one's programme met."""
        if user.is_superuser:
            return self.all()
        met = Acquaintance.objects.filter(user.within("programme", *STAFF_READERS))
        own = user.memberships.values("startup")
        return self.filter(Q(pk__in=own) | Q(pk__in=met.values("startup")))

    def of_member(self, user: User) -> Self:
        """The startups a person belongs to."""
        return self.filter(memberships__user=user)

    def alike(self, name: str) -> Self:
        """Startups whose name is the same or similar (PostgreSQL's trigrams, above 0.3)."""
        return self.filter(
            Q(legal_name__trigram_similar=name)
            | Q(trading_name__trigram_similar=name)
            # A script in which PostgreSQL's locale sees no letters has no trigrams.
            | Q(legal_name__iexact=name)
            | Q(trading_name__iexact=name)
        )

    def most_alike(self, name: str, country: str) -> Self:
        """Those with a similar name in the country, the most similar first."""
        likeness = Greatest(
            TrigramSimilarity("legal_name", name), TrigramSimilarity("trading_name", name)
        )
        return self.alike(name).filter(country=country).order_by(likeness.desc(), "created_at")

    def named(self, name: str, country: str) -> Self:
        """Those with exactly this name in the country, whatever its case."""
        same = Q(legal_name__iexact=name) | Q(trading_name__iexact=name)
        return self.filter(same, country=country)

    def with_role_of(self, user: User) -> Self:
        """Each with what the person may do for it, as ``role_of``."""
        own = Membership.objects.filter(startup=OuterRef("pk"), user=user)
        return self.annotate(role_of=Subquery(own.values("role")[:1]))


class _Standing(models.Manager["Startup"]):
    """Records that stand: whatever was merged into another is not listed, found or joined."""

    def get_queryset(self) -> models.QuerySet[Startup]:
        """Without those that were merged into another."""
        return super().get_queryset().filter(merged_into=None)


StandingManager = _Standing.from_queryset(StartupQuerySet)


class Startup(Record):
    """Whatever applies: a start-up, an SME, a large company, a non-profit, a university, a team."""

    kind = models.CharField(
        _("kind of organisation"), max_length=20, choices=StartupKind, default=StartupKind.STARTUP
    )
    legal_name = models.CharField(
        _("legal name"),
        max_length=200,
        help_text=_("As registered. A team not yet registered writes the name it goes by."),
    )
    trading_name = models.CharField(
        _("trading name"), max_length=200, blank=True, help_text=_("If people know you by another.")
    )
    country = CountryField(_("country of registration"))
    city = models.CharField(_("city"), max_length=100, blank=True)
    registration_number = models.CharField(_("registration number"), max_length=60, blank=True)
    registration_scheme = models.CharField(
        _("register"),
        max_length=100,
        blank=True,
        help_text=_("Which register gave the number, for example Companies House."),
    )
    founded_on = models.DateField(_("founded on"), null=True, blank=True)
    website = models.URLField(_("website"), blank=True)
    size_band = models.CharField(_("people"), max_length=10, choices=SizeBand, blank=True)
    women_owned = models.BooleanField(
        _("women hold 51 % or more"), null=True, blank=True, default=None
    )
    disability_inclusive = models.BooleanField(
        _("disability-inclusive business"), null=True, blank=True, default=None
    )
    sector = models.ForeignKey(
        "portal.Sector",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sector"),
    )
    funding_stage = models.CharField(
        _("funding stage"), max_length=20, choices=FundingStage, blank=True
    )
    product_stage = models.CharField(
        _("product stage"), max_length=20, choices=ProductStage, blank=True
    )
    summary = models.CharField(_("what you do, in one sentence"), max_length=160, blank=True)
    editors_may_submit = models.BooleanField(
        _("editors may submit applications"),
        default=True,
        help_text=_("Without this only owners submit."),
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)
    #: The record that stands instead of this one since staff merged the two.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged_from"
    )

    objects = StandingManager()
    #: With those that were merged into another: for merging, undoing and following old links.
    everything = StartupQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["legal_name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=StartupKind.values), name="startup_kind_is_known"
            ),
        ]
        indexes = [
            GinIndex(fields=["legal_name"], name="startup_by_name", opclasses=["gin_trgm_ops"]),
            GinIndex(
                fields=["trading_name"], name="startup_by_trade_name", opclasses=["gin_trgm_ops"]
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The company's workspace."""
        return reverse("startups:startup-detail", args=[self.pk])

    @property
    def name(self) -> str:
        """The name people know."""
        return self.trading_name or self.legal_name

    @property
    def startup_key(self) -> UUID:
        """The startup whose journey this is: itself."""
        return self.pk

    @property
    def programme_key(self) -> None:
        """A startup belongs to no programme; `met_by` says who may read it."""
        return

    @cached_property
    def roles(self) -> Mapping[UUID, str]:
        """Members' roles by person, read once."""
        if came_with(self.memberships):
            return {member.user_id: member.role for member in self.memberships.all()}
        return dict(self.memberships.values_list("user_id", "role"))

    def has_member(self, user: User, *roles: MemberRole) -> bool:
        """Whether the person belongs to it, in one of the roles if any are named."""
        role = self.roles.get(user.pk)
        return role is not None and (not roles or role in roles)

    @cached_property
    def met_by(self) -> frozenset[UUID]:
        """The programmes that have met this startup."""
        return frozenset(self.acquaintances.values_list("programme_id", flat=True))

    @cached_property
    def whom_to_ask(self) -> str:
        """The mailbox of the programme that met it last: its people know the organisation."""
        latest = self.acquaintances.select_related("programme").order_by("-created_at").first()
        return latest.programme.mailbox if latest else ""

    def is_owned_alone_by(self, user: User) -> bool:
        """Whether the person owns it and nobody else does: they hand over before they leave."""
        owners = [key for key, role in self.roles.items() if role == MemberRole.OWNER]
        return owners == [user.pk]

    def everybody(self) -> list[User]:
        """Every member."""
        members = self.memberships.all()
        if not came_with(self.memberships):
            members = members.select_related("user")
        return [membership.user for membership in members]

    def writers(self) -> list[User]:
        """Owners and editors: who is told what concerns an application."""
        return [
            membership.user
            for membership in self.memberships.select_related("user")
            if membership.role in {MemberRole.OWNER, MemberRole.EDITOR}
        ]

    def owners(self) -> list[User]:
        """Who decides for the startup."""
        return [
            membership.user
            for membership in self.memberships.select_related("user").filter(role=MemberRole.OWNER)
        ]

    def snapshot(self) -> dict[str, Any]:
        """The facts as they are now, dated by whoever keeps them: what a submission freezes."""
        return {
            "kind": self.kind,
            "legal_name": self.legal_name,
            "trading_name": self.trading_name,
            "country": str(self.country),
            "city": self.city,
            "registration_number": self.registration_number,
            "registration_scheme": self.registration_scheme,
            "founded_on": self.founded_on.isoformat() if self.founded_on else "",
            "website": self.website,
            "size_band": self.size_band,
            "women_owned": self.women_owned,
            "disability_inclusive": self.disability_inclusive,
            "sector": self.sector.name if self.sector else "",
            "funding_stage": self.funding_stage,
            "product_stage": self.product_stage,
            "summary": self.summary,
            "founders": [
                {"name": founder.name, "role": founder.role, "full_time": founder.full_time}
                for founder in self.founders.all()
            ],
            "contacts": [
                {"name": contact.name, "email": contact.email, "telephone": contact.telephone}
                for contact in self.contacts.all()
            ],
        }


class Founder(Record):
    """One of the people who founded it; need not have an account."""

    startup = models.ForeignKey(Startup, on_delete=models.CASCADE, related_name="founders")
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=100, blank=True)
    gender = models.CharField(_("gender"), max_length=10, choices=FounderGender, blank=True)
    full_time = models.BooleanField(_("full time"), default=True)
    order = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = _("founder")
        verbose_name_plural = _("founders")
        ordering = ["order", "created_at", "id"]

    def __str__(self) -> str:
        return self.name


class Contact(Record):
    """Whom to call: two people with a telephone, since one of them is always on a plane."""

    startup = models.ForeignKey(Startup, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail address"), blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    order = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["order", "created_at"]

    def __str__(self) -> str:
        return self.name


class Acquaintance(Record):
    """A programme that has met a startup, and so may read its record."""

    startup = models.ForeignKey(Startup, on_delete=models.CASCADE, related_name="acquaintances")
    programme = models.ForeignKey(
        "portal.Programme", on_delete=models.CASCADE, related_name="acquaintances"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["startup", "programme"], name="acquaintance_is_made_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} {self.startup_id}"
