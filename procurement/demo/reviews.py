"""What the jury did: assignments, scores and words, decisions, and notes that only staff read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from challenges.choices import ApplicationState as State, AssignmentState, Outcome
from challenges.models import (
    Application,
    ApplicationNote,
    ConflictOfInterest,
    Decision,
    Review,
    ReviewAssignment,
    Score,
)
from challenges.workflow.review import total_of
from portal.models import Label
from procurement.demo.calls import CHALLENGE, INTAKE, PURCHASE
from procurement.demo.source import chance, key, toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from random import Random

    from challenges.models import Criterion
    from portal.models import User
    from procurement.demo.calls import MadeCall
    from procurement.demo.source import Moment

JURORS = tuple(f"reviewer{number}.kobe@example.org" for number in (1, 2, 3))
CHAIR = "chair.kobe@example.org"
MANAGER = "manager.kobe@example.org"
#: Of the applications with the jury of Sweden, in their order: read by two, read by one of two.
READ_BY_TWO, READ_BY_ONE = 13, 6
#: How good an application is in the jurors' eyes, 0 to 1, by what became of it.
GOODNESS = {
    Outcome.SELECTED: (0.8, 0.95),
    Outcome.RESERVE: (0.7, 0.78),
    Outcome.NOT_SELECTED: (0.15, 0.66),
}
STRONG, WEAK = Decimal(70), Decimal(40)
DAYS_TO_READ = 12
CENT = Decimal("0.01")


@dataclass
class Work:
    """Rows of the jury's work, gathered before they are stored."""

    assignments: list[ReviewAssignment]
    declarations: list[ConflictOfInterest]
    reviews: list[Review]
    scores: list[Score]
    decisions: list[Decision]

    def store(self) -> None:
        """Store everything in the order in which it refers to each other."""
        ReviewAssignment.objects.bulk_create(self.assignments)
        ConflictOfInterest.objects.bulk_create(self.declarations)
        Review.objects.bulk_create(self.reviews)
        Score.objects.bulk_create(self.scores)
        Decision.objects.bulk_create(self.decisions)


