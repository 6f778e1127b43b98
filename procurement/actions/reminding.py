"""Writing the reminders of evidence that ends, each once and none that does not hold any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.actions.reminding import Reminding
from portal.workflow import lock_row
from procurement import reminders
from procurement.choices import EvidenceState
from procurement.models import Evidence
from procurement.notices import EvidenceExpiryReminded
from procurement.readiness import read_file, speaks_of
from startups.choices import MemberRole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from portal.models import Reminder

WRITERS = (MemberRole.OWNER, MemberRole.EDITOR)


def _found(key: UUID) -> Evidence | None:
    """The piece with what its letter reads; whoever judges or replaces it waits meanwhile."""
    lock_row(Evidence, key, "SHARE")
    return Evidence.objects.select_related("file__startup", "requirement").filter(pk=key).first()


def _wanted(piece: Evidence, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
    """Whether it still counts, nothing newer was given, and the reader still writes for them."""
    del now
    reader, file = reminder.recipient, piece.file
    if (
        piece.state != EvidenceState.ACCEPTED
        or not reader.is_active
        or not file.startup.has_member(reader, *WRITERS)
    ):
        return None
    reading = read_file(file)
    newer_waits = any(
        other.requirement_id == piece.requirement_id
        and other.state == EvidenceState.GIVEN
        and other.created_at > piece.created_at
        for other in reading.evidence
    )
    if newer_waits or not speaks_of(reading, piece):
        return None
    return {"days": reminders.BEFORE[reminder.kind]}


#: Of all kinds the letter is the same.
evidence_reminding = Reminding(
    model=Evidence,
    letters=dict.fromkeys(reminders.BEFORE, EvidenceExpiryReminded()),
    find=_found,
    wanted=_wanted,
)
