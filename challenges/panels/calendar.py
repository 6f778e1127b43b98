"""What of calls stands in a person's calendar: deadlines of applications, days of reviews."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _, ngettext

from challenges.choices import UNFINISHED, ApplicationState, CallState
from challenges.models import (
    Application,
    ApplicationEvent,
    ReviewAssignment,
    ReviewAssignmentEvent,
)
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


def _changes(history: Any) -> Coalesce:
    """How often a record was changed, field by field: a number that only rises."""
    rows = history.objects.filter(pgh_obj_id=OuterRef("pk")).order_by().values("pgh_obj_id")
    counted = rows.annotate(found=Count("*")).values("found")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def deadlines(user: User) -> Iterable[CalendarEntry]:
    """Deadlines of the applications one works on, an extension of their own included."""
    ahead = clock.database_now() - KEPT
    mine: Any = (
        Application.objects.of_applicant(user)
        .exclude(call__state=CallState.DRAFT)
        .select_related("call", "startup")
        .annotate(changes=_changes(ApplicationEvent))
        .distinct()
    )
    for application in mine:
        call = application.call
        ends = max(call.closes_at, application.extended_until or call.closes_at)
        if ends < ahead:
            continue
        yield CalendarEntry(
            uid=f"deadline-{application.pk}",
            sequence=call.deadline_version + application.changes,
            summary=_("Deadline: %(call)s") % {"call": call.title},
            starts_at=ends,
            zone=call.time_zone,
            changed_at=max(application.state_changed_at, call.state_changed_at),
            description=f"{application.startup.name} · {application.reference}",
            path=application.get_absolute_url(),
            cancelled=call.state == CallState.CANCELLED
            or application.state == ApplicationState.WITHDRAWN,
        )


def reviews(user: User) -> Iterable[CalendarEntry]:
    """When the reviews of a call are due: one entry a call, how many are left, and no names."""
    given = (
        ReviewAssignment.objects.visible_to(user)
        .filter(reviewer=user, due_on__isnull=False)
        .select_related("application__call")
        .annotate(changes=_changes(ReviewAssignmentEvent))
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
