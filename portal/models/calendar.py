"""A person's calendar as an address that their own calendar program reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.models.base import Record

if TYPE_CHECKING:
    from portal.models.user import User


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    """Addresses of calendars."""

    def visible_to(self, user: User) -> Self:
        """One's own and nobody else's."""
        return self.filter(user=user)

    def standing(self) -> Self:
        """Those that were not revoked."""
        return self.filter(revoked_at=None)


class CalendarFeed(Record):
    """A secret address for one person, kept only as a hash; revoked, it opens nothing."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="feeds")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    #: When a calendar program read it last; by it one sees whether the subscription lives.
    read_at = models.DateTimeField(_("last read"), null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar subscription")
        verbose_name_plural = _("calendar subscriptions")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at=None), name="person_has_one_feed"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
