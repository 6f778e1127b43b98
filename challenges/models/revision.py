"""Submitted versions: what was handed in, and never changes."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from challenges.models.application import Application
from portal.models import Record


class SubmittedBefore(models.Func):
    """Whether the startup of the row has submitted anything; written out, as `NotesOf` is."""

    template = """EXISTS(
        SELECT 1 FROM challenges_application AS earlier
        WHERE earlier.startup_id = %(expressions)s AND earlier.revision_count > 0)"""


class Revision(Record):
    """A submitted version: answers, the startup's facts of that day, and a fingerprint of both."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField(_("version"))
    answers = models.JSONField()
    startup_facts = models.JSONField()
    terms_version = models.CharField(max_length=20, blank=True)
    #: SHA-256 over the canonical JSON of number, answers, facts and terms; see `fingerprint`.
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    submitted_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(_("submitted"))

    class Meta:
        verbose_name = _("submitted copy")
        verbose_name_plural = _("submitted copies")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "number"], name="revision_number_stands_once"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="revision_is_never_changed", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} v{self.number}"

    @property
    def short_fingerprint(self) -> str:
        """The first sixteen characters in groups of four: enough to compare by eye."""
        head = self.fingerprint[:16]
        return " ".join(head[start : start + 4] for start in range(0, 16, 4))
