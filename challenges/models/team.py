"""Around an application: who helps, who applies together with the startup, what staff note."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from challenges.models.application import Application
from portal.models import Record
from startups.choices import StartupKind


class Collaborator(Record):
    """Somebody asked to help with one application only, a grant writer for example."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="collaborators"
    )
    email = models.EmailField(_("e-mail address"))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("valid until"))
    user = models.ForeignKey(
        "portal.User", on_delete=models.CASCADE, null=True, blank=True, related_name="helps_with"
    )

    class Meta:
        verbose_name = _("helper")
        verbose_name_plural = _("helpers")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["application", "email"], name="helper_is_invited_once"),
        ]

    def __str__(self) -> str:
        return self.email


class ConsortiumMember(Record):
    """An organisation that applies together with the startup; eligibility is asked of each."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="consortium"
    )
    name = models.CharField(_("legal name"), max_length=200)
    kind = models.CharField(_("kind of organisation"), max_length=20, choices=StartupKind)
    country = CountryField(_("country of registration"))
    registration_number = models.CharField(_("registration number"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("partner in the application")
        verbose_name_plural = _("partners in the application")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=StartupKind.values), name="consortium_member_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApplicationNote(Record):
    """What staff write to each other about an application; the applicant never sees it."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("note"), max_length=5_000)

    class Meta:
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.text[:60]
