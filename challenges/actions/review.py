"""Giving applications to jurors, and keeping what they write while they write it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Prefetch
from django.utils.translation import gettext as _

from challenges.choices import (
    AT_WORK,
    ApplicationState,
    AssignmentState,
)
from challenges.models import (
    Application,
    Call,
    Collaborator,
    ConflictOfInterest,
    Review,
    ReviewAssignment,
    Score,
)
from challenges.notices.review import ReviewsAssigned
from challenges.workflow.application import application_workflow
from challenges.workflow.review import assignment_workflow, recount, total_of
from portal import audit, clock, outbox
from portal.choices import Role
from portal.models import User
from portal.workflow import Step, StepRefused
from startups.models import Membership

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from uuid import UUID

    from challenges.models import Criterion
    from portal.models import Programme

COMMENT_LENGTH = 5_000


@dataclass
class Assigned:
    """What came of giving applications to jurors."""

    made: list[ReviewAssignment] = field(default_factory=list)
    #: Sentences about what was left out, and why.
    left_out: list[str] = field(default_factory=list)


def jurors_of(programme: Programme | UUID) -> list[User]:
    """Who may be given applications there: reviewers and jury chairs, at this moment."""
    key = getattr(programme, "pk", programme)
    at = clock.database_now()
    return list(User.objects.holding(Role.REVIEWER, Role.CHAIR, programme=key, at=at))


@dataclass
class _Desk:
    """The call's jury while its rows are locked: who has what, and who may not have it."""

    call: Call
    jurors: list[User]
    applications: list[Application]
    load: Counter[UUID]
    held: dict[tuple[UUID, UUID], ReviewAssignment]
    barred: dict[tuple[UUID, UUID], str]

    @classmethod
    def locked(cls, applications: Iterable[Application], jurors: Iterable[User], by: User) -> _Desk:
        """Lock call and applications in this order, then read what stands."""
        asked = list(applications)
        calls = {application.call_id for application in asked}
        if len(calls) != 1:
            raise StepRefused(_("Choose applications of one call."))
        call = (
            Call.objects.select_for_update(of=("self",), no_key=True)
            .select_related("programme")
            .get(pk=calls.pop())
        )
        if not by.has_perm("challenges.assign_application", call):
            raise StepRefused(_("You may not do this."), permission=True)
        locked = (
            Application.objects.select_for_update(of=("self",), no_key=True)
            .select_related("startup")
            .filter(pk__in=[application.pk for application in asked])
            .order_by("pk")
        )
        known = {juror.pk: juror for juror in jurors_of(call.programme)}
        chosen = [known[juror.pk] for juror in jurors if juror.pk in known]
        desk = cls(
            call=call,
            jurors=chosen,
            applications=list(locked),
            load=Counter(),
            held={},
            barred={},
        )
        for application in desk.applications:
            application.call = call
        desk._read()
        return desk

    def _read(self) -> None:
        loads = (
            ReviewAssignment.objects.filter(application__call=self.call, state__in=AT_WORK)
            .values_list("reviewer")
            .annotate(count=Count("pk"))
        )
        self.load = Counter(dict(loads))
        for assignment in ReviewAssignment.objects.filter(application__in=self.applications):
            self.held[assignment.application_id, assignment.reviewer_id] = assignment
        startups = {application.startup_id: application.pk for application in self.applications}
        members = Membership.objects.filter(startup__in=startups, user__in=self.jurors)
        for startup, user in members.values_list("startup_id", "user_id"):
            self.barred[startups[startup], user] = _("belongs to the applicant")
        helpers = Collaborator.objects.filter(
            application__in=self.applications, user__in=self.jurors
        )
        for application, user in helpers.values_list("application_id", "user_id"):
            if user is not None:
                self.barred[application, user] = _("helped with the application")
        conflicts = ConflictOfInterest.objects.filter(
            application__in=self.applications, person__in=self.jurors, has_conflict=True
        )
        for application, user in conflicts.values_list("application_id", "person_id"):
            self.barred[application, user] = _("declared a conflict of interest")

    def at_work_on(self, application: Application) -> int:
        """How many jurors read it already."""
        return sum(
            1
            for (key, _juror), assignment in self.held.items()
            if key == application.pk and assignment.state in AT_WORK
        )

    def ready(self, application: Application, by: User) -> str:
        """Begin the review where it has not begun; a sentence where that is not possible."""
        if application.state == ApplicationState.IN_REVIEW:
            return ""
        try:
            application_workflow.perform(application, "start-review", actor=by)
        except StepRefused as refusal:
            return f"{application}: {refusal}"
        application.state = ApplicationState.IN_REVIEW
        return ""

    def give(
        self, application: Application, juror: User, by: User, due_on: date | None
    ) -> ReviewAssignment:
        """One application to one juror, who had none of it or gave it back."""
        held = self.held.get((application.pk, juror.pk))
        if held is None:
            held = ReviewAssignment.objects.create(
                application=application, reviewer=juror, assigned_by=by, due_on=due_on
            )
            audit.record(
                held, "assign", actor=by, to_state=held.state, facts={"juror": str(juror.pk)}
            )
        else:
            assignment_workflow.perform(held, "assign-again", actor=by)
            ReviewAssignment.objects.filter(pk=held.pk).update(assigned_by=by, due_on=due_on)
            held.state = AssignmentState.ASSIGNED
        self.held[application.pk, juror.pk] = held
        self.load[juror.pk] += 1
        return held

    def finish(self, result: Assigned, by: User, due_on: date | None) -> Assigned:
        """Count, write down, and tell each juror once."""
        for application in {assignment.application_id for assignment in result.made}:
            recount(application)
        if not result.made:
            return result
        given = Counter(assignment.reviewer_id for assignment in result.made)
        step: Step[Any] = Step(
            record=self.call,
            actor=by,
            at=clock.database_now(),
            data={
                "people": {juror: given[juror.pk] for juror in self.jurors if given[juror.pk]},
                "due_on": due_on,
            },
        )
        step.entry = audit.record(
            self.call,
            "assign-reviews",
            actor=by,
            facts={"reviews": len(result.made), "jurors": len(given)},
        )
        outbox.tell(ReviewsAssigned(), step, programme=self.call.programme)
        return result


