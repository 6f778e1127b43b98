"""A team that was kept from submitting and asks for more time: one request that waits for staff."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from challenges.actions.extension import facts_of
from challenges.choices import AttemptKind
from challenges.models import MoreTimeRequest, RefusedAttempt
from procurement.demo.source import key, toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from challenges.models import Application
    from procurement.demo.applications import Plan
    from procurement.demo.history import Trail
    from procurement.demo.source import Moment


def load(
    plans: Sequence[Plan],
    applications: Mapping[str, Sequence[Application]],
    moment: Moment,
    trail: Trail,
) -> None:
    """The request with its facts, and what the team tried in vain."""
    told = toml("more_time.toml")
    found = [
        application
        for slug, made in applications.items()
        for plan, application in zip(
            [plan for plan in plans if plan.call.slug == slug], made, strict=True
        )
        if plan.company.key == told["company"]
    ]
    if not found:  # a small demonstration may do without
        return
    application = found[0]
    closed, by = application.call.closes_at, application.started_by
    instants = [closed + timedelta(seconds=after) for after in told["tried_after"]]
    RefusedAttempt.objects.create(
        id=key("attempt", application.reference),
        created_at=instants[0],
        application=application,
        person=by,
        kind=AttemptKind.SUBMIT,
        instants=instants,
        count=len(instants),
        last_at=instants[-1],
    )
    asked_at = moment.now - timedelta(hours=told["asked_hours_ago"])
    request = MoreTimeRequest.objects.create(
        id=key("more-time", application.reference),
        created_at=asked_at,
        state_changed_at=asked_at,
        application=application,
        asked_by=by,
        reason=told["reason"].strip(),
        facts=facts_of(application, asked_at),
    )
    trail.add(
        application,
        "ask-more-time",
        at=asked_at,
        actor=by,
        facts={"request": str(request.pk)},
    )
