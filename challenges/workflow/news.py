"""The promised day of the next news of a call: set, moved with one letter, staff reminded of it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import CallState as State
from challenges.notices.news import NewsDateMoved
from challenges.rules import CALL_RUNNERS
from portal import clock
from portal.models import Reminder, User
from portal.workflow import Transition

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from challenges.models import Call
    from portal.workflow import Step

#: The kind of the reminder, and how long before the day it comes.
NEWS = "news_due"
BEFORE = timedelta(days=3)
MORNING = time(9, 0)


def reminded_at(call: Call) -> datetime | None:
    """The morning, three days before the day, on the clock of the call."""
    if call.next_news_on is None:
        return None
    return datetime.combine(call.next_news_on - BEFORE, MORNING, tzinfo=call.zone)


@transaction.atomic
def plan_news(call: Call, *, now: datetime) -> None:
    """Remind who runs the call, of this version of the day; a day that is nearer, at once."""
    # Passing by what a scheduler writes at this moment: it waits for the call, and finds it moved.
    Reminder.objects.filter(kind=NEWS).drop(call, but=call.news_version)
    due = reminded_at(call)
    if due is None or call.next_news_on is None:
        return
    if call.next_news_on < clock.local(now, call.time_zone).date():
        return
    people = User.objects.holding(*CALL_RUNNERS, programme=call.programme_id, at=now)
    soon = now + timedelta(minutes=1)
    Reminder.objects.plan(
        call,
        [(NEWS, person, max(due, soon)) for person in people],
        version=call.news_version,
        now=now,
    )


def when_day_is_ahead(step: Step[Call]) -> StrOrPromise | None:
    """A promise is about a day to come, and another one than before."""
    day = step.data.get("day")
    if day is None:
        return None  # asked for the button only
    call = step.record
    if day < clock.local(step.at, call.time_zone).date():
        return _("That day is over. Choose one that comes.")
    return _("This is the day already.") if day == call.next_news_on else None


def move_news(step: Step[Call]) -> dict[str, Any]:
    """The new day, with a new version that reminders are planned from."""
    call = step.record
    day = step.data["day"]
    step.facts.update(
        day_before=call.next_news_on.isoformat() if call.next_news_on else "–",
        day_after=day.isoformat(),
        version=call.news_version + 1,
    )
    step.data = {
        **step.data,
        "before": call.next_news_on,
        "people": list(call.who_wait()),
    }
    return {"next_news_on": day, "news_version": call.news_version + 1}


def plan_news_anew(step: Step[Call]) -> None:
    """Reminders follow the day."""
    plan_news(step.record, now=step.at)


MOVE_NEWS: Transition[Call] = Transition(
    name="move-news",
    label=gettext_lazy("Move the day of the next news"),
    permission="challenges.move_news_call",
    sources={State.PUBLISHED},
    target=None,
    guards=(when_day_is_ahead,),
    changes=move_news,
    effects=(plan_news_anew,),
    notices=(NewsDateMoved(),),
    in_turn=True,
    needs_reason=True,
    needs_data=True,
)
