"""The audit trail: what happened, in order, never changed. It is also a startup's journey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.choices import Role
from portal.models.base import ClockNow

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models.user import User


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Entries, chosen by subject and reader."""

    def about(self, record: models.Model) -> Self:
        """The history of one record, oldest first."""
        return self.filter(subject_type=record._meta.label_lower, subject_id=record.pk)

    def visible_to(self, user: User) -> Self:
        """Entries of the programmes whose history the person may read."""
        return self.filter(
            user.within("programme_id", Role.MANAGER, Role.COMPLIANCE, Role.APPROVER)
        )


class AuditEntry(models.Model):
    """One thing that happened. Keys, states and a reason; never names, addresses or answers."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("when"), db_default=ClockNow())
    actor = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    verb = models.CharField(_("step"), max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    startup_id = models.UUIDField(null=True)
    programme_id = models.UUIDField(null=True)
    from_state = models.CharField(max_length=30, blank=True)
    to_state = models.CharField(max_length=30, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    facts = models.JSONField(default=dict)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="audit_by_subject"),
            models.Index(
                fields=["startup_id", "id"],
                name="audit_by_startup",
                condition=Q(startup_id__isnull=False),
            ),
            models.Index(fields=["programme_id", "-id"], name="audit_by_programme"),
        ]
        triggers = [
            # The application's role has no right to do so either; this wall stands for the owner.
            pgtrigger.Protect(
                name="entry_is_never_changed", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type} {self.subject_id}"

    @property
    def programme_key(self) -> UUID | None:
        """The programme for rules."""
        return self.programme_id