class Jury:
    """The jury at work on one call."""

    def __init__(self, made: MadeCall, cast: Mapping[str, User], moment: Moment) -> None:
        self.made = made
        self.cast = cast
        self.moment = moment
        self.words: Mapping[str, Any] = toml("reviews.toml")
        self.work = Work([], [], [], [], [])

    def pair(self, number: int) -> list[User]:
        """The two jurors of the n-th application: each pair comes up equally often."""
        return [self.cast[JURORS[(number + step) % len(JURORS)]] for step in range(2)]

    def assign(self, application: Application, juror: User, state: AssignmentState) -> datetime:
        """Give the application to a juror; answers when the state was reached."""
        begins = self.made.call.closes_at + timedelta(days=1)
        whole = min(timedelta(days=DAYS_TO_READ), self.moment.now - begins)
        luck = chance("assignment", str(application.pk), juror.email)
        reached = begins + whole * (0.1 + 0.85 * luck.random())
        is_touched = state != AssignmentState.ASSIGNED
        assignment = ReviewAssignment(
            id=key("assignment", str(application.pk), juror.email),
            created_at=begins,
            state_changed_at=reached if is_touched else begins,
            application=application,
            reviewer=juror,
            state=state,
            assigned_by=self.cast[CHAIR],
            due_on=self.made.call.review_due_on,
        )
        self.work.assignments.append(assignment)
        if state in {AssignmentState.READING, AssignmentState.DONE, AssignmentState.CONFLICT}:
            is_conflict = state == AssignmentState.CONFLICT
            self.work.declarations.append(
                ConflictOfInterest(
                    id=key("declaration", str(assignment.pk)),
                    created_at=reached - timedelta(minutes=40),
                    application=application,
                    person=juror,
                    has_conflict=is_conflict,
                    reason=self.words["conflict"] if is_conflict else "",
                )
            )
        return reached

    def review(
        self, application: Application, juror: User, goodness: float, *, is_done: bool = True
    ) -> Decimal | None:
        """A juror's scores, all of them or a beginning; answers the total if they are submitted."""
        state = AssignmentState.DONE if is_done else AssignmentState.READING
        reached = self.assign(application, juror, state)
        luck = chance("review", str(application.pk), juror.email)
        levels = [
            (criterion, _level(criterion, goodness, luck)) for criterion in self.made.criteria
        ]
        if not is_done:
            levels = levels[:2]
        total = total_of(levels) if is_done else None
        assignment = self.work.assignments[-1]
        comment, feedback = self._words(total, luck)
        review = Review(
            id=key("review", str(assignment.pk)),
            created_at=reached - timedelta(minutes=30),
            assignment=assignment,
            comment=comment,
            feedback=feedback if is_done else "",
            version=len(levels) + 1,
            submitted_at=reached if is_done else None,
            total=total,
        )
        self.work.reviews.append(review)
        self.work.scores += [
            Score(
                id=key("score", str(review.pk), str(criterion.pk)),
                created_at=review.created_at,
                review=review,
                criterion=criterion,
                value=value,
            )
            for criterion, value in levels
        ]
        return total

    def _words(self, total: Decimal | None, luck: Random) -> tuple[str, str]:
        band = "middling"
        if total is not None and total >= STRONG:
            band = "strong"
        elif total is not None and total < WEAK:
            band = "weak"
        return luck.choice(self.words[band]), luck.choice(self.words[f"feedback_{band}"])

    def count(
        self, application: Application, totals: Sequence[Decimal | None], assigned: int
    ) -> None:
        """Keep the figures of the list, as `challenges.workflow.review.recount` would."""
        given = [total for total in totals if total is not None]
        application.assigned_count = assigned
        application.review_count = len(given)
        if given:
            mean = sum(given, Decimal(0)) / len(given)
            application.mean_score = mean.quantize(CENT, rounding=ROUND_HALF_UP)

    def decide(
        self, application: Application, outcome: Outcome, *, sent_at: datetime | None
    ) -> None:
        """A decision, sent or only prepared."""
        reasons = self.words["reasons"][outcome.value]
        made_at = (sent_at or self.moment.now) - timedelta(hours=20)
        self.work.decisions.append(
            Decision(
                id=key("decision", str(application.pk)),
                created_at=made_at,
                application=application,
                outcome=outcome,
                reason=chance("reason", str(application.pk)).choice(reasons),
                prepared_by=self.cast[CHAIR],
                sent_by=self.cast[MANAGER] if sent_at else None,
                sent_at=sent_at,
            )
        )


def _level(criterion: Criterion, goodness: float, luck: Random) -> int:
    """A level near the goodness: jurors differ by about half a level."""
    highest = len(criterion.levels)
    value = 1 + goodness * (highest - 1) + luck.gauss(0, 0.55)
    return min(max(round(value), 1), highest)


def load(
    calls: Mapping[str, MadeCall],
    applications: Mapping[str, Sequence[Application]],
    cast: Mapping[str, User],
    moment: Moment,
) -> Work:
    """Store the jury's work on the closed calls, and what staff note; answers its rows."""
    intake = _judge_intake(Jury(calls[INTAKE], cast, moment), applications[INTAKE])
    purchase = _judge_purchase(Jury(calls[PURCHASE], cast, moment), applications[PURCHASE])
    work = Work(
        intake.assignments + purchase.assignments,
        intake.declarations + purchase.declarations,
        intake.reviews + purchase.reviews,
        intake.scores + purchase.scores,
        intake.decisions + purchase.decisions,
    )
    work.store()
    Application.objects.bulk_update(
        [*applications[INTAKE], *applications[PURCHASE]],
        ["assigned_count", "review_count", "mean_score", "state_changed_at"],
        batch_size=100,
    )
    _note(calls, applications, cast, moment)
    return work


