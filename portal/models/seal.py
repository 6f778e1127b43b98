"""Seals: what stood in the trail at a moment, chained, so that a later change can be shown."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.models.base import ClockNow


class AuditSeal(models.Model):
    """One batch of rows of one table of the trail, each with its print, chained on the seal before.

    Written by the sweep and never by the request that wrote the rows: a chain in the hot path would
    make everybody wait for everybody.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("sealed"), db_default=ClockNow())
    #: The model whose rows these are, as "portal.auditentry".
    label = models.CharField(max_length=80)
    #: The keys after the one before and up to the last: no other row may ever stand between.
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField(_("entries"))
    #: The columns that were sealed; a column that a later version adds is not among them.
    columns = ArrayField(models.CharField(max_length=63))
    #: Key (8 bytes) and SHA-256 (32 bytes) of each row, in order.
    prints = models.BinaryField()
    #: Whether a key took part (AUDIT_SEAL_KEY).
    keyed = models.BooleanField(default=False)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(_("print"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["id"]
        constraints = [
            # Two that seal at once cannot both go on from the same seal.
            models.UniqueConstraint(fields=["previous"], name="seal_follows_one_seal"),
        ]
        indexes = [models.Index(fields=["label", "-id"], name="seal_by_table")]
        triggers = [
            pgtrigger.Protect(
                name="seal_is_never_changed", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.first_id}–{self.last_id}"
