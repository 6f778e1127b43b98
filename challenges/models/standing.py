"""Where an application stands, in the words of the applicant: never what only staff know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from challenges.choices import ApplicationState as State, CallState

if TYPE_CHECKING:
    from datetime import date

    from challenges.models.application import Application

TONES = {
    State.SUBMITTED: "tide",
    State.IN_REVIEW: "tide",
    State.RESERVE: "amber",
    State.SELECTED: "moss",
    State.ACCEPTED: "moss",
}
WAITING = (State.SUBMITTED, State.IN_REVIEW)


def public_word(application: Application) -> str:
    """The state as the applicant reads it.

    Whether staff have begun with this one is not told: it would say in which order they work.
    """
    if application.state not in WAITING:
        return str(State(application.state).label)
    return _("Received") if _may_still_change(application) else str(State.IN_REVIEW.label)


def tone_of(application: Application) -> str:
    """The colour's name for the state."""
    return TONES.get(State(application.state), "fog")


def _may_still_change(application: Application) -> bool:
    """Whether the deadline that the team sees is ahead, as far as a word on a page says it."""
    call = application.call
    if application.state == State.IN_REVIEW or call.state != CallState.PUBLISHED:
        return application.state == State.SUBMITTED
    return max(call.closes_at, application.extended_until or call.closes_at) > timezone.now()


@dataclass(frozen=True)
class Standing:
    """Where it stands, what happens next, and until when there is news."""

    now: str
    next: str
    news_by: date | None
    #: The promised day is over and nothing came.
    late: bool

    @property
    def facts(self) -> list[tuple[str, str, str]]:
        """As the box of facts shows it."""
        rows = [(_("Where it stands"), self.now, ""), (_("What happens next"), self.next, "")]
        if self.news_by:
            note = _("That day is over. The programme sees this as well; you may ask them.")
            day = _("by %(day)s") % {"day": date_format(self.news_by, "D j M Y")}
            rows.append((_("Next news"), day, note if self.late else ""))
        return rows


def standing_of(application: Application) -> Standing | None:
    """What those who wait read; None where nothing is waited for."""
    call = application.call
    if application.state not in WAITING or call.state == CallState.CANCELLED:
        return None
    if _may_still_change(application):
        happens = _("Until the deadline you can change it. Then the programme reads it.")
    else:
        happens = _("The programme reads what was submitted, and writes to your whole team.")
    today = timezone.localdate(timezone=call.zone)
    return Standing(
        now=public_word(application),
        next=happens,
        news_by=call.news_by,
        late=call.news_by is not None and call.news_by < today,
    )
