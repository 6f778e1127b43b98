"""What the tests here do again and again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal import clock
from startups.actions.cohort import invite
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from startups.models import Cohort, Place


def offered(cohort: Cohort, by: Any, days: float = 10, **startup: Any) -> Place:
    """A place that was just offered, with its letter and reminders."""
    answer_by = clock.database_now() + timedelta(days=days)
    return invite(cohort=cohort, startup=make_startup(**startup), answer_by=answer_by, by=by)


def owner_of(place: Place) -> Any:
    return place.startup.owners()[0]
