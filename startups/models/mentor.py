"""Mentors: who coaches, what they know, and whom they coach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.choices import Role
from portal.models import Record, Stateful
from startups.choices import MentoringState
from startups.models.cohort import Place
from startups.rules import COHORT_READERS

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import User


class MentorQuerySet(models.QuerySet["Mentor"]):
    """Mentors, chosen by reader."""

    def holding_the_role(self) -> Self:
        """Those who hold the role of a mentor in that programme now."""
        held = Q(user__staff_roles__role=Role.MENTOR, user__staff_roles__ended_at=None)
        return self.filter(held, user__staff_roles__programme=models.F("programme")).distinct()

    def visible_to(self, user: User) -> Self:
        """The list form of ``startups.view_mentor``: oneself, and those of one's programmes."""
        mine = Q(user=user) | user.within("programme", *COHORT_READERS)
        return self.filter(mine).select_related("user")


class Mentor(Record):
    """A person who coaches startups of one programme, as they describe themselves."""

    programme = models.ForeignKey(
        "portal.Programme",
        on_delete=models.PROTECT,
        related_name="mentors",
        verbose_name=_("programme"),
    )
    user = models.ForeignKey(
        "portal.User",
        on_delete=models.PROTECT,
        related_name="mentor_profiles",
        verbose_name=_("person"),
    )
    organisation = models.CharField(_("organisation"), max_length=150, blank=True)
    expertise = models.CharField(
        _("what you can help with"),
        max_length=300,
        help_text=_("For example: pricing, hospital procurement, fundraising in Japan."),
    )
    sectors = models.ManyToManyField(
        "portal.Sector", blank=True, related_name="+", verbose_name=_("sectors")
    )
    languages = ArrayField(
        models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True
    )
    capacity = models.PositiveSmallIntegerField(
        _("startups at a time"), default=2, validators=[MaxValueValidator(20)]
    )
    call_link = models.URLField(
        _("link of your calls"),
        blank=True,
        help_text=_("It is filled in when you plan a session. You can change it there."),
    )
    #: The version of the code of conduct that was accepted last, and when.
    conduct_version = models.CharField(max_length=20, blank=True, editable=False)
    conduct_accepted_at = models.DateTimeField(null=True, editable=False)

    objects = MentorQuerySet.as_manager()

    class Meta:
        verbose_name = _("mentor")
        verbose_name_plural = _("mentors")
        ordering = ["user__email"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "user"], name="mentor_describes_themselves_once"
            ),
        ]

    def __str__(self) -> str:
        return self.user.shown_name

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.programme_id

    @property
    def startup_key(self) -> None:
        """A mentor belongs to no startup's journey; their coaching does."""
        return


class MentoringQuerySet(models.QuerySet["Mentoring"]):
    """Who coaches whom, chosen by time and reader."""

    def active(self) -> Self:
        """Now."""
        return self.filter(state=MentoringState.ACTIVE)

    def visible_to(self, user: User) -> Self:
        """Those of the places one may see."""
        return self.filter(place__in=Place.objects.visible_to(user))


class Mentoring(Stateful):
    """A mentor assigned to a startup in a cohort, from when to when."""

    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, related_name="mentorings", verbose_name=_("startup")
    )
    mentor = models.ForeignKey(
        Mentor, on_delete=models.PROTECT, related_name="mentorings", verbose_name=_("mentor")
    )
    assigned_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        _("state"), max_length=10, choices=MentoringState, default=MentoringState.ACTIVE
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    objects = MentoringQuerySet.as_manager()

    class Meta:
        verbose_name = _("mentor of a startup")
        verbose_name_plural = _("mentors of startups")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["place", "mentor"],
                condition=Q(state=MentoringState.ACTIVE),
                name="mentor_coaches_a_startup_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=MentoringState.values), name="mentoring_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mentor} – {self.place.startup}"

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.place.startup_id

    @property
    def programme_key(self) -> UUID:
        """The programme of the cohort."""
        return self.place.programme_key
