"""Cohorts: who goes through a programme together, and the place each startup has in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

import pgtrigger
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from portal.choices import Mode, Role
from portal.models import Record, Stateful
from portal.validators import validate_time_zone
from startups.choices import (
    IN_PROGRAMME,
    TAKEN,
    TOOK_PART,
    CohortKind,
    CohortState,
    MentoringState,
    PlaceState,
)
from startups.rules import COHORT_READERS

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import User


class CohortQuerySet(models.QuerySet["Cohort"]):
    """Cohorts, chosen by reader."""

    def public(self) -> Self:
        """What anybody may read."""
        return self.exclude(state=CohortState.DRAFT)

    def visible_to(self, user: User) -> Self:
        """The list form of ``startups.view_cohort``: those of one's programmes."""
        return self.filter(user.within("programme", *COHORT_READERS))


class Cohort(Stateful):
    """An accelerator's batch or a year of residents."""

    programme = models.ForeignKey(
        "portal.Programme",
        on_delete=models.PROTECT,
        related_name="cohorts",
        verbose_name=_("programme"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=CohortKind)
    name = models.CharField(_("name"), max_length=150)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    theme = models.CharField(_("theme"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True, help_text=_("Markdown."))
    mode = models.CharField(_("where people meet"), max_length=10, choices=Mode)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    places = models.PositiveSmallIntegerField(_("places"), validators=[MinValueValidator(1)])
    time_zone = models.CharField(
        _("time zone of the cohort"), max_length=50, validators=[validate_time_zone]
    )
    terms = models.TextField(
        _("terms of taking part"), blank=True, help_text=_("Markdown. They stand in each offer.")
    )
    terms_version = models.CharField(_("version of the terms"), max_length=20, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=CohortState, default=CohortState.DRAFT, editable=False
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    objects = CohortQuerySet.as_manager()

    class Meta:
        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")
        ordering = ["-starts_on", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=CohortKind.values), name="cohort_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=CohortState.values), name="cohort_state_is_known"
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="cohort_mode_is_known"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="cohort_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("startups:cohort-detail", args=[self.slug])

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.programme_id

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its dates are spoken of."""
        return ZoneInfo(self.time_zone)

    @property
    def is_public(self) -> bool:
        """Whether it has a public page."""
        return self.state != CohortState.DRAFT


class Group(Record):
    """Startups of a cohort that meet at hours fit for their part of the world."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(_("name"), max_length=80)
    time_zone = models.CharField(_("time zone"), max_length=50, validators=[validate_time_zone])

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "name"], name="group_has_a_name_of_its_own"),
        ]

    def __str__(self) -> str:
        return self.name


class PlaceQuerySet(models.QuerySet["Place"]):
    """Places, chosen by state and reader."""

    def taken(self) -> Self:
        """Those that count against the cohort's places."""
        return self.filter(state__in=TAKEN)

    def in_programme(self) -> Self:
        """Those whose startup is coached now."""
        return self.filter(state__in=IN_PROGRAMME)

    def of_mentor(self, user: User) -> Self:
        """Those the person coaches now."""
        return self.filter(
            mentorings__state=MentoringState.ACTIVE,
            mentorings__mentor__user=user,
            cohort__programme__in=user.programmes_as(Role.MENTOR),
        )

    def of_member(self, user: User) -> Self:
        """Those of the person's own startups."""
        return self.filter(startup__memberships__user=user)

    def for_public(self) -> Self:
        """Startups on the cohort's public page: they took part and approved their text."""
        return self.filter(state__in=TOOK_PART, public_text_approved_at__isnull=False)

    def visible_to(self, user: User) -> Self:
        """The list form of ``startups.view_place``: one's own, those one coaches, one's cohorts."""
        coached = type(self)(self.model).of_mentor(user)
        return self.filter(
            Q(startup__in=user.memberships.values("startup"))
            | Q(pk__in=coached.values("pk"))
            | user.within("cohort__programme", *COHORT_READERS)
        )


