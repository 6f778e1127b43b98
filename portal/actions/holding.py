"""Verbs about holding letters: after a restore nobody reads what was sent long ago again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit, outbox
from portal.choices import HoldCause, OutboxState, WhyNot
from portal.delivery import database_mark
from portal.models import ClockNow, Dispatch, OutboxMessage
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from portal.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Released:
    """What became of the letters that were held."""

    released: int
    given_up: int
    left: int


@transaction.atomic
def hold_letters(*, reason: str, by: User | None = None) -> Dispatch:
    """Let no letter leave any more but codes written from now on."""
    Dispatch.objects.bulk_create([Dispatch(mark=database_mark())], ignore_conflicts=True)
    dispatch = Dispatch.objects.select_for_update().get()
    if dispatch.held_since is not None:
        raise StepRefused(_("The letters are held already."))
    if not reason.strip():
        raise StepRefused(_("Say why: a reason is needed."))
    Dispatch.objects.filter(pk=dispatch.pk).update(held_since=ClockNow(), cause=HoldCause.ASKED)
    audit.record(dispatch, "hold-letters", actor=by, reason=reason.strip())
    return dispatch


@transaction.atomic
def release_letters(
    *,
    reason: str,
    give_up_before: datetime | None = None,
    left_before: Collection[UUID] = (),
    by: User | None = None,
) -> Released:
    """End the hold: what had left before stays, what is too old is given up, the rest is sent.

    Nothing is thrown away: staff see each letter that did not go and can send it again.
    """
    dispatch = Dispatch.objects.select_for_update().first()
    if dispatch is None or dispatch.held_since is None:
        raise StepRefused(_("No letters are held."))
    if not reason.strip():
        raise StepRefused(_("Say why: a reason is needed."))
    left = OutboxMessage.objects.filter(state=OutboxState.PENDING, pk__in=left_before).update(
        state=OutboxState.HELD_BACK, why_not=WhyNot.RESTORED
    )
    given_up = 0
    if give_up_before is not None:
        given_up = OutboxMessage.objects.filter(
            state=OutboxState.PENDING, created_at__lt=give_up_before
        ).update(state=OutboxState.HELD_BACK, why_not=WhyNot.GIVEN_UP)
    waiting = OutboxMessage.objects.filter(state=OutboxState.PENDING)
    found = Released(released=waiting.count(), given_up=given_up, left=left)
    Dispatch.objects.filter(pk=dispatch.pk).update(held_since=None, cause="")
    audit.record(
        dispatch,
        "release-letters",
        actor=by,
        reason=reason.strip(),
        facts={"released": found.released, "given_up": found.given_up, "left": found.left},
    )
    outbox.wake_up_after_commit()
    return found
