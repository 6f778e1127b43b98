"""A person's account: how often somebody tried, a change of address, its closing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.choices import Kept
from portal.models.base import ClockNow, Traced

if TYPE_CHECKING:
    from portal.models.user import User


class Tries(models.Model):
    """When somebody tried one thing, so that a limit holds however many try at once.

    A row and not the cache: Django's cache in the database forgets the oldest keys when strangers
    fill it, and two that read it at once both count from the same number.
    """

    key = models.CharField(max_length=64, primary_key=True)
    at = ArrayField(models.DateTimeField())
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("tries")
        verbose_name_plural = _("tries")

    def __str__(self) -> str:
        return self.key[:8]


class EmailChangeQuerySet(models.QuerySet["EmailChange"]):
    """Changes of address."""

    def visible_to(self, user: User) -> Self:
        """For the administrator, who may help somebody whose old mailbox is lost."""
        return self.all() if user.is_superuser else self.none()

    def waiting(self) -> Self:
        """Neither done nor stopped nor too old."""
        return self.filter(done_at=None, stopped_at=None, expires_at__gt=ClockNow())

    def ready(self) -> Self:
        """Confirmed at the new address and at the old one, or let through after its days."""
        without_old = Q(counts_from__isnull=False, counts_from__lte=ClockNow())
        return (
            self.waiting()
            .filter(new_confirmed_at__isnull=False)
            .filter(Q(old_confirmed_at__isnull=False) | without_old)
        )


class EmailChange(Traced):
    """A wish to have another address; it counts when both mailboxes have said yes."""

    user = models.ForeignKey(
        "portal.User",
        on_delete=models.CASCADE,
        related_name="email_changes",
        verbose_name=_("person"),
    )
    new_email = models.EmailField(_("new address"), max_length=254)
    new_hash = models.CharField(max_length=64, unique=True, editable=False)
    old_hash = models.CharField(max_length=64, unique=True, editable=False)
    new_confirmed_at = models.DateTimeField(_("new address said yes"), null=True)
    old_confirmed_at = models.DateTimeField(_("old address said yes"), null=True)
    #: The administrator has checked who asks; the old address has until then to say no.
    counts_from = models.DateTimeField(_("counts without the old address from"), null=True)
    expires_at = models.DateTimeField(_("valid until"))
    done_at = models.DateTimeField(_("done"), null=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True)

    objects = EmailChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of address")
        verbose_name_plural = _("changes of address")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(done_at=None, stopped_at=None),
                name="change_of_address_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(new_confirmed_at__isnull=False),
                name="change_of_address_was_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)


class ClosingQuerySet(models.QuerySet["Closing"]):
    """Closed accounts."""

    def visible_to(self, user: User) -> Self:
        """For the administrator, who may open an account again in its days of grace."""
        return self.all() if user.is_superuser else self.none()

    def in_force(self) -> Self:
        """Closed and not opened again."""
        return self.filter(reopened_at=None)

    def due(self) -> Self:
        """The days of grace are over and what must go is still there."""
        return self.in_force().filter(erased_at=None, erase_from__lte=ClockNow())


class Closing(Traced):
    """That a person closed their account, until when it can be opened again, what was erased."""

    user = models.ForeignKey(
        "portal.User",
        on_delete=models.PROTECT,
        related_name="closings",
        verbose_name=_("person"),
    )
    erase_from = models.DateTimeField(_("personal data is erased from"))
    reopened_at = models.DateTimeField(_("opened again"), null=True)
    erased_at = models.DateTimeField(_("erased"), null=True)

    objects = ClosingQuerySet.as_manager()

    class Meta:
        verbose_name = _("closed account")
        verbose_name_plural = _("closed accounts")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(reopened_at=None), name="account_is_closed_once"
            ),
            models.CheckConstraint(
                condition=Q(reopened_at=None) | Q(erased_at=None),
                name="erased_account_stays_closed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)


class RetentionQuerySet(models.QuerySet["Retention"]):
    """How long things are kept."""

    def visible_to(self, user: User) -> Self:
        """For the administrator; people read it on the page that closes an account."""
        return self.all() if user.is_superuser else self.none()


class Retention(Traced):
    """How long one sort of thing is kept and on which ground, as the organisation decides it."""

    kind = models.SlugField(_("what is kept"), max_length=40, unique=True)
    days = models.PositiveIntegerField(
        _("days"),
        null=True,
        blank=True,
        help_text=_("Empty: as long as the programme keeps its records."),
    )
    ground = models.CharField(
        _("why"), max_length=300, blank=True, help_text=_("The rule it follows, in one sentence.")
    )

    objects = RetentionQuerySet.as_manager()

    class Meta:
        verbose_name = _("time of keeping")
        verbose_name_plural = _("times of keeping")
        ordering = ["kind"]

    def __str__(self) -> str:
        return str(dict(Kept.choices).get(self.kind, self.kind))
