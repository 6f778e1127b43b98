"""Verbs of goals: set one, say how it stands, remind of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit, clock
from portal.actions.reminding import Reminding
from portal.choices import ReminderState
from portal.models import Reminder
from portal.workflow import StepRefused, lock_row
from startups.choices import GoalState, Voice
from startups.models import Goal, GoalReview, Place
from startups.notices.goal import GoalReportDue
from startups.workflow.goal import REMINDED, SET, goal_workflow, remind_of, with_place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from portal.models import User

#: Whose word each step keeps.
VOICES = {"report": Voice.STARTUP, "comment": Voice.MENTOR, "judge": Voice.STAFF}


@transaction.atomic
def set_goal(*, place: Place, words: Mapping[str, Any], by: User) -> Goal:
    """Set a goal of a quarter; the same once more, while it stands, is the same goal.

    Raises:
        StepRefused: not permitted, or the startup takes no part now.
    """
    if not by.has_perm("startups.add_goal", place):
        raise StepRefused(_("You may not do this."), permission=True)
    # The second of two clicks waits here for the first.
    lock_row(Place, place.pk, "NO KEY UPDATE")
    place.refresh_from_db(fields=["state"])
    if not place.is_in_programme:
        raise StepRefused(_("Goals are set while the organisation takes part in the cohort."))
    columns = {name: words[name] for name in SET}
    if (twin := place.goals.filter(state=GoalState.SET, **columns).first()) is not None:
        return twin
    goal = Goal.objects.create(place=place, **columns)
    remind_of(goal, now=clock.database_now())
    audit.record(goal, "set", actor=by, to_state=goal.state)
    return goal


@transaction.atomic
def say_of_goal(*, goal: Goal, step: str, words: Mapping[str, Any], by: User) -> GoalReview | None:
    """Report, comment or judge; one's own last word once more is a second click, not another word.

    Raises:
        StepRefused: not permitted, nothing said, or the goal was dropped.
    """
    lock_row(Goal, goal.pk, "NO KEY UPDATE")
    last = goal.reviews.filter(voice=VOICES[step]).order_by("-created_at").first()
    mine = last is not None and last.by_id == by.pk
    if mine and all(getattr(last, name) == word for name, word in words.items()):
        return last
    goal_workflow.perform(goal, step, actor=by, data=words)
    return goal.reviews.filter(voice=VOICES[step]).order_by("-created_at").first()


# -- reminders --------------------------------------------------------------------------------


def _find(key: UUID) -> Goal | None:
    lock_row(Goal, key, "SHARE")
    return with_place(Goal.objects.filter(pk=key)).first()


def _wanted(goal: Goal, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
    """The goals of the quarter that lack their report, told once for all of them."""
    person = reminder.recipient
    if goal.state != GoalState.SET or goal.ends_version != reminder.version:
        return None
    if not person.has_perm("startups.report_goal", goal) or not goal.place.is_in_programme:
        return None
    today = now.astimezone(person.zone).date()
    later = [days for days in REMINDED.values() if days > REMINDED[reminder.kind]]
    if later and (today - goal.ends_on).days >= min(later):
        return None  # after a standstill of the scheduler the latest one alone is written
    waiting = {
        one.pk: one.title
        for one in goal.place.goals.filter(
            state=GoalState.SET, ends_on=goal.ends_on
        ).without_report()
    }
    if goal.pk not in waiting or _another_speaks(reminder, set(waiting)):
        return None
    return {"goals": list(waiting.values()), "late": goal.ends_on < today}


def _another_speaks(reminder: Reminder, goals: set[UUID]) -> bool:
    """Whether the row of another goal of that quarter stands first and speaks for all."""
    return (
        Reminder.objects.filter(
            kind=reminder.kind,
            recipient=reminder.recipient,
            due_at=reminder.due_at,
            subject_type=Goal._meta.label_lower,
            subject_id__in=goals,
            pk__lt=reminder.pk,
        )
        .exclude(state=ReminderState.CANCELLED)
        .exists()
    )


goal_reminding = Reminding(
    model=Goal,
    letters={kind: GoalReportDue() for kind in REMINDED},
    find=_find,
    wanted=_wanted,
)
