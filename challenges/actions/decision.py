"""Preparing what is decided, and sending it to all at once."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _, ngettext

from challenges.choices import HANDED_IN, Outcome
from challenges.models import Application, Call, Decision
from challenges.workflow.application import application_workflow
from challenges.workflow.decision import AWAITING, LETTERS, VERBS
from portal import audit, clock
from portal.workflow import Step, StepRefused, lock_related

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from portal.models import User
    from portal.notices import Letter

REASON_LENGTH = 3_000


class StaleDecision(StepRefused):
    """A colleague prepared something else for this application meanwhile."""

    def __init__(self, stored: Decision | None) -> None:
        self.stored = stored
        who = stored.prepared_by.shown_name if stored else _("a colleague")
        super().__init__(
            _("%(who)s changed this meanwhile. Yours is kept here; save again to put it in place.")
            % {"who": who}
        )


def mark_of(decision: Decision | None) -> str:
    """What a form remembers of a prepared decision, to notice that it has changed."""
    if decision is None:
        return ""
    text = f"{decision.outcome}\n{decision.reason}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@transaction.atomic
def prepare(
    *, application: Application, outcome: str, reason: str, by: User, seen: str | None = None
) -> Decision | None:
    """Prepare a decision, change it, or (with an empty outcome) take it back; nothing is sent.

    ``seen`` is the `mark_of` what the person had before them; ``None`` overwrites knowingly.

    Raises:
        StaleDecision: somebody else changed it meanwhile.
        StepRefused: not permitted, no reason, or the result is out already.
    """
    lock_related(application, "call", "SHARE")
    application = (
        Application.objects.select_for_update(of=("self",), no_key=True)
        .select_related("call")
        .get(pk=application.pk)
    )
    if not by.has_perm("challenges.prepare_decision", application):
        raise StepRefused(_("You may not do this."), permission=True)
    if application.state not in AWAITING:
        raise StepRefused(
            _("No decision can be prepared: the application is “%(state)s”.")
            % {"state": application.get_state_display()}
        )
    stored = (
        Decision.objects.prepared()
        .select_related("prepared_by")
        .filter(application=application)
        .first()
    )
    if seen is not None and seen != mark_of(stored):
        raise StaleDecision(stored)
    reason = reason.strip()
    facts = {"application": str(application.pk), "outcome": outcome}
    if not outcome:
        if stored is not None:
            stored.delete()
            # On the call, since the journey of the startup must not tell what is not sent yet.
            audit.record(application.call, "take-back-decision", actor=by, facts=facts)
        return None
    if outcome not in Outcome.values:
        raise StepRefused(_("Choose an outcome."))
    if not reason:
        raise StepRefused(_("Say why: the applicant reads it in the letter."))
    if len(reason) > REASON_LENGTH:
        raise StepRefused(_("Say it in %(limit)d characters.") % {"limit": REASON_LENGTH})
    if stored is not None and (stored.outcome, stored.reason) == (outcome, reason):
        return stored
    if stored is None:
        stored = Decision.objects.create(
            application=application, outcome=outcome, reason=reason, prepared_by=by
        )
    else:
        stored.outcome, stored.reason, stored.prepared_by = outcome, reason, by
        stored.save(update_fields=["outcome", "reason", "prepared_by"])
    audit.record(application.call, "prepare-decision", actor=by, facts=facts)
    return stored


@dataclass(frozen=True)
class Prospect:
    """What sending would do at this moment."""

    awaiting: int
    decisions: list[Decision]
    #: Changes as soon as any decision does.
    mark: str
    #: How many results of each kind are out already.
    sent: Counter[str]

    @property
    def decided(self) -> list[tuple[Outcome, int]]:
        """How many results of each kind there are, sent or not."""
        return [(outcome, count + self.sent[outcome]) for outcome, count in self.counts]

    @property
    def undecided(self) -> int:
        """How many would stay without a result."""
        return self.awaiting - len(self.decisions)

    @property
    def counts(self) -> list[tuple[Outcome, int]]:
        """How many letters of each kind of result."""
        found = Counter(decision.outcome for decision in self.decisions)
        return [(outcome, found[outcome]) for outcome in Outcome]


def prospect_of(call: Call) -> Prospect:
    """Everything that is prepared and not sent, best score first."""
    awaiting = Application.objects.filter(call=call).awaiting_decision()
    decisions = list(
        Decision.objects.prepared()
        .filter(application__in=awaiting)
        .select_related("application__startup", "application__call__programme", "prepared_by")
        .order_by("application__pk")
    )
    digest = hashlib.sha256()
    for decision in decisions:
        digest.update(f"{decision.application_id} {mark_of(decision)}\n".encode())
    sent = Decision.objects.filter(
        application__call=call, application__state__in=HANDED_IN, sent_at__isnull=False
    ).values_list("outcome", flat=True)
    return Prospect(awaiting.count(), decisions, digest.hexdigest()[:32], Counter(sent))


def letter_for(decision: Decision, reader: User) -> Letter:
    """The letter exactly as it will read, for one reader."""
    step: Step[Any] = Step(
        record=decision.application,
        actor=reader,
        at=clock.database_now(),
        data={"decision": decision},
    )
    return LETTERS[decision.outcome].compose(step, reader)


@transaction.atomic
def send_results(
    *, call: Call, by: User, only_prepared: bool = False, seen: str | None = None
) -> Counter[str]:
    """Send every prepared result of a call in one go, all or none; each letter once.

    ``seen`` is the `Prospect.mark` of the page on which the person pressed the button.

    Raises:
        StepRefused: not permitted, sent already, changed since, or not everybody has a decision.
    """
    call = (
        Call.objects.select_for_update(of=("self",), no_key=True)
        .select_related("programme")
        .get(pk=call.pk)
    )
    if not by.has_perm("challenges.send_results", call):
        raise StepRefused(_("You may not do this."), permission=True)
    prospect = prospect_of(call)
    if not prospect.decisions:
        raise StepRefused(_nothing_to_send(call))
    if seen is not None and seen != prospect.mark:
        raise StepRefused(
            _("The decisions have changed since you looked. Nothing was sent. Look once more.")
        )
    if prospect.undecided and not only_prepared:
        raise StepRefused(
            ngettext(
                "%(count)d application has no decision yet. Tick the box to send the others now.",
                "%(count)d applications have no decision yet. Tick the box to send the others now.",
                prospect.undecided,
            )
            % {"count": prospect.undecided}
        )
    sent: Counter[str] = Counter()
    for decision in prospect.decisions:
        outcome = Outcome(decision.outcome)
        application_workflow.perform(
            decision.application, VERBS[outcome], actor=by, data={"decision": decision}
        )
        sent[outcome.value] += 1
    audit.record(call, "send-results", actor=by, facts=dict(sent))
    return sent


def _nothing_to_send(call: Call) -> str:
    last = (
        Decision.objects.filter(application__call=call, sent_at__isnull=False)
        .select_related("sent_by")
        .order_by("-sent_at")
        .first()
    )
    if last is None or last.sent_at is None:
        return _("No decision is prepared.")
    return _(
        "The results were sent already, on %(when)s by %(who)s. Nobody was written to twice."
    ) % {
        "when": clock.in_words(last.sent_at, clock.reader_zone()),
        "who": last.sent_by.shown_name if last.sent_by else _("the portal"),
    }


@transaction.atomic
def prepare_all(
    *, applications: Iterable[Application], outcome: str, reason: str, by: User
) -> list[tuple[UUID, str]]:
    """Prepare the same decision for many; answers which were left out and why."""
    left_out = []
    for application in sorted(applications, key=lambda each: each.pk):
        try:
            prepare(application=application, outcome=outcome, reason=reason, by=by)
        except StepRefused as refusal:
            if refusal.permission:
                raise
            left_out.append((application.pk, f"{application}: {refusal}"))
    return left_out
