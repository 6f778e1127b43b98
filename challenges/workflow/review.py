"""The life of a review: interest declared before reading, scores, counted once submitted."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Avg, Count, Q
from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import AT_WORK, ApplicationState, AssignmentState as State
from challenges.models import (
    Application,
    ConflictOfInterest,
    Review,
    ReviewAssignment,
    Score,
)
from portal.workflow import Transition, Workflow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from challenges.models import Criterion
    from portal.workflow import Step

#: The application's figures change with the review, so its row is locked before the review's.
LOCK_APPLICATION = (("application", "NO KEY UPDATE"),)
CENT = Decimal("0.01")
REASON_LENGTH = 500


def total_of(levels: Iterable[tuple[Criterion, int]]) -> Decimal | None:
    """0 to 100: each criterion's share of its weight, as parts of all weights."""
    earned, possible = Decimal(0), Decimal(0)
    for criterion, value in levels:
        # Rounded first: a float's last digits must not decide between two cents.
        earned += criterion.weight * Decimal(repr(round(criterion.share_of(value), 9)))
        possible += criterion.weight
    if not possible:
        return None
    return (100 * earned / possible).quantize(CENT, rounding=ROUND_HALF_UP)


def recount(application: UUID) -> None:
    """Keep the figures of the list; whoever calls this has locked the application's row."""
    counts = Q(state=State.DONE)
    found = ReviewAssignment.objects.filter(application=application).aggregate(
        assigned=Count("pk", filter=Q(state__in=AT_WORK)),
        done=Count("pk", filter=counts),
        mean=Avg("review__total", filter=counts),
    )
    mean = found["mean"]
    Application.objects.filter(pk=application).update(
        assigned_count=found["assigned"],
        review_count=found["done"],
        mean_score=None if mean is None else mean.quantize(CENT, rounding=ROUND_HALF_UP),
    )


def while_in_review(step: Step[ReviewAssignment]) -> StrOrPromise | None:
    """The application waits for a result."""
    application = step.record.application
    if application.state == ApplicationState.IN_REVIEW:
        return None
    if application.state == ApplicationState.SUBMITTED:
        return _("The review of this application has not started yet.")
    if application.state == ApplicationState.WITHDRAWN:
        return _("The application was withdrawn.")
    return _("The results have been sent.")


def when_reason_fits(step: Step[ReviewAssignment]) -> StrOrPromise | None:
    """One or two sentences."""
    if len(step.reason) <= REASON_LENGTH:
        return None
    return _("Say it in %(limit)d characters.") % {"limit": REASON_LENGTH}


def unscored(assignment: ReviewAssignment) -> list[Criterion]:
    """The criteria for which the juror has not given a level."""
    scored = set(
        Score.objects.filter(review__assignment=assignment).values_list("criterion_id", flat=True)
    )
    return [each for each in assignment.application.call.criteria.all() if each.pk not in scored]


def when_all_is_scored(step: Step[ReviewAssignment]) -> StrOrPromise | None:
    """Every criterion has a level."""
    if not step.record.application.call.criteria.exists():
        return _("This call has no evaluation criteria yet.")
    lacking = unscored(step.record)
    if not lacking:
        return None
    return _("Give a level for: %(names)s.") % {"names": ", ".join(map(str, lacking))}


def while_others_are_unseen(step: Step[ReviewAssignment]) -> StrOrPromise | None:
    """A score that was given before the others' stays as it was given."""
    others = step.record.application.assignments.filter(state=State.DONE).exclude(pk=step.record.pk)
    if not others.exists():
        return None
    return _("You have seen what others gave. The jury chair can open your review again.")


def when_not_ones_own(step: Step[ReviewAssignment]) -> StrOrPromise | None:
    """Somebody else decides that a review is opened again."""
    if step.actor is None or step.actor.pk != step.record.reviewer_id:
        return None
    return _("Somebody else has to open your own review again.")


