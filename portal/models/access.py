"""Devices from which somebody has signed in with a mailed code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models.base import Record

if TYPE_CHECKING:
    from portal.models.user import User


class KnownDeviceQuerySet(models.QuerySet["KnownDevice"]):
    """Devices, chosen by person and time."""

    def visible_to(self, user: User) -> Self:
        """One's own, whatever one's role."""
        return self.filter(user=user)

    def valid(self) -> Self:
        """Those that still spare their person the mailed code."""
        return self.filter(expires_at__gt=timezone.now())


class KnownDevice(Record):
    """A browser that need not ask for a mailed code again; its secret is kept only as a hash."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="devices")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    user_agent = models.CharField(max_length=200, blank=True)
    last_used_at = models.DateTimeField(_("last used"), default=timezone.now)
    expires_at = models.DateTimeField(_("valid until"))

    objects = KnownDeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("known device")
        verbose_name_plural = _("known devices")
        ordering = ["-last_used_at"]

    def __str__(self) -> str:
        return self.user_agent[:40]
