"""Rows the kernel itself needs: texts that bind, keys of requests already answered, a heartbeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.choices import PolicyKind
from portal.models.base import ClockNow, Record

if TYPE_CHECKING:
    from portal.models.user import User


class PolicyTextQuerySet(models.QuerySet["PolicyText"]):
    """Texts, chosen by kind and time."""

    def visible_to(self, user: User) -> Self:
        """In the admin, for the administrator alone; the texts in force are public pages."""
        return self.all() if user.is_superuser else self.none()

    def in_force(self, kind: str) -> Self:
        """The newest text of a kind that has begun to apply, first."""
        return self.filter(kind=kind, in_force_from__lte=timezone.localdate()).order_by(
            "-in_force_from", "-created_at"
        )


class PolicyText(Record):
    """One version of the privacy notice, the terms of use or the accessibility statement."""

    kind = models.CharField(_("kind"), max_length=20, choices=PolicyKind)
    version = models.CharField(_("version"), max_length=20)
    text = models.TextField(_("text"), help_text=_("Markdown."))
    in_force_from = models.DateField(_("in force from"))

    objects = PolicyTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("binding text")
        verbose_name_plural = _("binding texts")
        ordering = ["kind", "-in_force_from"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="policy_version_stands_once"),
            models.CheckConstraint(
                condition=Q(kind__in=PolicyKind.values), name="policy_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"


class AnsweredRequest(models.Model):
    """A form already carried out, so that its second click gets the first one's answer.

    Written inside the transaction of the change: the loser of the unique index waits for the
    winner's commit and then reads this row, so a crash leaves no locked key behind.
    """

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()
    fingerprint = models.CharField(max_length=64)
    answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=ClockNow())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="request_is_answered_once"),
        ]

    def __str__(self) -> str:
        return str(self.key)


class Heartbeat(models.Model):
    """When a part that runs by the clock was last seen alive."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField(db_default=ClockNow())

    def __str__(self) -> str:
        return self.name
