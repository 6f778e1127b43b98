"""Reviews: who reads what, conflicts declared before reading, scores, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from challenges.choices import (
    AT_WORK,
    HANDED_IN,
    UNFINISHED,
    ApplicationState,
    AssignmentState,
    CircularAudience,
    CircularState,
    Outcome,
)
from challenges.rules import DECIDERS, REVIEW_LEADS
from portal.choices import Role
from portal.models import Record, Stateful, User
from startups.choices import MemberRole

if TYPE_CHECKING:
    from uuid import UUID


class ReviewAssignmentQuerySet(models.QuerySet["ReviewAssignment"]):
    """Assignments, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """One's own while one is reviewer there; all of a programme for who leads its reviews."""
        if user.is_superuser:
            return self.all()
        return self.filter(
            user.within("application__call__programme", *REVIEW_LEADS)
            | (
                Q(reviewer=user)
                & user.within("application__call__programme", Role.REVIEWER, Role.CHAIR)
            )
        )

    def at_work(self) -> Self:
        """Those that count as work of the jury."""
        return self.filter(state__in=AT_WORK)

    def waiting_for(self, user: User) -> Self:
        """What a juror has still to do."""
        return self.filter(reviewer=user, state__in=UNFINISHED)

    def for_list(self) -> Self:
        """What a list shows: never the answers."""
        return self.select_related(
            "application__call__programme", "application__startup", "reviewer"
        )


class ReviewAssignment(Stateful):
    """An application given to a juror to read and score."""

    application = models.ForeignKey(
        "challenges.Application", on_delete=models.PROTECT, related_name="assignments"
    )
    reviewer = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, related_name="review_assignments"
    )
    state = models.CharField(
        _("state"), max_length=12, choices=AssignmentState, default=AssignmentState.ASSIGNED
    )
    assigned_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(_("due on"), null=True, blank=True)

    objects = ReviewAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["due_on", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "reviewer"], name="application_is_assigned_once_to_a_juror"
            ),
            models.CheckConstraint(
                condition=Q(state__in=AssignmentState.values), name="assignment_state_is_known"
            ),
        ]
        indexes = [models.Index(fields=["reviewer", "state"], name="assignment_by_juror")]

    def __str__(self) -> str:
        return f"{self.application} – {self.reviewer}"

    def get_absolute_url(self) -> str:
        """The review page in the admin."""
        return reverse("admin:challenges_reviewassignment_review", args=[self.pk])

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.application.startup_id

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.application.call.programme_id

    @property
    def tone(self) -> str:
        """The colour's name for the state."""
        return {
            AssignmentState.ASSIGNED: "amber",
            AssignmentState.READING: "tide",
            AssignmentState.DONE: "moss",
            AssignmentState.CONFLICT: "lamp",
        }.get(AssignmentState(self.state), "fog")


class ConflictOfInterest(Record):
    """What a juror declared before reading: no conflict, or one with its reason."""

    application = models.ForeignKey(
        "challenges.Application", on_delete=models.PROTECT, related_name="conflicts"
    )
    person = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    has_conflict = models.BooleanField(_("conflict"))
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("declaration of interest")
        verbose_name_plural = _("declarations of interest")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(has_conflict=False) | ~Q(reason=""), name="conflict_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.application_id}"


class Review(Record):
    """A juror's scores and words; saved while typing, counted once submitted."""

    assignment = models.OneToOneField(
        ReviewAssignment, on_delete=models.PROTECT, related_name="review"
    )
    comment = models.TextField(_("comment for the jury"), max_length=5_000, blank=True)
    feedback = models.TextField(_("feedback for the applicant"), max_length=5_000, blank=True)
    #: Raised at each save; a save that names an older one is refused, so two tabs never overwrite.
    version = models.PositiveIntegerField(default=1)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    #: 0 to 100: the weights' sum of each criterion's share, once every criterion has a level.
    total = models.DecimalField(_("score"), max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = _("scores")
        verbose_name_plural = _("scores")

    def __str__(self) -> str:
        return f"{self.assignment_id}"


class Score(Record):
    """The level a juror gives for one criterion."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(
        "challenges.Criterion", on_delete=models.PROTECT, related_name="scores"
    )
    value = models.PositiveSmallIntegerField(_("level"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "criterion"], name="criterion_scored_once"),
            models.CheckConstraint(condition=Q(value__gte=1), name="score_is_a_level"),
        ]

    def __str__(self) -> str:
        return f"{self.value}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Decisions, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """For those who decide in the programme."""
        return self.filter(user.within("application__call__programme", *DECIDERS))

    def prepared(self) -> Self:
        """Not sent yet."""
        return self.filter(sent_at=None)


class Decision(Record):
    """What was decided of an application: prepared first, sent together with the others."""

    application = models.ForeignKey(
        "challenges.Application", on_delete=models.PROTECT, related_name="decisions"
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    reason = models.TextField(
        _("reason"), max_length=3_000, help_text=_("The applicant reads it in the letter.")
    )
    prepared_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    sent_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(sent_at=None),
                name="decision_is_prepared_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="decision_outcome_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application}: {self.get_outcome_display()}"

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.application.startup_id

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.application.call.programme_id


class CircularQuerySet(models.QuerySet["Circular"]):
    """Letters to many."""

    def visible_to(self, user: User) -> Self:
        """Those of the calls one runs."""
        return self.filter(user.within("call__programme", Role.MANAGER, Role.COORDINATOR))


#: The states of an application that a letter to many is about.
CONCERNED = {
    CircularAudience.DRAFTS: (ApplicationState.DRAFT,),
    CircularAudience.SUBMISSIONS: HANDED_IN,
    CircularAudience.ALL: (ApplicationState.DRAFT, *HANDED_IN),
}


class Circular(Stateful):
    """A letter to everybody with a draft or a submission: previewed, tested, sent once."""

    call = models.ForeignKey("challenges.Call", on_delete=models.PROTECT, related_name="circulars")
    audience = models.CharField(_("to"), max_length=12, choices=CircularAudience)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(
        _("text"), max_length=10_000, help_text=_("Plain paragraphs with an empty line between.")
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=CircularState,
        default=CircularState.DRAFT,
        editable=False,
    )
    written_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    sent_to = models.PositiveIntegerField(_("people written to"), default=0, editable=False)

    objects = CircularQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter to many")
        verbose_name_plural = _("letters to many")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CircularState.values), name="circular_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.call.programme_id

    def people(self) -> list[User]:
        """Owners and editors of the applications it is about, as they are now, each once."""
        return list(
            User.objects.filter(
                is_active=True,
                memberships__role__in=[MemberRole.OWNER, MemberRole.EDITOR],
                memberships__startup__applications__call=self.call_id,
                memberships__startup__applications__state__in=CONCERNED[
                    CircularAudience(self.audience)
                ],
            )
            .distinct()
            .order_by("email")
        )
