"""Letters to many: a look before, a test to oneself."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from challenges.notices.circular import CircularSent
from portal import audit, clock, outbox
from portal.choices import Lane
from portal.workflow import Step, StepRefused

if TYPE_CHECKING:
    from challenges.models import Circular
    from portal.models import OutboxMessage, User
    from portal.notices import Letter


def letter_of(circular: Circular, reader: User) -> Letter:
    """The letter exactly as it will read, for one reader."""
    step: Step[Any] = Step(record=circular, actor=reader, at=clock.database_now())
    return CircularSent().compose(step, reader)


@transaction.atomic
def send_test(*, circular: Circular, by: User) -> OutboxMessage | None:
    """Send the letter to oneself alone.

    Raises:
        StepRefused: not permitted.
    """
    if not by.has_perm("challenges.change_circular", circular):
        raise StepRefused(_("You may not do this."), permission=True)
    with translation.override(by.language), timezone.override(by.zone):
        letter = letter_of(circular, by)
        letter = replace(letter, subject=_("Test: %(subject)s") % {"subject": letter.subject})
        message = outbox.post(
            letter,
            to=by.email,
            dedup_key=f"circular_test:{uuid.uuid4()}",
            lane=Lane.RECEIPT,
            notice="circular_test",
            recipient=by,
            programme=circular.call.programme,
            subject=circular,
        )
    audit.record(circular, "send-test", actor=by)
    return message
