"""The life of something one side promised to do by a day, on one screen."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from portal.models import ClockNow, Reminder
from portal.workflow import Step, Transition, Workflow
from startups.choices import ItemState, Side
from startups.models import ActionItem

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

#: How many days after the day it is due for its people are reminded, by kind.
REMINDED = {"item_3_days": -3, "item_1_day": -1, "item_late": 1}
#: On the reader's own wall.
AT = time(9)


def with_sides(items: QuerySet[ActionItem]) -> QuerySet[ActionItem]:
    """With what rules, reminders and letters read of it."""
    return items.select_related(
        "place__startup",
        "place__cohort__programme",
        "place__group",
        "mentor__user",
        "mentor__programme",
    )


def to_another_day(step: Step[ActionItem]) -> StrOrPromise | None:
    """It is moved to a day that is still to come, in the zone of whoever moves it."""
    day = step.data.get("due_on")
    if day is None:
        return None
    if day == step.record.due_on:
        return _("It is due on that day already.")
    zone = step.actor.zone if step.actor else None
    if day < step.at.astimezone(zone).date():
        return _("That day has passed. Choose one that is still to come.")
    return None


def who_did_it(step: Step[ActionItem]) -> dict[str, Any]:
    """Who said that it is done, and when by the database's clock."""
    return {"done_at": ClockNow(), "done_by": step.actor}


def not_done_after_all(step: Step[ActionItem]) -> dict[str, Any]:
    """Open again, with a version of its own: its reminders were dropped when it was done."""
    return {"done_at": None, "done_by": None, "due_version": step.record.due_version + 1}


def another_day(step: Step[ActionItem]) -> dict[str, Any]:
    """The new day, with a version that reminders are planned from."""
    return {"due_on": step.data["due_on"], "due_version": step.record.due_version + 1}


def say_which_day(step: Step[ActionItem]) -> None:
    """The new day for the trail."""
    due_on = step.record.due_on
    step.facts["due_on"] = due_on.isoformat() if due_on else ""


def remind_of(item: ActionItem, *, now: datetime) -> None:
    """Plan the reminders of an item's day; those of an earlier day fall away."""
    Reminder.objects.drop(item, but=item.due_version)
    if item.due_on is None:
        return
    owner = [item.mentor.user] if item.mentor else []
    people = item.place.startup.writers() if item.side == Side.STARTUP else owner
    due = [
        (kind, person, datetime.combine(item.due_on + timedelta(days), AT, person.zone))
        for person in people
        for kind, days in REMINDED.items()
    ]
    Reminder.objects.plan(item, due, version=item.due_version, now=now)


def remind_anew(step: Step[ActionItem]) -> None:
    """Of the day as it stands now."""
    remind_of(step.record, now=step.at)


def remind_no_more(step: Step[ActionItem]) -> None:
    """It is done, or nobody does it."""
    Reminder.objects.drop(step.record)


item_workflow: Workflow[ActionItem] = Workflow(
    ActionItem,
    Transition(
        name="finish",
        label=_("Done"),
        permission="startups.finish_actionitem",
        sources={ItemState.OPEN},
        target=ItemState.DONE,
        changes=who_did_it,
        effects=(remind_no_more,),
        reads=with_sides,
        primary=True,
    ),
    Transition(
        name="undo",
        label=_("Not done after all"),
        permission="startups.finish_actionitem",
        sources={ItemState.DONE},
        target=ItemState.OPEN,
        changes=not_done_after_all,
        effects=(remind_anew,),
        reads=with_sides,
    ),
    Transition(
        name="move",
        label=_("Move the day"),
        permission="startups.change_actionitem",
        sources={ItemState.OPEN},
        target=None,
        guards=(to_another_day,),
        changes=another_day,
        effects=(say_which_day, remind_anew),
        reads=with_sides,
        needs_data=True,
    ),
    Transition(
        name="drop",
        label=_("Drop it"),
        permission="startups.change_actionitem",
        sources={ItemState.OPEN},
        target=ItemState.DROPPED,
        effects=(remind_no_more,),
        reads=with_sides,
        needs_reason=True,
        destructive=True,
    ),
)
