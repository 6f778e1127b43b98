"""Registrations: who comes to an event, as what, and whether staff approved it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.choices import REGISTRATION_TONES, STANDING, GuestKind, RegistrationState
from events.models.event import Event
from events.rules import EVENT_READERS
from portal.models import Stateful

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import User
    from portal.registry import CalendarEntry


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Registrations, chosen by state and reader."""

    def approved(self) -> Self:
        """Who comes."""
        return self.filter(state=RegistrationState.APPROVED)

    def waiting(self) -> Self:
        """Who waits for an answer."""
        return self.filter(state=RegistrationState.ASKED)

    def standing(self) -> Self:
        """Who comes or waits for an answer."""
        return self.filter(state__in=STANDING)

    def staff_of(self, user: User) -> Self:
        """Those one reads as staff of the event's programme."""
        return self.filter(user.within("event__programme", *EVENT_READERS))

    def visible_to(self, user: User) -> Self:
        """The list form of ``events.view_registration``: one's own, those of one's programmes."""
        return self.filter(Q(user=user) | user.within("event__programme", *EVENT_READERS))


class Registration(Stateful):
    """One person who comes, or would like to."""

    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("event")
    )
    user = models.ForeignKey(
        "portal.User",
        on_delete=models.PROTECT,
        related_name="registrations",
        verbose_name=_("person"),
    )
    kind = models.CharField(
        _("you come as"), max_length=12, choices=GuestKind, default=GuestKind.GUEST
    )
    organisation = models.CharField(_("organisation"), max_length=150, blank=True)
    interest = models.CharField(_("what you hope to find"), max_length=300, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=RegistrationState, default=RegistrationState.ASKED
    )
    answered_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["event", "user"], name="person_registers_once"),
            models.CheckConstraint(
                condition=Q(state__in=RegistrationState.values),
                name="registration_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=GuestKind.values), name="registration_kind_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["event", "state"], name="registration_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.event}"

    @property
    def programme_key(self) -> UUID:
        """The programme of the event."""
        return self.event.programme_id

    @property
    def tone(self) -> str:
        """The sign of the state."""
        return REGISTRATION_TONES[RegistrationState(self.state)]

    def calendar_entry(self) -> CalendarEntry:
        """The event in the guest's own calendar: with the link to join, away if they do not come.

        An approved guest's is as new as the event; of anybody else it stands as cancelled.
        """
        coming = self.state == RegistrationState.APPROVED
        entry = self.event.calendar_entry(join=coming)
        return replace(
            entry,
            changed_at=max(entry.changed_at, self.state_changed_at),
            cancelled=entry.cancelled or not coming,
        )
