"""Goals of a quarter, and what each side says of how they stand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.models import Record, Stateful
from startups.choices import GoalState, Verdict, Voice
from startups.models.cohort import Place

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from portal.models import User

#: A report given so long before the quarter's end, or later, is that of the quarter.
REPORT_COUNTS = timedelta(days=30)


class GoalQuerySet(models.QuerySet["Goal"]):
    """Goals, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """Those of the places one may see."""
        return self.filter(place__in=Place.objects.visible_to(user))

    def without_report(self) -> Self:
        """Those on which the startup did not report towards the quarter's end."""
        said = GoalReview.objects.filter(
            goal=OuterRef("pk"),
            voice=Voice.STARTUP,
            created_at__date__gte=OuterRef("ends_on") - REPORT_COUNTS,
        )
        return self.filter(~Exists(said))


class Goal(Stateful):
    """What a startup means to have reached by the end of a quarter."""

    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, related_name="goals", verbose_name=_("startup")
    )
    starts_on = models.DateField(_("quarter from"))
    ends_on = models.DateField(_("to"))
    title = models.CharField(_("goal"), max_length=200)
    measure = models.CharField(
        _("measure"), max_length=120, help_text=_("What is counted: paying hospitals, kWh a day.")
    )
    baseline = models.DecimalField(
        _("today"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    target = models.DecimalField(_("target"), max_digits=16, decimal_places=2)
    state = models.CharField(_("state"), max_length=10, choices=GoalState, default=GoalState.SET)
    #: Counts up when the quarter's end moves, so that reminders of the earlier one are outdated.
    ends_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    objects = GoalQuerySet.as_manager()

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        ordering = ["-ends_on", "created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=GoalState.values), name="goal_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="goal_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its line on the page of the startup's goals."""
        return f"{reverse('startups:goal-list', args=[self.place_id])}#goal-{self.pk}"

    @property
    def reported_from(self) -> date:
        """From when a report counts as that of the quarter's end."""
        return self.ends_on - REPORT_COUNTS

    @property
    def tone(self) -> str:
        """The colour's name for the state."""
        return {GoalState.SET: "tide", GoalState.MET: "moss", GoalState.MISSED: "amber"}.get(
            GoalState(self.state), "fog"
        )

    def share_of(self, value: Decimal | None) -> int:
        """How much of the way from the baseline to the target is gone, in hundredths."""
        start = self.baseline or Decimal(0)
        way = self.target - start
        if value is None:
            return 0
        if not way:
            return 100 if value == self.target else 0
        return int(max(Decimal(0), min(Decimal(100), (value - start) * 100 / way)))

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.place.startup_id

    @property
    def programme_key(self) -> UUID:
        """The programme of the cohort."""
        return self.place.programme_key


class GoalReviewQuerySet(models.QuerySet["GoalReview"]):
    """What was said of goals, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """Those of the places one may see."""
        return self.filter(goal__place__in=Place.objects.visible_to(user))


class GoalReview(Record):
    """One dated word on a goal: the startup's report, a mentor's view or staff's verdict.

    A later word stands beside the earlier ones; none is overwritten.
    """

    goal = models.ForeignKey(Goal, on_delete=models.PROTECT, related_name="reviews")
    voice = models.CharField(_("who says it"), max_length=10, choices=Voice)
    by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    value = models.DecimalField(
        _("reached so far"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    text = models.TextField(_("in words"), max_length=2000, blank=True)
    verdict = models.CharField(_("how it stands"), max_length=10, choices=Verdict, blank=True)

    objects = GoalReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("word on a goal")
        verbose_name_plural = _("words on goals")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(voice__in=Voice.values), name="goal_voice_is_known"),
            models.CheckConstraint(
                condition=Q(verdict__in=["", *Verdict.values]), name="goal_verdict_is_known"
            ),
            models.CheckConstraint(
                condition=Q(verdict="") | Q(voice=Voice.STAFF), name="goal_verdict_is_staffs"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.goal}: {self.get_voice_display()}"

    @property
    def place(self) -> Place:
        """Whose goal it speaks of."""
        return self.goal.place

    @property
    def tone(self) -> str:
        """The colour's name for the verdict."""
        return {
            Verdict.ON_TRACK.value: "moss",
            Verdict.AT_RISK.value: "amber",
            Verdict.OFF_TRACK.value: "lamp",
        }.get(self.verdict, "fog")

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.goal.startup_key

    @property
    def programme_key(self) -> UUID:
        """The programme of the cohort."""
        return self.goal.programme_key