def _judge_intake(jury: Jury, applications: Sequence[Application]) -> Work:
    sent_at = jury.moment.instant(f"{jury.made.call.results_on} 10:00", jury.made.call.time_zone)
    for number, application in enumerate(applications):
        outcome = Outcome(application.state)
        if outcome != Outcome.INELIGIBLE:
            low, high = GOODNESS[outcome]
            goodness = chance("goodness", str(application.pk)).uniform(low, high)
            pair = jury.pair(number)
            totals = [jury.review(application, juror, goodness) for juror in pair]
            jury.count(application, totals, len(pair))
        jury.decide(application, outcome, sent_at=sent_at)
        application.state_changed_at = sent_at
    return jury.work


def _judge_purchase(jury: Jury, applications: Sequence[Application]) -> Work:
    """Half done: the first are read by two, some by one, the last by nobody."""
    reading = [one for one in applications if one.state == State.IN_REVIEW]
    by_two = round(len(reading) * READ_BY_TWO / 22)
    by_one = round(len(reading) * READ_BY_ONE / 22)
    means: list[Application] = []
    for number, application in enumerate(reading):
        first, second = jury.pair(number)
        application.state_changed_at = jury.made.call.closes_at + timedelta(hours=14)
        low, high = (0.7, 0.85) if number == 0 else (0.2, 0.95)
        goodness = chance("goodness", str(application.pk)).uniform(low, high)
        if number < by_two:
            totals = [jury.review(application, juror, goodness) for juror in (first, second)]
            means.append(application)
        elif number < by_two + by_one:
            totals = [jury.review(application, first, goodness)]
            if number % 2:
                jury.review(application, second, goodness, is_done=False)
            else:
                jury.assign(application, second, AssignmentState.ASSIGNED)
        else:
            totals = []
            jury.assign(application, first, AssignmentState.ASSIGNED)
            jury.assign(application, second, AssignmentState.ASSIGNED)
        jury.count(application, totals, 2)
        third = jury.pair(number + 1)[1]
        if number == 1:
            jury.assign(application, third, AssignmentState.CONFLICT)
        if number == by_two:
            jury.assign(application, third, AssignmentState.HANDED_BACK)
    _prepare(jury, means)
    return jury.work


def _prepare(jury: Jury, read: Sequence[Application]) -> None:
    """What the chair has prepared: the best and the last of those read by two; nothing is sent."""
    ranking = sorted(read, key=lambda one: one.mean_score or Decimal(0), reverse=True)
    jury.decide(ranking[0], Outcome.SELECTED, sent_at=None)
    if len(ranking) > 1:
        jury.decide(ranking[-1], Outcome.NOT_SELECTED, sent_at=None)


def _note(
    calls: Mapping[str, MadeCall],
    applications: Mapping[str, Sequence[Application]],
    cast: Mapping[str, User],
    moment: Moment,
) -> None:
    """Labels, internal notes and a responsible colleague on a few applications."""
    notes = toml("reviews.toml")["notes"]
    links, owned = [], []
    written: list[ApplicationNote] = []
    of_kobe = ["coordinator.kobe@example.org", MANAGER]
    staff = {CHALLENGE: of_kobe, INTAKE: of_kobe, PURCHASE: ["manager.sweden@example.org"]}
    for slug, people in staff.items():
        labels = list(Label.objects.filter(programme=calls[slug].call.programme))
        handed_in = [one for one in applications[slug] if one.revision_count]
        for number, application in enumerate(handed_in[:12]):
            person = cast[people[number % len(people)]]
            application.responsible = person
            owned.append(application)
            if number % 2 == 0:
                label = labels[number // 2 % len(labels)]
                links.append(
                    Application.labels.through(application_id=application.pk, label_id=label.pk)
                )
            if number % 5 == 1:
                after = application.submitted_at or moment.now
                written.append(
                    ApplicationNote(
                        id=key("note", str(application.pk)),
                        created_at=min(after + timedelta(days=2), moment.now),
                        application=application,
                        author=person,
                        text=notes[len(written) % len(notes)],
                    )
                )
    Application.objects.bulk_update(owned, ["responsible"])
    Application.labels.through.objects.bulk_create(links)
    ApplicationNote.objects.bulk_create(written)
