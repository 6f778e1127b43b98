"""What is missing: requirement by requirement, level by level, for any evidence and any day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from procurement import gaps
from procurement.choices import EvidenceState, FileLevel, Gap, RequirementKind

TODAY = date(2026, 11, 22)


@dataclass
class Asked:
    """A requirement."""

    kind: str = "document"
    level: str = "basic"
    organisation: str = ""
    fact: str = ""
    how_many: int = 1
    years: int | None = None
    english: bool = False
    holds_months: int | None = None
    optional: bool = False
    pk: UUID = field(default_factory=uuid4)


@dataclass
class Piece:
    """A piece of evidence."""

    requirement_id: Any = None
    state: str = "accepted"
    expires_on: date | None = None
    in_english: bool = True
    reason: str = ""
    revision_id: Any = None


@dataclass
class Revision:
    """A revision of the Code of Conduct."""

    pk: UUID
    name: str = "Rev.07"
    in_force_from: date = date(2024, 9, 1)


def of(asked, *pieces, facts=None, revision=None, today=TODAY):
    return gaps.verdict(asked, facts=facts or {}, pieces=pieces, revision=revision, today=today)


def in_days(days):
    return TODAY + timedelta(days=days)


# -- facts and age --------------------------------------------------------------------------------


def test_fact_of_the_record_is_taken_from_there():
    asked = Asked(kind="fact", fact="legal_name")
    assert of(asked, facts={"legal_name": "Umi KK"}).gap == Gap.MET
    assert of(asked, facts={"legal_name": ""}).gap == Gap.MISSING
    # No is an answer too.
    assert of(Asked(kind="fact", fact="women_owned"), facts={"women_owned": False}).gap == Gap.MET
    optional = Asked(kind="fact", fact="women_owned", optional=True)
    assert of(optional, facts={"women_owned": None}).gap == Gap.OPTIONAL


def test_three_years_old_is_a_day():
    asked = Asked(kind="age", years=3)
    young = of(asked, facts={"founded_on": date(2024, 3, 12)})
    assert (young.gap, young.on) == (Gap.NOT_YET, date(2027, 3, 12))
    assert "12 Mar 2027" in young.sentence
    assert of(asked, facts={"founded_on": date(2023, 11, 22)}).gap == Gap.MET
    assert of(asked, facts={"founded_on": date(2023, 11, 23)}).gap == Gap.NOT_YET
    assert of(asked, facts={}).gap == Gap.MISSING
    born_on_leap_day = of(asked, facts={"founded_on": date(2024, 2, 29)})
    assert born_on_leap_day.on == date(2027, 3, 1)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(1, 30))
def test_age_is_never_early_and_at_most_a_day_late(founded, years):
    reached = gaps.years_after(founded, years)
    assert reached.year == founded.year + years
    assert (reached.month, reached.day) >= (founded.month, founded.day)
    assert reached - timedelta(days=1) < date(reached.year, founded.month, min(founded.day, 28)) + (
        timedelta(days=4)
    )


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_months_keep_the_day_or_end_the_month(begun, months):
    after = gaps.months_after(begun, months)
    assert (after.year * 12 + after.month) - (begun.year * 12 + begun.month) == months
    assert after.day == begun.day or (after.day < begun.day and (after + timedelta(1)).day == 1)


# -- the Code of Conduct --------------------------------------------------------------------------


def test_newer_revision_opens_the_requirement_again():
    old, new = Revision(uuid4(), "Rev.06"), Revision(uuid4())
    asked, acknowledged = Asked(kind="conduct"), Piece(revision_id=old.pk)
    assert of(asked, acknowledged, revision=old).gap == Gap.MET
    reopened = of(asked, acknowledged, revision=new)
    assert reopened.gap == Gap.MISSING
    assert "earlier revision" in reopened.sentence
    assert "Rev.07" in reopened.sentence
    assert of(asked, revision=None).gap == Gap.MISSING


# -- evidence -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pieces", "gap"),
    [
        ([], Gap.MISSING),
        ([Piece(state="given")], Gap.CHECKING),
        ([Piece(state="rejected")], Gap.REJECTED),
        ([Piece(state="replaced")], Gap.MISSING),
        ([Piece()], Gap.MET),
        ([Piece(expires_on=in_days(-1))], Gap.EXPIRED),
        # On its last day it still counts.
        ([Piece(expires_on=in_days(0))], Gap.EXPIRING),
        ([Piece(expires_on=in_days(60))], Gap.EXPIRING),
        ([Piece(expires_on=in_days(61))], Gap.MET),
        # A newer one that waits takes nothing away from the one that is good, …
        ([Piece(expires_on=in_days(5)), Piece(state="given")], Gap.EXPIRING),
        ([Piece(), Piece(state="rejected")], Gap.MET),
        # … and is what counts where that one has ended.
        ([Piece(expires_on=in_days(-1)), Piece(state="given")], Gap.CHECKING),
        ([Piece(expires_on=in_days(-1)), Piece(state="rejected")], Gap.REJECTED),
    ],
)
def test_one_paper(pieces, gap):
    assert of(Asked(), *pieces).gap == gap


def test_what_is_not_in_english_needs_its_translation():
    asked = Asked(english=True)
    missing = of(asked, Piece(in_english=False))
    assert missing.gap == Gap.MISSING
    assert "certified translation" in missing.sentence
    assert of(asked, Piece(in_english=False, state="given")).gap == Gap.MISSING
    assert of(asked, Piece()).gap == Gap.MET
    assert of(Asked(), Piece(in_english=False)).gap == Gap.MET


def test_of_three_references_two_are_good():
    asked = Asked(kind="reference", how_many=3)
    found = of(asked, Piece(), Piece())
    assert (found.gap, found.have, found.want) == (Gap.MISSING, 2, 3)
    assert "2 of 3" in found.sentence
    assert of(asked, Piece(), Piece(), Piece(state="given")).gap == Gap.CHECKING
    assert of(asked, Piece(), Piece(), Piece(state="rejected")).gap == Gap.REJECTED
    assert of(asked, Piece(), Piece(), Piece()).gap == Gap.MET


def test_accounts_hold_as_long_as_the_newest_year():
    asked = Asked(how_many=3, holds_months=12)
    old, older = Piece(expires_on=in_days(-200)), Piece(expires_on=in_days(-600))
    held = of(asked, older, old, Piece(expires_on=in_days(90)))
    assert (held.gap, held.on) == (Gap.MET, in_days(90))
    # A newer one that nobody looked at yet holds nothing.
    waits = of(asked, older, old, Piece(expires_on=in_days(90), state="given"))
    assert waits.gap in {Gap.EXPIRED, Gap.CHECKING}
    assert of(asked, older, old, Piece(expires_on=in_days(-1))).gap == Gap.EXPIRED
    # Letters of references end each by itself.
    assert of(Asked(how_many=3), older, old, Piece(expires_on=in_days(90))).gap == Gap.EXPIRED


asked_things = st.builds(
    Asked,
    kind=st.sampled_from(["answer", "declaration", "document", "reference"]),
    level=st.sampled_from(FileLevel.values),
    how_many=st.integers(1, 3),
    english=st.booleans(),
    holds_months=st.sampled_from([None, 12]),
    optional=st.booleans(),
)
pieces_of = st.lists(
    st.builds(
        Piece,
        state=st.sampled_from(EvidenceState.values),
        expires_on=st.none() | st.integers(-100, 100).map(in_days),
        in_english=st.booleans(),
    ),
    max_size=5,
)


@given(asked_things, pieces_of)
def test_ready_needs_enough_that_is_good_today(asked, pieces):
    found = of(asked, *pieces)
    accepted = [one for one in pieces if one.state == "accepted"]
    if found.is_ready:
        assert len(accepted) >= asked.how_many
        if asked.english and asked.kind == "document":
            assert sum(one.in_english for one in accepted) >= asked.how_many
        assert found.on is None or found.on >= TODAY
        assert found.have == found.want == asked.how_many
    else:
        assert found.have < found.want
    assert found.sentence


@given(asked_things, pieces_of)
def test_more_evidence_never_makes_it_worse(asked, pieces):
    before = of(asked, *pieces)
    after = of(asked, *pieces, Piece())
    assert not before.is_ready or after.is_ready


@given(asked_things, pieces_of, st.integers(0, 400))
def test_days_that_pass_never_make_it_better(asked, pieces, days):
    later = of(asked, *pieces, today=in_days(days))
    assert of(asked, *pieces).is_ready or not later.is_ready


@given(st.lists(st.tuples(asked_things, pieces_of), max_size=6))
def test_levels_stand_on_top_of_each_other(rows):
    pieces = []
    for asked, given_for in rows:
        for piece in given_for:
            piece.requirement_id = asked.pk
        pieces += given_for
    made = gaps.reports(
        [asked for asked, _pieces in rows], facts={}, pieces=pieces, revision=None, today=TODAY
    )
    complete = [report.complete for report in made]
    assert complete == sorted(complete, reverse=True)
    reached = gaps.reached(made)
    assert (reached is None) == (not complete[0])
    for report in made:
        listed = len(report.open) + len(report.met) + len(report.extra)
        assert listed == len(report.rows)
        mandatory = [row for row in report.rows if not row.asked.optional]
        assert report.own_complete == all(row.verdict.is_ready for row in mandatory)


def test_what_one_organisation_asks_decides_no_level():
    beside = Asked(kind="age", years=3, organisation="UN Secretariat", level="level_1")
    made = gaps.reports(
        [beside], facts={"founded_on": TODAY}, pieces=[], revision=None, today=TODAY
    )
    assert gaps.reached(made) == FileLevel.LEVEL_2
    assert [(one.organisation, one.complete) for one in made][-1] == ("UN Secretariat", False)


def test_next_steps_are_of_the_level_one_prepares_for():
    basic = Asked(kind=RequirementKind.ANSWER)
    second = Asked(kind="document", level="level_2")
    age = Asked(kind="age", years=3, level="level_2")
    made = gaps.reports(
        [basic, second, age], facts={"founded_on": TODAY}, pieces=[], revision=None, today=TODAY
    )
    assert [row.asked for row in gaps.next_steps(made, "basic")] == [basic]
    # What cannot be hurried is no step.
    assert [row.asked for row in gaps.next_steps(made, "level_2")] == [basic, second]
