"""The life of a goal, and what each side says of it meanwhile, on one screen."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from portal.models import Reminder
from portal.workflow import Step, StepRefused, Transition, Workflow
from startups.choices import GoalState, Voice
from startups.models import Goal, GoalReview
from startups.notices.goal import VerdictGiven

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

#: How many days after the quarter's end a report is asked for, by kind; before it are negative.
REMINDED = {"goal_14_days": -14, "goal_7_days": -7, "goal_today": 0, "goal_3_days_after": 3}
#: On the reader's own wall.
AT = time(9)
#: Columns that whoever sets a goal may write.
SET = ("title", "measure", "baseline", "target", "starts_on", "ends_on")
#: What was dropped is spoken of no more.
SPOKEN_OF = {GoalState.SET, GoalState.MET, GoalState.MISSED}


def with_place(goals: QuerySet[Goal]) -> QuerySet[Goal]:
    """With what rules, reminders and letters read of it."""
    return goals.select_related("place__startup", "place__cohort__programme", "place__group")


def while_nobody_spoke(step: Step[Goal]) -> StrOrPromise | None:
    """What was reported on stays as it was set."""
    if not step.record.reviews.exists():
        return None
    return _("Something was said of this goal already, so it stays as it is. Set another one.")


def when_there_is_a_verdict(step: Step[Goal]) -> StrOrPromise | None:
    """A verdict says how it stands, and why."""
    if "verdict" not in step.data or (step.data["verdict"] and step.data.get("text")):
        return None
    return _("Say how it stands, and why.")


def when_something_is_said(step: Step[Goal]) -> StrOrPromise | None:
    """Nobody reports nothing."""
    if not step.data or step.data.get("text") or step.data.get("value") is not None:
        return None
    return _("Write a number, a sentence, or both.")


def new_words(step: Step[Goal]) -> dict[str, Any]:
    """Another goal, as nobody spoke of the earlier one."""
    goal = step.record
    columns = {name: step.data[name] for name in SET if name in step.data}
    if columns.get("ends_on", goal.ends_on) != goal.ends_on:
        columns["ends_version"] = goal.ends_version + 1
    return columns


def say(voice: Voice, *names: str) -> Any:
    """Keep one word on the goal, beside the earlier ones."""

    def effect(step: Step[Goal]) -> None:
        said = {name: step.data[name] for name in names if name in step.data}
        if step.actor is None:
            raise StepRefused(_("Somebody says this, not the portal."))
        GoalReview.objects.create(goal=step.record, voice=voice, by=step.actor, **said)
        if "verdict" in said:
            step.facts["verdict"] = said["verdict"]

    return effect


def remind_of(goal: Goal, *, now: datetime) -> None:
    """Plan what asks for the report; what was planned from an earlier date falls away."""
    due = [
        (kind, person, datetime.combine(goal.ends_on + timedelta(days), AT, person.zone))
        for person in goal.place.startup.writers()
        for kind, days in REMINDED.items()
    ]
    Reminder.objects.drop(goal, but=goal.ends_version)
    Reminder.objects.plan(goal, due, version=goal.ends_version, now=now)


def remind_anew(step: Step[Goal]) -> None:
    """Of the new date alone."""
    remind_of(step.record, now=step.at)


def remind_no_more(step: Step[Goal]) -> None:
    """What came of it is known."""
    Reminder.objects.drop(step.record)


goal_workflow: Workflow[Goal] = Workflow(
    Goal,
    Transition(
        name="change",
        label=_("Change the goal"),
        permission="startups.change_goal",
        sources={GoalState.SET},
        target=None,
        guards=(while_nobody_spoke,),
        changes=new_words,
        effects=(remind_anew,),
        reads=with_place,
        needs_data=True,
    ),
    Transition(
        name="report",
        label=_("Report"),
        permission="startups.report_goal",
        sources=SPOKEN_OF,
        target=None,
        guards=(when_something_is_said,),
        effects=(say(Voice.STARTUP, "value", "text"),),
        reads=with_place,
        needs_data=True,
        primary=True,
    ),
    Transition(
        name="comment",
        label=_("Give your view"),
        permission="startups.comment_goal",
        sources=SPOKEN_OF,
        target=None,
        guards=(when_something_is_said,),
        effects=(say(Voice.MENTOR, "text"),),
        reads=with_place,
        needs_data=True,
        primary=True,
    ),
    Transition(
        name="judge",
        label=_("Give a verdict"),
        permission="startups.judge_goal",
        sources=SPOKEN_OF,
        target=None,
        guards=(when_there_is_a_verdict,),
        effects=(say(Voice.STAFF, "verdict", "text"),),
        notices=(VerdictGiven(),),
        reads=with_place,
        needs_data=True,
        primary=True,
    ),
    Transition(
        name="meet",
        label=_("Met"),
        permission="startups.change_goal",
        sources={GoalState.SET},
        target=GoalState.MET,
        effects=(remind_no_more,),
        reads=with_place,
    ),
    Transition(
        name="miss",
        label=_("Not met"),
        permission="startups.change_goal",
        sources={GoalState.SET},
        target=GoalState.MISSED,
        effects=(remind_no_more,),
        reads=with_place,
        needs_reason=True,
    ),
    Transition(
        name="drop",
        label=_("Drop the goal"),
        permission="startups.change_goal",
        sources={GoalState.SET},
        target=GoalState.DROPPED,
        effects=(remind_no_more,),
        reads=with_place,
        needs_reason=True,
        destructive=True,
    ),
)
