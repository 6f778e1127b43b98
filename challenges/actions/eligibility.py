"""Verbs of the eligibility check: counted without a name, kept with a draft, asked of a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from challenges.choices import ApplicationState, CallState, Eligibility, RuleKind, Said
from challenges.eligibility import (
    FACT_OF,
    FACTS_OF_PARTNERS,
    Judgement,
    judge,
    known_of,
    known_of_partner,
)
from challenges.models import Call, EligibilityCheck, Statement
from portal import audit
from portal.actions import tries
from portal.models import ClockNow
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from challenges.models import Application, EligibilityRule
    from portal.models import User

#: More checks than these in a minute are no applicants: they are answered and not counted.
COUNTED = tries.Allowance("eligibility:counted", 120, 60)
#: So many other calls are looked through at most.
MOST_CALLS = 30


@dataclass(frozen=True)
class Fit:
    """Another open call, and what its rules say to the same answers."""

    call: Call
    judgement: Judgement


def judged(call: Call, facts: Mapping[str, str], said: Mapping[Any, str]) -> Judgement:
    """What a call's rules say; ages are reckoned on the day on which it closes, for everybody."""
    return judge(
        call.rules.all(),
        facts,
        said,
        on=call.closes_at.astimezone(call.zone).date(),
        home=call.programme.programme_countries,
    )


def count_check(*, call: Call, judgement: Judgement) -> None:
    """Count that somebody checked, and which rules stood in the way: nobody's name or address."""
    if isinstance(tries.spend(COUNTED, str(call.pk)), tries.Pause):
        return
    EligibilityCheck.objects.create(call=call, outcome=judgement.outcome, not_met=judgement.not_met)


def that_fit(
    call: Call, facts: Mapping[str, str], said: Mapping[Any, str], *, taken: Collection[UUID]
) -> list[Fit]:
    """Other open calls whose rules the same answers meet, or where asking is worth it.

    ``taken`` are calls one applies to already. A call without rules has refused nobody, but neither
    has it said yes: it stands last.
    """
    calls = (
        Call.objects.public()
        .for_board()
        .filter(state=CallState.PUBLISHED, opens_at__lte=ClockNow(), accepts_until__gt=ClockNow())
        .exclude(pk=call.pk)
        .prefetch_related("rules")
        .order_by("closes_at")[:MOST_CALLS]
    )
    fits = [Fit(one, judged(one, facts, said)) for one in calls if one.pk not in taken]
    fits = [one for one in fits if one.judgement.outcome != Eligibility.NOT_ELIGIBLE]
    return sorted(
        fits,
        key=lambda one: (
            not one.judgement.findings,
            one.judgement.outcome != Eligibility.ELIGIBLE,
        ),
    )


@transaction.atomic
def keep_statements(
    *, application: Application, said: Mapping[UUID, str], by: User
) -> list[Statement]:
    """Keep with a draft what its team says of itself; what is not said stays as it was.

    Raises:
        StepRefused: the person does not write this application.
    """
    if not by.has_perm("challenges.change_application", application):
        raise StepRefused(_("You may not change this application."), permission=True)
    prefetch_related_objects([application.call], "rules")
    rules: dict[UUID, EligibilityRule] = {one.pk: one for one in application.call.rules.all()}
    rows = [
        Statement(
            application=application,
            rule=rules[key],
            text=rules[key].text,
            answer=answer,
            said_by=by,
        )
        for key, answer in said.items()
        if key in rules and answer in Said.values
    ]
    if not rows:
        return []
    before = {
        one.rule_id: (one.text, one.answer)
        for one in application.statements.filter(rule__in=[row.rule_id for row in rows])
    }
    rows = [one for one in rows if before.get(one.rule_id) != (one.text, one.answer)]
    if rows:
        Statement.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["application", "rule"],
            update_fields=["text", "answer", "said_by"],
        )
        audit.record(application, "answer-rules", actor=by, facts={"count": len(rows)})
    return rows


@dataclass(frozen=True)
class AgainstRules:
    """How a draft stands against the rules of its call, and each of its partners."""

    judgement: Judgement
    #: Whether a rule waits for a statement of the team, or for a fact that the record lacks.
    unsaid: bool
    unknown: bool
    partners: dict[UUID, list[str]]
    #: By when an answer comes to whoever asks now, where the call promises one.
    answer_by: datetime | None = None

    @property
    def partners_refused(self) -> bool:
        """Whether any partner may not meet a rule."""
        return any(self.partners.values())


def against_rules(application: Application) -> AgainstRules | None:
    """How a draft stands; ``None`` where its call has no rules.

    It never stops a draft or a submission: what a rule says is said plainly, and staff decide.
    """
    call = application.call
    prefetch_related_objects([call], "rules")
    rules = list(call.rules.all())
    if not rules:
        return None
    said = said_of(application)
    judgement = judge(
        rules,
        known_of(application.startup),
        said,
        on=call.closes_at.astimezone(call.zone).date(),
        home=call.programme.programme_countries,
    )
    open_kinds = {one.rule.kind for one in judgement.findings if one.met is None}
    return AgainstRules(
        judgement=judgement,
        unsaid=RuleKind.STATEMENT in open_kinds,
        unknown=bool(open_kinds - {RuleKind.STATEMENT}),
        partners={
            partner.pk: not_met_by_partner(call, rules, partner)
            for partner in application.consortium.all()
        },
        answer_by=answer_by(call),
    )


def answer_by(call: Call) -> datetime | None:
    """By when whoever asks now has an answer, where the call promises one."""
    return call.now + timedelta(days=call.answers_within) if call.answers_within else None


def said_of(application: Application) -> dict[UUID, str]:
    """What the team said, for rules that still read as they did then."""
    texts = {rule.pk: rule.text for rule in application.call.rules.all()}
    return {
        one.rule_id: one.answer
        for one in application.statements.all()
        if texts.get(one.rule_id) == one.text
    }


def not_met_by_partner(call: Call, rules: list[EligibilityRule], partner: Any) -> list[str]:
    """The rules that a partner may not meet, as far as its kind and country tell."""
    told = [rule for rule in rules if FACT_OF.get(rule.kind) in FACTS_OF_PARTNERS]  # type: ignore[call-overload]
    judgement = judge(
        told,
        known_of_partner(partner),
        {},
        on=call.closes_at.astimezone(call.zone).date(),
        home=call.programme.programme_countries,
    )
    return [one.rule.marked_text for one in judgement.findings if one.met is False]


def open_to_statements(application: Application) -> bool:
    """Whether what a team says of itself is kept with its application now."""
    return application.state == ApplicationState.DRAFT
