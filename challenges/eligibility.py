"""Whether an organisation may apply: what is known of it against a call's rules. Pure functions.

A rule that nobody can answer is never a no: what is not known leads to asking us.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from challenges.choices import Eligibility, RuleKind, Said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

#: Stands among a rule's countries for those of the programme.
PROGRAMME = "programme"

#: The fact of the record that a rule looks at; a statement is nobody's to look up.
FACT_OF = {
    RuleKind.KIND: "kind",
    RuleKind.COUNTRY: "country",
    RuleKind.AGE: "founded_on",
    RuleKind.STAGE: "product_stage",
    RuleKind.FUNDING: "funding_stage",
}
FACTS = tuple(FACT_OF.values())
#: What is known of an organisation that applies together with another.
FACTS_OF_PARTNERS = ("kind", "country")

FOUNDED = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True)
class Finding:
    """One rule, and whether it is met; ``None`` where nobody can tell."""

    rule: Any
    met: bool | None

    @property
    def outcome(self) -> Eligibility:
        """What follows from this rule alone."""
        if self.met:
            return Eligibility.ELIGIBLE
        return Eligibility.ASK_US if self.met is None else Eligibility(self.rule.otherwise)


@dataclass(frozen=True)
class Judgement:
    """What the rules of a call say, the strictest of them deciding."""

    findings: tuple[Finding, ...] = field(default=())

    @property
    def outcome(self) -> Eligibility:
        """The strictest of the rules; without rules nothing stands in the way."""
        outcomes = {finding.outcome for finding in self.findings}
        for strictest in (Eligibility.NOT_ELIGIBLE, Eligibility.ASK_US):
            if strictest in outcomes:
                return strictest
        return Eligibility.ELIGIBLE

    @property
    def refused(self) -> list[Finding]:
        """The rules because of which one may not apply."""
        return [one for one in self.findings if one.outcome == Eligibility.NOT_ELIGIBLE]

    @property
    def to_ask(self) -> list[Finding]:
        """The rules about which to ask us."""
        return [one for one in self.findings if one.outcome == Eligibility.ASK_US]

    @property
    def not_met(self) -> list[str]:
        """The rules that are not met, in their words; what nobody could tell is not among them."""
        return [one.rule.text for one in self.findings if one.met is False]


def judge(
    rules: Iterable[Any],
    facts: Mapping[str, str],
    said: Mapping[Any, str],
    *,
    on: date,
    home: Collection[str] = (),
) -> Judgement:
    """Each rule against what is known.

    ``facts`` by the names of the record, ``said`` by the rule's key, ``on`` the day on which ages
    are reckoned, ``home`` the countries of the programme.
    """
    return Judgement(
        tuple(Finding(rule, meets(rule, facts, said, on=on, home=home)) for rule in rules)
    )


def meets(
    rule: Any,
    facts: Mapping[str, str],
    said: Mapping[Any, str],
    *,
    on: date,
    home: Collection[str] = (),
) -> bool | None:
    """Whether a rule is met; ``None`` where nobody can tell."""
    kind = RuleKind(rule.kind)
    if kind is RuleKind.STATEMENT:
        return {Said.YES: True, Said.NO: False}.get(Said(said.get(rule.pk) or Said.UNSURE))
    known = facts.get(FACT_OF[kind], "")
    if not known:
        return None
    if kind is RuleKind.AGE:
        return has_age(known, rule.minimum, rule.maximum, on=on)
    wanted = set(rule.values)
    if PROGRAMME in wanted:
        # A programme that has named no country yet has not said no to any.
        wanted |= set(home)
        if not home and known not in wanted:
            return None
    return known in wanted if wanted else None


def has_age(founded: str, least: int | None, most: int | None, *, on: date) -> bool | None:
    """Whether so many years have passed on that day; ``None`` where a year alone does not tell."""
    span = span_of(founded)
    if span is None or span[0] > on:
        return None
    answers: list[bool | None] = []
    if least is not None:
        answers.append(_both(years_after(day, least) <= on for day in span))
    if most is not None:
        answers.append(_both(on <= years_after(day, most) for day in span))
    if False in answers:
        return False
    return None if None in answers or not answers else True


def _both(ends: Iterable[bool]) -> bool | None:
    """What holds at both ends of a span holds between them."""
    first, last = ends
    return first if first == last else None


def span_of(text: str) -> tuple[date, date] | None:
    """The first and the last day that ``2021``, ``2021-05`` or ``2021-05-14`` may mean."""
    found = FOUNDED.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    try:
        if day is not None and month is not None:
            one = date(year, month, day)
            return one, one
        if month is not None:
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        return date(year, 1, 1), date(year, 12, 31)
    except ValueError:
        return None


def years_after(day: date, years: int) -> date:
    """The same day so many years later; after the 29th of February, the 1st of March."""
    year = min(day.year + years, date.max.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def asked_by(rules: Iterable[Any]) -> list[str]:
    """The facts that the rules look at, each once, in the order of the record."""
    kinds = {rule.kind for rule in rules}
    return [name for kind, name in FACT_OF.items() if kind in kinds]


def known_of(startup: Any) -> dict[str, str]:
    """What a record says of the facts that rules look at."""
    founded = startup.founded_on
    return {
        "kind": startup.kind,
        "country": str(startup.country or ""),
        "founded_on": founded.isoformat() if founded else "",
        "product_stage": startup.product_stage,
        "funding_stage": startup.funding_stage,
    }


def known_of_partner(partner: Any) -> dict[str, str]:
    """What is known of an organisation that applies together with another."""
    return {"kind": partner.kind, "country": str(partner.country or "")}
