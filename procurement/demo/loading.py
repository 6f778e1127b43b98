"""Loading the demonstration, all of it or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from challenges.choices import Outcome
from portal import clock
from portal.models import Programme
from procurement.demo import (
    applications,
    calls,
    coaching,
    cohort,
    companies,
    deadlines,
    demo_day,
    history,
    people,
    programmes,
    reviews,
    supplier_files,
    suppliers,
    talk,
)
from procurement.demo.calls import CHALLENGE, COAST, INTAKE, PURCHASE
from procurement.demo.source import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procurement.demo.companies import Company

#: The address of the programme by which a loaded demonstration is known.
MARK = "gic-kobe"
#: Of each outcome in a small intake, and of the applicants written by hand in a small call.
FEW = {Outcome.SELECTED: 2, Outcome.RESERVE: 1, Outcome.INELIGIBLE: 1, Outcome.NOT_SELECTED: 2}
FEW_BY_HAND = 6


def is_loaded() -> bool:
    """Whether the demonstration is in the database."""
    return Programme.objects.filter(slug=MARK).exists()


@transaction.atomic
def load(*, small: bool = False) -> dict[str, int]:
    """Load everything; answers how many applications each call has."""
    moment = Moment(clock.database_now())
    made_programmes = programmes.load()
    sectors = programmes.load_sectors()
    cast = people.load(made_programmes)
    made_calls = calls.load(made_programmes, moment)
    founder = companies.of_the_founder(sectors, cast)
    others = [*companies.written_by_hand(sectors), *companies.of_the_intake(sectors)]
    if small:
        others = list(_a_few(others))
    plans = [
        plan
        for slug, planner in applications.PLANNERS.items()
        for plan in planner(made_calls[slug], [one for one in others if one.call == slug], founder)
    ]
    for plan in plans:
        plan.set_times(moment.now)
    everybody = [founder, *others]
    supplier_files.make_young(everybody, moment)
    companies.store(everybody, applications.first_seen(plans))
    made = applications.load(plans)
    work = reviews.load(made_calls, made, cast, moment)
    calls.wait_for(made_calls[COAST].call, cast[people.FOUNDER])
    statements = suppliers.load(everybody, moment)
    trail = history.Trail()
    batch = cohort.load(
        made=made_calls[INTAKE],
        plans=[plan for plan in plans if plan.call.slug == INTAKE],
        applications=made[INTAKE],
        sectors=sectors,
        cast=cast,
        moment=moment,
        trail=trail,
        small=small,
    )
    coaching.load(batch, trail)
    demo_day.load(batch, cast, trail)
    supplier_files.load(everybody, cast, moment, trail)
    deadlines.load(plans, made, moment, trail)
    talk.load(made_calls, cast, moment, trail)
    history.load(
        calls=made_calls,
        companies=everybody,
        plans=plans,
        applications=made,
        work=work,
        statements=statements,
        cast=cast,
        moment=moment,
        trail=trail,
    )
    return {call.call.title: len(made.get(slug, [])) for slug, call in made_calls.items()}


def _a_few(companies: Iterable[Company]) -> Iterable[Company]:
    left: dict[str, int] = {CHALLENGE: FEW_BY_HAND, PURCHASE: FEW_BY_HAND}
    left |= {outcome.value: number for outcome, number in FEW.items()}
    for company in companies:
        group = company.outcome.value if company.outcome else company.call
        if left.get(group, 0) > 0:
            left[group] -= 1
            yield company
