"""A team's own deadline as it stands in a calendar, in the feed and in letters alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from challenges.choices import ApplicationState, CallState
from challenges.models.events import ApplicationEvent
from portal.registry import CalendarEntry

if TYPE_CHECKING:
    from challenges.models.application import Application


def changes(history: Any) -> Coalesce:
    """How often a record was changed, field by field: a number that only rises."""
    rows = history.objects.filter(pgh_obj_id=OuterRef("pk")).order_by().values("pgh_obj_id")
    counted = rows.annotate(found=Count("*")).values("found")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def deadline_entry(application: Application, changed: int | None = None) -> CalendarEntry:
    """The entry; ``changed`` says how often its row was changed, where that is known already."""
    call = application.call
    if changed is None:
        changed = ApplicationEvent.objects.filter(pgh_obj_id=application.pk).count()
    return CalendarEntry(
        uid=f"deadline-{application.pk}",
        sequence=call.deadline_version + changed,
        summary=_("Deadline: %(call)s") % {"call": call.title},
        starts_at=application.ends,
        zone=call.time_zone,
        changed_at=max(application.state_changed_at, call.state_changed_at),
        description=f"{application.startup.name} · {application.reference}",
        path=application.get_absolute_url(),
        cancelled=call.state == CallState.CANCELLED
        or application.state == ApplicationState.WITHDRAWN,
    )