class Place(Stateful):
    """A startup in a cohort, from the offer to the alumni."""

    cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="held_places", verbose_name=_("cohort")
    )
    startup = models.ForeignKey(
        "startups.Startup",
        on_delete=models.PROTECT,
        related_name="places",
        verbose_name=_("organisation"),
    )
    group = models.ForeignKey(
        Group,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="places",
        verbose_name=_("group"),
    )
    state = models.CharField(
        _("state"), max_length=12, choices=PlaceState, default=PlaceState.INVITED, editable=False
    )
    answer_by = models.DateTimeField(_("answer by"))
    #: Counts up when the answer date moves, so that reminders of the earlier one are outdated.
    answer_version = models.PositiveIntegerField(default=1, editable=False)
    #: Where the startup answers, when something of a higher app goes with it; empty: on the
    #: place's own page.
    answer_path = models.CharField(max_length=200, blank=True, editable=False)
    offered_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, related_name="+", verbose_name=_("offered by")
    )
    terms_version = models.CharField(
        _("version of the terms accepted"), max_length=20, blank=True, editable=False
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True, editable=False)
    answered_by = models.ForeignKey(
        "portal.User",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("answered by"),
    )
    #: Why it was refused, or why the startup left.
    reason = models.CharField(_("reason"), max_length=500, blank=True, editable=False)
    public_text = models.CharField(
        _("what the public reads of you"),
        max_length=400,
        blank=True,
        help_text=_("On the cohort's page, as soon as you approve it."),
    )
    public_text_approved_at = models.DateTimeField(
        _("text approved"), null=True, blank=True, editable=False
    )
    public_text_approved_by = models.ForeignKey(
        "portal.User",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("text approved by"),
    )

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["startup__legal_name"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "startup"], name="place_is_offered_once"),
            models.CheckConstraint(
                condition=Q(state__in=PlaceState.values), name="place_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(public_text_approved_at=None) | ~Q(public_text=""),
                name="place_approves_a_text_that_is_there",
            ),
        ]
        triggers = [
            # The second wall: whatever way a place is taken, there are never more than the cohort
            # has. Whoever takes one locks the cohort's row first, so the count cannot be stale.
            pgtrigger.Trigger(
                name="place_is_left",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),
                when=pgtrigger.Before,
                declare=[("has", "integer"), ("used", "integer")],
                func="""
                    IF NEW.state NOT IN ('confirmed', 'active', 'completed', 'alumni') THEN
                        RETURN NEW;
                    END IF;
                    IF TG_OP = 'UPDATE' AND
                       OLD.state IN ('confirmed', 'active', 'completed', 'alumni') THEN
                        RETURN NEW;
                    END IF;
                    SELECT places INTO has FROM startups_cohort WHERE id = NEW.cohort_id
                        FOR NO KEY UPDATE;
                    SELECT count(*) INTO used FROM startups_place
                        WHERE cohort_id = NEW.cohort_id AND id <> NEW.id
                        AND state IN ('confirmed', 'active', 'completed', 'alumni');
                    IF used >= has THEN
                        RAISE EXCEPTION 'no place is left'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'place_is_left';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.startup} – {self.cohort}"

    def get_absolute_url(self) -> str:
        """The startup's page of its place."""
        return reverse("startups:place-detail", args=[self.pk])

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.startup_id

    @property
    def programme_key(self) -> UUID:
        """The programme of the cohort."""
        return self.cohort.programme_id

    @cached_property
    def mentor_keys(self) -> frozenset[UUID]:
        """Who coaches the startup now, by account."""
        return frozenset(
            self.mentorings.filter(state=MentoringState.ACTIVE).values_list(
                "mentor__user_id", flat=True
            )
        )

    @cached_property
    def startup_zone(self) -> str:
        """The zone on the startup's wall: its group's, or that of whoever belongs longest."""
        if self.group is not None:
            return self.group.time_zone
        first = self.startup.memberships.select_related("user").first()
        return first.user.time_zone if first else self.cohort.time_zone

    def has_mentor(self, user: User) -> bool:
        """Whether the person coaches the startup now, and still holds the role."""
        return user.pk in self.mentor_keys and user.has_role(self.programme_key, Role.MENTOR)

    def mentors(self) -> list[User]:
        """Who coaches the startup now."""
        active = self.mentorings.filter(state=MentoringState.ACTIVE)
        return [one.mentor.user for one in active.select_related("mentor__user")]

    @property
    def is_in_programme(self) -> bool:
        """Whether the startup is coached now."""
        return self.state in IN_PROGRAMME

    @property
    def is_public(self) -> bool:
        """Whether the startup stands on the cohort's page."""
        return self.state in TOOK_PART and self.public_text_approved_at is not None

    @property
    def tone(self) -> str:
        """The colour's name for the state."""
        return {
            PlaceState.INVITED: "amber",
            PlaceState.CONFIRMED: "tide",
            PlaceState.ACTIVE: "tide",
            PlaceState.COMPLETED: "moss",
            PlaceState.ALUMNI: "moss",
            PlaceState.DROPPED_OUT: "lamp",
        }.get(PlaceState(self.state), "fog")
