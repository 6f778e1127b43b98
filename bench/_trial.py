"""One submission at its deadline: what it was told, what the database holds, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from challenges.choices import ApplicationState

if TYPE_CHECKING:
    from datetime import datetime

    from challenges.models import Application

#: A trial counts if it was decided so near to the deadline: accepted by the statement that stamps
#: it, refused by the one that reads the clock behind the locks.
NEAR = timedelta(milliseconds=50)


@dataclass
class Trial:
    """One submission: its deadline, what it was told, and what the database holds."""

    deadline: datetime
    is_blocked: bool
    is_extended: bool
    began: datetime
    ended: datetime
    at: datetime | None
    answer: str
    row: Application

    @property
    def is_near(self) -> bool:
        """Whether it was decided so near to the deadline that it counts."""
        decided = self.at if self.answer else self.row.submitted_at
        return decided is not None and abs(decided - self.deadline) <= NEAR

    def wrong(self) -> str:
        """What is wrong about it, or nothing."""
        row, deadline = self.row, self.deadline
        if not self.answer:
            return self._wrong_acceptance()
        if row.state != ApplicationState.DRAFT or row.revision_count or row.submitted_at:
            return f"refused ({self.answer}) and yet {row.state}"
        if not self.answer.startswith("The deadline"):
            return f"refused for another reason: {self.answer}"
        # The guard says no from the deadline on. Where it said yes just before, the database's own
        # wall may still find that it has become too late; the clock must have passed then.
        if self.at is not None and self.at < deadline and self.ended < deadline:
            return f"refused in time, at {self.at}, deadline {deadline}"
        return ""

    def _wrong_acceptance(self) -> str:
        row, deadline = self.row, self.deadline
        if self.at is None or self.at >= deadline:
            return f"accepted at {self.at}, deadline {deadline}"
        if row.state != ApplicationState.SUBMITTED or row.revision_count != 1:
            return f"accepted and yet {row.state}, {row.revision_count} versions"
        if row.submitted_at is None or not self.at <= row.submitted_at < deadline:
            return f"stamped {row.submitted_at}, decided {self.at}, deadline {deadline}"
        if row.deadline != deadline:
            return f"another deadline applied: {row.deadline} for {deadline}"
        if not self.began <= self.at <= self.ended:
            return f"decided at {self.at}, outside {self.began} to {self.ended}"
        return ""


def margin_of(trial: Trial) -> float:
    """Milliseconds from the deadline to the decision."""
    assert trial.at is not None
    return (trial.at - trial.deadline).total_seconds() * 1_000