@transaction.atomic
def assign(
    *,
    applications: Iterable[Application],
    reviewers: Iterable[User],
    by: User,
    due_on: date | None = None,
) -> Assigned:
    """Give each application to each of these jurors; begins the review where it has not begun.

    Raises:
        StepRefused: not permitted, or the applications are of several calls.
    """
    desk = _Desk.locked(applications, reviewers, by)
    result = Assigned()
    for application in desk.applications:
        if refusal := desk.ready(application, by):
            result.left_out.append(refusal)
            continue
        for juror in desk.jurors:
            held = desk.held.get((application.pk, juror.pk))
            if held is not None and held.state in AT_WORK:
                continue
            if why := desk.barred.get((application.pk, juror.pk)):
                result.left_out.append(f"{application}: {juror} – {why}")
                continue
            result.made.append(desk.give(application, juror, by, due_on))
    return desk.finish(result, by, due_on)


@transaction.atomic
def spread(
    *,
    applications: Iterable[Application],
    by: User,
    reviewers: Iterable[User] | None = None,
    due_on: date | None = None,
) -> Assigned:
    """Give each application as many jurors as the call wants, evenly; moves nothing that stands.

    Nobody gets what is of their own startup, what they declared a conflict for, or what they had
    before and gave back. Without ``reviewers`` everybody of the jury takes part.

    Raises:
        StepRefused: not permitted, or the applications are of several calls.
    """
    asked = list(applications)
    if reviewers is None:
        reviewers = jurors_of(asked[0].call.programme_id) if asked else []
    desk = _Desk.locked(asked, reviewers, by)
    wanted = desk.call.reviewers_wanted
    result = Assigned()
    # Those that can be read by fewest come first, while there is a choice.
    for application in sorted(
        desk.applications, key=lambda each: -sum(key == each.pk for key, _juror in desk.barred)
    ):
        lacking = wanted - desk.at_work_on(application)
        if lacking <= 0:
            continue
        if refusal := desk.ready(application, by):
            result.left_out.append(refusal)
            continue
        free = [
            juror
            for juror in desk.jurors
            if (application.pk, juror.pk) not in desk.barred
            and (application.pk, juror.pk) not in desk.held
        ]
        # Fewest first; among equals another order for each application, so that pairs mix.
        free.sort(key=lambda juror: (desk.load[juror.pk], juror.pk.int ^ application.pk.int))
        result.made += [desk.give(application, juror, by, due_on) for juror in free[:lacking]]
        if len(free) < lacking:
            result.left_out.append(
                _("%(application)s: %(found)d of %(wanted)d jurors found.")
                % {
                    "application": application,
                    "found": wanted - lacking + len(free),
                    "wanted": wanted,
                }
            )
    return desk.finish(result, by, due_on)


