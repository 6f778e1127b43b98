"""Verbs of cohorts: an offer without a call, the words for the public, reminders of offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import translation

from portal import clock
from portal.actions.reminding import Reminding
from portal.workflow import StepRefused, lock_row
from startups.choices import MemberRole, PlaceState
from startups.models import Place
from startups.notices.cohort import OfferReminded, OfferUnanswered
from startups.workflow.place import (
    BEFORE,
    RUNNERS,
    UNANSWERED,
    offer_place,
    offered_before,
    place_workflow,
    with_names,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from portal.models import Reminder, User
    from startups.models import Cohort, Startup


def invite(*, cohort: Cohort, startup: Startup, answer_by: datetime, by: User) -> Place:
    """Offer an organisation to take part, without a call before it.

    Raises:
        StepRefused: it was offered before, the cohort is not ready, the date is past.
    """
    try:
        with transaction.atomic():
            return offer_place(cohort=cohort, startup=startup, answer_by=answer_by, by=by)
    except IntegrityError as error:
        raise StepRefused(offered_before()) from error


def change_public_text(*, place: Place, text: str, approve: bool, by: User) -> None:
    """Keep the words for the public, and show them or take them off the public page.

    Raises:
        StepRefused: not permitted, not in the cohort any more, or nothing to show.
    """
    name = "approve-text" if approve else "keep-text"
    place_workflow.perform(place, name, actor=by, data={"text": text.strip()})


def _found(key: UUID) -> Place | None:
    lock_row(Place, key, "SHARE")
    return with_names(Place.objects.all()).filter(pk=key).first()


def _wanted(place: Place, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
    """Open, for this very date, and to somebody who still decides."""
    if place.state != PlaceState.INVITED or place.answer_version != reminder.version:
        return None
    reader = reminder.recipient
    if reminder.kind == UNANSWERED:
        return {} if reader.has_role(place.programme_key, *RUNNERS) else None
    if now >= place.answer_by or not place.startup.has_member(reader, MemberRole.OWNER):
        return None
    with translation.override(reader.language):
        return {"left": clock.time_left(int((place.answer_by - now).total_seconds()))}


offer_reminding = Reminding(
    model=Place,
    letters={**dict.fromkeys(BEFORE, OfferReminded()), UNANSWERED: OfferUnanswered()},
    find=_found,
    wanted=_wanted,
)
