"""Results: prepared decisions become states, each with its letter; part of the big table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import ApplicationState as State, Outcome
from challenges.models import Application, Decision
from challenges.notices.decision import (
    ApplicationNotSelected,
    ApplicationReserved,
    ApplicationRuledOut,
    ApplicationSelected,
)
from portal import clock
from portal.models import ClockNow
from portal.workflow import Transition

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_stubs_ext import StrOrPromise

    from portal.notices import Notice
    from portal.workflow import Step

AWAITING = frozenset({State.SUBMITTED, State.IN_REVIEW})
#: The step that carries out each outcome, with the letter that tells of it.
VERBS = {
    Outcome.SELECTED: "select",
    Outcome.RESERVE: "reserve",
    Outcome.NOT_SELECTED: "not-select",
    Outcome.INELIGIBLE: "rule-out",
}
LETTERS: dict[str, Notice] = {
    Outcome.SELECTED: ApplicationSelected(),
    Outcome.RESERVE: ApplicationReserved(),
    Outcome.NOT_SELECTED: ApplicationNotSelected(),
    Outcome.INELIGIBLE: ApplicationRuledOut(),
}


def after_closing(step: Step[Application]) -> StrOrPromise | None:
    """Nobody can submit or change it any more."""
    application = step.record
    if step.at >= application.until:
        return None
    return _("It can still be changed until %(when)s.") % {
        "when": clock.in_both_zones(
            application.until, application.call.time_zone, clock.reader_zone()
        )
    }


def when_prepared(outcome: Outcome) -> Callable[[Step[Application]], StrOrPromise | None]:
    """Guard: this very outcome is prepared and not sent yet."""

    def guard(step: Step[Application]) -> StrOrPromise | None:
        prepared = Decision.objects.prepared().filter(application=step.record, outcome=outcome)
        return None if prepared.exists() else _("No such decision is prepared.")

    return guard


def mark_sent(step: Step[Application]) -> None:
    """The decision is out."""
    Decision.objects.prepared().filter(application=step.record).update(
        sent_at=ClockNow(), sent_by=step.actor
    )


def result(outcome: Outcome, label: StrOrPromise) -> Transition[Application]:
    """The row for one outcome; only sending the results takes it."""
    return Transition(
        name=VERBS[outcome],
        label=label,
        permission="challenges.send_results",
        sources=AWAITING,
        target=outcome.value,
        locks=(("call", "NO KEY UPDATE"),),
        guards=(after_closing, when_prepared(outcome)),
        effects=(mark_sent,),
        notices=(LETTERS[outcome],),
        internal=True,
    )


DECISIONS: tuple[Transition[Application], ...] = (
    Transition(
        name="start-review",
        label=gettext_lazy("Start the review"),
        permission="challenges.start_review_application",
        sources={State.SUBMITTED},
        target=State.IN_REVIEW,
        locks=(("call", "SHARE"),),
        guards=(after_closing,),
    ),
    result(Outcome.SELECTED, gettext_lazy("Select")),
    result(Outcome.RESERVE, gettext_lazy("Put on the reserve list")),
    result(Outcome.NOT_SELECTED, gettext_lazy("Do not select")),
    result(Outcome.INELIGIBLE, gettext_lazy("Rule out as ineligible")),
)
