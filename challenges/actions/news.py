"""Verbs of the promised day of the next news: move it, remind staff before it comes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from challenges.choices import CallState
from challenges.models import Call
from challenges.notices.news import NewsDateReminded
from challenges.rules import CALL_RUNNERS
from challenges.workflow.call import call_workflow
from challenges.workflow.news import NEWS, plan_news
from portal import clock
from portal.actions.reminding import Reminding
from portal.workflow import lock_in_turn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from portal.models import Reminder, User
    from portal.workflow import Step


def move_news(*, call: Call, day: date, reason: str, by: User) -> Step[Call]:
    """Promise another day; all who wait are told at once, in one letter each."""
    return call_workflow.perform(call, "move-news", actor=by, reason=reason, data={"day": day})


def _find(key: UUID) -> Call | None:
    # Whoever moves the day waits, so that nobody is reminded of an outdated one.
    lock_in_turn(Call, key)
    return Call.objects.select_related("programme").filter(pk=key).first()


def _wanted(call: Call, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
    """While the day stands, somebody waits and the person still runs the call."""
    del now
    if call.state != CallState.PUBLISHED or call.news_version != reminder.version:
        return None
    if call.next_news_on is None:
        return None
    person = reminder.recipient
    if call.programme_id not in person.programmes_as(*CALL_RUNNERS):
        return None
    waiting = call.applications.awaiting_decision().count()
    return {"waiting": waiting} if waiting else None


reminding_of_news = Reminding(
    model=Call, letters={NEWS: NewsDateReminded()}, find=_find, wanted=_wanted
)


def remind_of_news() -> int:
    """Write the reminders of promised news that are due, also to who has joined meanwhile."""
    plan_for_who_joined()
    return reminding_of_news.write_due()


def plan_for_who_joined() -> None:
    """Plan for staff whose role began after the day was promised; whoever has a row keeps it."""
    now = clock.database_now()
    # A day more: where the call is, the promised day may not be over yet.
    ahead = Call.objects.filter(
        state=CallState.PUBLISHED, next_news_on__gte=now.date() - timedelta(days=1)
    )
    for key in ahead.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            # Whoever moves the day waits, or is done: nothing is planned of an outdated one.
            call = _find(key)
            if call is not None and call.state == CallState.PUBLISHED:
                plan_news(call, now=now)
