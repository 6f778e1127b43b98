"""What a practice run adds that would come by the clock or afterwards: reminders and an offer.

No clock is moved: each letter is written now, with the hour it would have.
"""

from __future__ import annotations

import uuid
from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from challenges.actions.offer import make_offer
from challenges.actions.reminding import (
    STAFF_LETTERS,
    letter_for_team,
    said_to_staff,
    said_to_team,
)
from challenges.models import Application, Call
from challenges.reminders import DRAFT, HOURS, LAST, RUNGS, nominal, nominal_for_staff
from portal import clock, outbox
from portal.models import Reminder
from portal.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from portal.models import User
    from portal.notices import Notice
    from startups.models import Cohort

HALF = 50


def tell_teams(draft: Application, complete: Application) -> None:
    """Each rung once: to a draft that is half done and, in the last hours, to a complete one."""
    # Not stored: the letter asks only whether all of it is there.
    draft.completeness = HALF
    for rung in RUNGS:
        for one in (draft, complete):
            # As the ladder does: days are for drafts, and the last hour for the complete alone.
            if (rung == LAST and one is draft) or (rung not in HOURS and one is complete):
                continue
            at = nominal(rung, one.ends, one.call.time_zone)
            reader = one.startup.owners()[0]
            notice = letter_for_team(one, Reminder(kind=f"{DRAFT}_{rung}"))
            _tell(notice, one, reader, at, said_to_team(one, reader, at))


def tell_staff(call: Call, reader: User) -> None:
    """A week before it closes, as it closes, and on the day after, with the figures of this run."""
    for kind, at in nominal_for_staff(call).items():
        _tell(STAFF_LETTERS[kind], call, reader, at, said_to_staff(call, reader, at))


def _tell(
    notice: Notice, record: Application | Call, reader: User, at: datetime, said: Mapping[str, Any]
) -> None:
    data = {"recipient": reader, "reminder": str(uuid.uuid4()), **said}
    step: Step[Any] = Step(record=record, actor=None, at=at, data=data)
    call = record.call if isinstance(record, Application) else record
    outbox.tell(notice, step, programme=call.programme)


def offer(application: Application, *, cohort: Cohort, by: User) -> None:
    """Offer a place in a copy of the cohort: nobody who offers one in earnest waits for this.

    Raises:
        StepRefused: the cohort is not ready for offers, and why.
    """
    made = deepcopy(cohort)
    made.pk, made.slug = uuid.uuid4(), f"practice-{uuid.uuid4().hex}"
    made._state.adding = True
    made.save(force_insert=True)
    Call.objects.filter(pk=application.call_id).update(feeds=made)
    answer_by = clock.database_now() + timedelta(days=7)
    make_offer(application=application, answer_by=answer_by, by=by)
