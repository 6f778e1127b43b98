"""Extensions and requests for more time, for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from challenges.actions.extension import grant_extension
from challenges.choices import ExtensionState
from challenges.models import Application, Call, Extension, MoreTimeRequest
from portal import clock
from portal.choices import Role
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff

if TYPE_CHECKING:
    from datetime import datetime

    from portal.models import User

HOUR = timedelta(hours=1)


def make_late_draft(call: Call | None = None, **fields: Any) -> Application:
    """A complete draft whose deadline passed an hour ago."""
    now = clock.database_now()
    call = call or make_call(closes_at=now - HOUR)
    return make_application(call, **{"complete": True, "completeness": 100} | fields)


def give_time(
    *applications: Application, until: datetime | None = None, by: User | None = None, **more: Any
) -> Extension:
    """More time as a manager of the programme grants it, three hours of it."""
    call = applications[0].call
    return grant_extension(
        call=call,
        applications=[one.pk for one in applications],
        until=until or clock.database_now() + 3 * HOUR,
        reason="The power failed in the whole city.",
        by=by or make_staff(call.programme, Role.MANAGER),
        **more,
    )


def make_extension(application: Application, by: User, **fields: Any) -> Extension:
    """The bare row, without letters and without the application's own deadline."""
    now = clock.database_now()
    extension = Extension.objects.create(
        **{
            "call": application.call,
            "until": now + 3 * HOUR,
            "reason": "The power failed.",
            "granted_by": by,
            "confirm_by": now + timedelta(hours=24),
            "state": ExtensionState.GRANTED,
        }
        | fields
    )
    extension.applications.add(application)
    return extension


def make_time_request(application: Application, **fields: Any) -> MoreTimeRequest:
    """A team's words with facts as they are written down."""
    at = clock.database_now().isoformat()
    facts = {
        "asked_at": at,
        "deadline": application.ends.isoformat(),
        "last_save": at,
        "completeness": 100,
        "missing": 0,
        "submitted": False,
        "attempts": [{"kind": "submit", "count": 2, "instants": [at, at], "last": at}],
        "uploads": [{"size": 4_000_000, "received": 1_500_000, "begun": at}],
    }
    return MoreTimeRequest.objects.create(
        **{
            "application": application,
            "asked_by": application.started_by,
            "reason": "The power failed in Nairobi shortly before midnight and came back after it.",
            "facts": facts,
        }
        | fields
    )
