"""What a startup says of itself as a supplier of the United Nations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.models import Record
from procurement.choices import SupplierLevel
from procurement.rules import READERS

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import User


class SupplierStatementQuerySet(models.QuerySet["SupplierStatement"]):
    """Statements, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """Those of one's own startups and of startups one's programme has met."""
        if user.is_superuser:
            return self.all()
        return self.filter(
            Q(startup__in=user.memberships.values("startup"))
            | Q(startup__acquaintances__programme__in=user.programmes_as(*READERS))
        ).distinct()

    def current(self) -> Self:
        """The latest statement of each startup."""
        return self.order_by("startup_id", "-as_of", "-created_at").distinct("startup_id")


class SupplierStatement(Record):
    """One dated statement; a newer one stands beside it, none is overwritten."""

    startup = models.ForeignKey(
        "startups.Startup",
        on_delete=models.PROTECT,
        related_name="supplier_statements",
        verbose_name=_("organisation"),
    )
    level = models.CharField(_("level"), max_length=10, choices=SupplierLevel)
    number = models.CharField(
        _("UN Global Marketplace number"),
        max_length=12,
        blank=True,
        validators=[RegexValidator(r"^\d{4,12}$", _("The number has 4 to 12 digits."))],
    )
    as_of = models.DateField(_("as of"))
    stated_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")

    objects = SupplierStatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier statement")
        verbose_name_plural = _("supplier statements")
        ordering = ["-as_of", "-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=SupplierLevel.values), name="supplier_level_is_known"
            ),
            models.CheckConstraint(
                condition=Q(level__in=["none", "unknown"]) | ~Q(number=""),
                name="registered_supplier_has_a_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.startup}: {self.get_level_display()}"

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.startup_id

    @property
    def programme_key(self) -> None:
        """Statements belong to no programme."""
        return
