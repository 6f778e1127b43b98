"""Verbs of what was promised: promise something, remind of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit, clock
from portal.actions.reminding import Reminding
from portal.workflow import StepRefused, lock_row
from startups.choices import ItemState, Side
from startups.models import ActionItem, Place
from startups.notices.goal import ActionItemDue
from startups.workflow.action_item import remind_of, with_sides

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from portal.models import Reminder, User
    from startups.models import CoachingSession, Mentor


@transaction.atomic
def promise(
    *,
    place: Place,
    what: str,
    side: str,
    due_on: date | None,
    by: User,
    mentor: Mentor | None = None,
    session: CoachingSession | None = None,
) -> ActionItem:
    """Write down what a side does by when; the same once more while it is open is the same.

    Raises:
        StepRefused: not permitted, or nobody coaches who could do it.
    """
    # Whoever writes a session up writes what was promised in it, even if it was their last one.
    if session is None and not by.has_perm("startups.add_actionitem", place):
        raise StepRefused(_("You may not do this."), permission=True)
    if side == Side.MENTOR and mentor is None:
        raise StepRefused(_("Nobody coaches this startup now who could do it."))
    # The second of two clicks waits here for the first.
    lock_row(Place, place.pk, "NO KEY UPDATE")
    owner = mentor if side == Side.MENTOR else None
    same = place.action_items.filter(
        what=what, side=side, due_on=due_on, mentor=owner, state=ItemState.OPEN
    )
    if (twin := same.first()) is not None:
        return twin
    item = ActionItem.objects.create(
        place=place, session=session, mentor=owner, what=what, side=side, due_on=due_on
    )
    remind_of(item, now=clock.database_now())
    audit.record(item, "promise", actor=by)
    return item


# -- reminders --------------------------------------------------------------------------------


def _find(key: UUID) -> ActionItem | None:
    lock_row(ActionItem, key, "SHARE")
    return with_sides(ActionItem.objects.filter(pk=key)).first()


def _wanted(item: ActionItem, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
    """Whether it is still to do by that day, for somebody of the side that promised it."""
    person = reminder.recipient
    if item.state != ItemState.OPEN or item.due_version != reminder.version or not item.due_on:
        return None
    on_that_side = (
        item.place.has_mentor(person)
        if item.side == Side.MENTOR
        else person in item.place.startup.writers()
    )
    today = now.astimezone(person.zone).date()
    # After a standstill of the scheduler the latest one alone is written.
    outdated = {
        "item_3_days": today >= item.due_on - timedelta(days=1),
        "item_1_day": today > item.due_on,
    }
    if not on_that_side or outdated.get(reminder.kind):
        return None
    return {"late": reminder.kind == "item_late"}


item_reminding = Reminding(
    model=ActionItem,
    letters={kind: ActionItemDue() for kind in ("item_3_days", "item_1_day", "item_late")},
    find=_find,
    wanted=_wanted,
)