class StaleReview(StepRefused):
    """Somebody saved this review meanwhile: another tab, another device."""

    def __init__(self, review: Review, scores: dict[UUID, int]) -> None:
        self.review = review
        #: The levels as they are stored.
        self.scores = scores
        super().__init__(_("This review was changed in another window. Nothing was overwritten."))


@transaction.atomic
def save_review(
    *,
    assignment: ReviewAssignment,
    scores: Mapping[Criterion, int | None],
    comment: str,
    feedback: str,
    version: int,
    by: User,
) -> Review:
    """Keep what the juror has written so far; ``version`` is the one they began from.

    Raises:
        StaleReview: the stored version is another one, and holds something else.
        StepRefused: not theirs, or not being written now.
    """
    assignment = ReviewAssignment.objects.select_for_update(of=("self",), no_key=True).get(
        pk=assignment.pk
    )
    # Read behind the lock, the call with it: it decides who may.
    assignment.application = Application.objects.select_related("call").get(
        pk=assignment.application_id
    )
    if not by.has_perm("challenges.review_reviewassignment", assignment):
        raise StepRefused(_("You may not do this."), permission=True)
    if assignment.state == AssignmentState.DONE:
        raise StepRefused(_("This review is submitted. Open it again to change it."))
    if assignment.state != AssignmentState.READING:
        raise StepRefused(_("This review is not open any more. Nothing was saved."))
    if assignment.application.state != ApplicationState.IN_REVIEW:
        raise StepRefused(_("This application is not in review any more. Nothing was saved."))
    review, _made = Review.objects.get_or_create(assignment=assignment)
    stored = dict(review.scores.values_list("criterion_id", "value"))
    wanted = {criterion.pk: value for criterion, value in scores.items() if value is not None}
    same = (review.comment, review.feedback, stored) == (comment, feedback, wanted)
    if same:
        return review  # an answer that got lost on its way back: the same text saved again
    if review.version != version:
        raise StaleReview(review, stored)
    _keep_levels(review, stored, wanted, {criterion.pk for criterion in scores})
    review.comment, review.feedback = comment, feedback
    review.version += 1
    given = [(criterion, value) for criterion, value in scores.items() if value is not None]
    review.total = total_of(given) if len(given) == len(scores) else None
    review.save(update_fields=["comment", "feedback", "version", "total"])
    return review


def _keep_levels(
    review: Review, stored: Mapping[UUID, int], wanted: Mapping[UUID, int], asked: set[UUID]
) -> None:
    """The levels as the juror wants them, in a statement for all; what stands is not touched."""
    if taken_back := (asked & stored.keys()) - wanted.keys():
        review.scores.filter(criterion__in=taken_back).delete()
    Score.objects.bulk_create(
        [
            Score(review=review, criterion_id=criterion, value=value)
            for criterion, value in wanted.items()
            if stored.get(criterion) != value
        ],
        update_conflicts=True,
        unique_fields=["review", "criterion"],
        update_fields=["value"],
    )


def scores_open_to(user: User, application: Application) -> bool:
    """Whether the person may see others' scores: their own is in, and they have no conflict."""
    own = ReviewAssignment.objects.filter(application=application, reviewer=user).first()
    if own is not None and own.state in {
        AssignmentState.ASSIGNED,
        AssignmentState.READING,
        AssignmentState.CONFLICT,
    }:
        return False
    if ConflictOfInterest.objects.filter(
        application=application, person=user, has_conflict=True
    ).exists():
        return False
    leads = user.has_perm("challenges.assign_application", application)
    reads = user.has_perm("challenges.view_decision", application)
    return leads or reads or (own is not None and own.state == AssignmentState.DONE)


def submitted_reviews(application: Application) -> list[Review]:
    """The reviews that count, with their levels."""
    return list(
        Review.objects.filter(
            assignment__application=application, assignment__state=AssignmentState.DONE
        )
        .select_related("assignment__reviewer")
        .prefetch_related(
            Prefetch(
                "scores",
                Score.objects.select_related("criterion").order_by("criterion__order", "criterion"),
            )
        )
        .order_by("submitted_at")
    )
