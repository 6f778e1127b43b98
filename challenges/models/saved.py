"""Filters of the list of applications that staff keep under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from challenges.rules import APPLICATION_READERS
from portal.models import Record

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import User


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    """Saved filters, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """One's own, and those shared with a programme whose applications one reads."""
        programmes = user.programmes_as(*APPLICATION_READERS)
        return self.filter(Q(owner=user) | Q(programme__in=programmes))


class SavedFilter(Record):
    """The question of a list under a name; who opens it sees what they may see anyway."""

    owner = models.ForeignKey(
        "portal.User", on_delete=models.CASCADE, related_name="+", verbose_name=_("whose")
    )
    #: Shared with those who read this programme's applications; empty: one's own.
    programme = models.ForeignKey(
        "portal.Programme",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("shared with"),
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=500, editable=False)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = [Lower("name"), "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), "owner", name="saved_filter_has_one_name_each"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def programme_key(self) -> UUID | None:
        """The programme for rules."""
        return self.programme_id