def declare_none(step: Step[ReviewAssignment]) -> None:
    """Keep that the juror has no conflict, and open an empty score sheet."""
    ConflictOfInterest.objects.create(
        application=step.record.application, person=step.record.reviewer, has_conflict=False
    )
    Review.objects.get_or_create(assignment=step.record)


def declare_conflict(step: Step[ReviewAssignment]) -> None:
    """Keep the conflict with its reason; what was scored stays stored and counts no more."""
    ConflictOfInterest.objects.create(
        application=step.record.application,
        person=step.record.reviewer,
        has_conflict=True,
        reason=step.reason,
    )


def count_score(step: Step[ReviewAssignment]) -> None:
    """Fix the score as it counts from now on."""
    review = step.record.review
    review.total = total_of(
        (score.criterion, score.value) for score in review.scores.select_related("criterion")
    )
    review.submitted_at = step.at
    review.save(update_fields=["total", "submitted_at"])


def uncount_score(step: Step[ReviewAssignment]) -> None:
    """The sheet is open again."""
    Review.objects.filter(assignment=step.record).update(submitted_at=None)


def recount_application(step: Step[ReviewAssignment]) -> None:
    """The list's figures, in this very transaction."""
    recount(step.record.application_id)


def row(name: str, label: StrOrPromise, **rest: Any) -> Transition[ReviewAssignment]:
    """A row of this table: all lock the application and recount it at the end."""
    effects = rest.pop("effects", ())
    return Transition(
        name=name,
        label=label,
        locks=LOCK_APPLICATION,
        effects=(*effects, recount_application),
        **rest,
    )


assignment_workflow: Workflow[ReviewAssignment] = Workflow(
    ReviewAssignment,
    row(
        "confirm",
        gettext_lazy("I have no conflict of interest"),
        permission="challenges.review_reviewassignment",
        sources={State.ASSIGNED},
        target=State.READING,
        guards=(while_in_review,),
        effects=(declare_none,),
        primary=True,
    ),
    row(
        "declare-conflict",
        gettext_lazy("I have a conflict of interest"),
        permission="challenges.review_reviewassignment",
        sources={State.ASSIGNED, State.READING, State.DONE},
        target=State.CONFLICT,
        guards=(while_in_review, when_reason_fits),
        effects=(declare_conflict,),
        needs_reason=True,
    ),
    row(
        "submit-review",
        gettext_lazy("Submit review"),
        permission="challenges.review_reviewassignment",
        sources={State.READING},
        target=State.DONE,
        guards=(while_in_review, when_all_is_scored),
        effects=(count_score,),
        primary=True,
    ),
    row(
        "reopen",
        gettext_lazy("Change my review"),
        permission="challenges.review_reviewassignment",
        sources={State.DONE},
        target=State.READING,
        guards=(while_in_review, while_others_are_unseen),
        effects=(uncount_score,),
    ),
    row(
        "open-again",
        gettext_lazy("Let the juror change it"),
        permission="challenges.assign_application",
        sources={State.DONE},
        target=State.READING,
        guards=(while_in_review, when_reason_fits, when_not_ones_own),
        effects=(uncount_score,),
        needs_reason=True,
    ),
    row(
        "hand-back",
        gettext_lazy("Hand back"),
        permission="challenges.review_reviewassignment",
        sources={State.ASSIGNED, State.READING},
        target=State.HANDED_BACK,
    ),
    row(
        "cancel",
        gettext_lazy("Take this juror off"),
        permission="challenges.cancel_reviewassignment",
        sources={State.ASSIGNED, State.READING, State.DONE},
        target=State.CANCELLED,
        guards=(while_in_review, when_reason_fits),
        needs_reason=True,
        destructive=True,
    ),
    row(
        "assign-again",
        gettext_lazy("Assign again"),
        permission="challenges.assign_application",
        sources={State.HANDED_BACK, State.CANCELLED},
        target=State.ASSIGNED,
        guards=(while_in_review,),
        internal=True,
    ),
)
