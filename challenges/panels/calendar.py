"""What of calls stands in a person's calendar: deadlines of applications, days of reviews."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import ngettext

from challenges.choices import UNFINISHED, CallState
from challenges.models import (
    Application,
    ApplicationEvent,
    ReviewAssignment,
    ReviewAssignmentEvent,
)
from challenges.models.deadline import changes, deadline_entry
from challenges.panels.jury import QUEUE
from portal import clock
from portal.registry import CalendarEntry, registry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from uuid import UUID

    from challenges.models import Call
    from portal.models import User

#: So long a deadline that has passed is still to be found.
KEPT = timedelta(days=30)
#: A day that somebody was given ends with its last minute.
LAST_MINUTE = time(23, 59)


def deadlines(user: User) -> Iterable[CalendarEntry]:
    """Deadlines of the applications one works on, an extension of their own included."""
    ahead = clock.database_now() - KEPT
    mine: Any = (
        Application.objects.of_applicant(user)
        .exclude(call__state=CallState.DRAFT)
        .select_related("call", "startup")
        .annotate(changes=changes(ApplicationEvent))
        .distinct()
    )
    for application in mine:
        if application.ends >= ahead:
            yield deadline_entry(application, application.changes)


def reviews(user: User) -> Iterable[CalendarEntry]:
    """When the reviews of a call are due: one entry a call, how many are left, and no names."""
    given = (
        ReviewAssignment.objects.visible_to(user)
        .filter(reviewer=user, due_on__isnull=False)
        .select_related("application__call")
        .annotate(changes=changes(ReviewAssignmentEvent))
    )
    calls: dict[UUID, Call] = {}
    of_call: dict[UUID, list[Any]] = defaultdict(list)
    for one in given:
        calls[one.application.call_id] = one.application.call
        of_call[one.application.call_id].append(one)
    for key, call in calls.items():
        left = [one for one in of_call[key] if one.state in UNFINISHED]
        if not left:
            continue
        day = min(one.due_on for one in left)
        yield CalendarEntry(
            uid=f"reviews-{key}",
            sequence=sum(one.changes for one in of_call[key]),
            summary=ngettext(
                "%(count)d review due: %(call)s", "%(count)d reviews due: %(call)s", len(left)
            )
            % {"count": len(left), "call": call.title},
            starts_at=datetime.combine(day, LAST_MINUTE, tzinfo=call.zone),
            zone=call.time_zone,
            changed_at=max(one.state_changed_at for one in of_call[key]),
            path=reverse(QUEUE),
        )


registry.calendar += [deadlines, reviews]
