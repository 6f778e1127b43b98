"""Rules against answers: a table, and what holds for any rules and any answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from challenges.choices import Eligibility, RuleKind, Said
from challenges.eligibility import FACTS, asked_by, judge, meets, span_of, years_after

DAY = date(2026, 11, 30)
HOME = ["KE", "GH"]


@dataclass(frozen=True)
class Rule:
    """As the database has it, without one."""

    kind: str
    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    otherwise: str = "not_eligible"
    text: str = "A rule."
    pk: UUID = field(default_factory=uuid4)


def met(rule: Rule, known: str = "", *, home: Any = HOME, on: date = DAY) -> bool | None:
    """Whether the rule is met by one fact."""
    facts = dict.fromkeys(FACTS, known)
    return meets(rule, facts, {rule.pk: known}, on=on, home=home)


COUNTRY = Rule("country", ("JP", "SE"))
OF_PROGRAMME = Rule("country", ("programme",))
OF_BOTH = Rule("country", ("programme", "JP"))
YOUNG = Rule("age", maximum=5)
OLD = Rule("age", minimum=3)
BETWEEN = Rule("age", minimum=1, maximum=1)


@pytest.mark.parametrize(
    ("rule", "known", "expected"),
    [
        (COUNTRY, "JP", True),
        (COUNTRY, "KE", False),
        (COUNTRY, "", None),
        (OF_PROGRAMME, "KE", True),
        (OF_PROGRAMME, "JP", False),
        (OF_BOTH, "JP", True),
        (Rule("country"), "JP", None),  # a rule that names nothing refuses nobody
        (Rule("stage", ("prototype", "pilot")), "pilot", True),
        (Rule("stage", ("prototype", "pilot")), "idea", False),
        (Rule("funding", ("none",)), "none", True),
        (Rule("funding", ("none",)), "seed", False),
        (Rule("kind", ("startup", "team")), "team", True),
        (Rule("kind", ("startup", "team")), "large", False),
        (Rule("statement"), "yes", True),
        (Rule("statement"), "no", False),
        (Rule("statement"), "unsure", None),
        (Rule("statement"), "", None),
        # Five years to the day are not more than five; the day after is.
        (YOUNG, "2021-11-30", True),
        (YOUNG, "2021-11-29", False),
        (YOUNG, "2026-11-30", True),
        (YOUNG, "2022", True),
        (YOUNG, "2020", False),
        (YOUNG, "2021", None),  # January or December?
        (YOUNG, "2021-12", True),
        (YOUNG, "2021-10", False),
        (YOUNG, "2021-11", None),
        (OLD, "2023-11-30", True),
        (OLD, "2023-12-01", False),
        (OLD, "2023", None),
        (BETWEEN, "2025", None),
        (BETWEEN, "2024", False),
        (YOUNG, "2027", None),  # not founded by then: ask
        (YOUNG, "", None),
        (YOUNG, "long ago", None),
        (YOUNG, "2021-13", None),
        (Rule("age"), "2021", None),
    ],
)
def test_table_of_rules_and_answers(rule: Rule, known: str, expected: bool | None) -> None:
    assert met(rule, known) is expected


def test_programme_without_countries_refuses_nobody() -> None:
    assert met(OF_PROGRAMME, "JP", home=[]) is None
    assert met(OF_BOTH, "JP", home=[]) is True
    assert met(OF_BOTH, "SE", home=[]) is None


def test_year_of_the_29th_of_february() -> None:
    assert years_after(date(2024, 2, 29), 1) == date(2025, 3, 1)
    assert years_after(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert years_after(date(9000, 1, 1), 32_000) == date(9999, 1, 1)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021", date(2021, 1, 1), date(2021, 12, 31)),
        (" 2024-02 ", date(2024, 2, 1), date(2024, 2, 29)),
        ("2021-12", date(2021, 12, 1), date(2021, 12, 31)),
        ("2021-5-4", date(2021, 5, 4), date(2021, 5, 4)),
    ],
)
def test_span_of_a_day_a_month_or_a_year(text: str, first: date, last: date) -> None:
    assert span_of(text) == (first, last)


@pytest.mark.parametrize("text", ["", "21", "2021-02-30", "0000", "2021/05", "long ago"])
def test_what_is_no_day_has_no_span(text: str) -> None:
    assert span_of(text) is None


def test_the_end_of_the_calendar_breaks_nothing() -> None:
    assert span_of("9999-12") == (date(9999, 12, 1), date(9999, 12, 31))
    assert met(YOUNG, "9999") is None


def test_strictest_rule_decides_and_is_quoted() -> None:
    refused = Rule("country", ("SE",), text="Registered in Sweden.")
    asked = Rule("stage", ("pilot",), otherwise="ask_us", text="A pilot has run.")
    facts = {"country": "KE", "product_stage": "idea", "kind": "startup"}
    judgement = judge([refused, asked, Rule("kind", ("startup",))], facts, {}, on=DAY)
    assert judgement.outcome == Eligibility.NOT_ELIGIBLE
    assert [one.rule.text for one in judgement.refused] == ["Registered in Sweden."]
    assert [one.rule.text for one in judgement.to_ask] == ["A pilot has run."]
    assert judgement.not_met == ["Registered in Sweden.", "A pilot has run."]


def test_only_what_the_rules_need_is_asked() -> None:
    rules = [Rule("statement"), Rule("age", maximum=3), Rule("kind", ("team",)), Rule("age")]
    assert asked_by(rules) == ["kind", "founded_on"]


# -- whatever the rules -------------------------------------------------------------------------

VALUES = {
    "country": ["KE", "JP", "SE", "programme"],
    "stage": ["idea", "pilot"],
    "funding": ["none", "seed"],
    "kind": ["startup", "team"],
}
SEVERITY = [Eligibility.ELIGIBLE, Eligibility.ASK_US, Eligibility.NOT_ELIGIBLE]


@st.composite
def rules_of_any_kind(draw: st.DrawFn) -> Rule:
    """A rule of any kind, sensible or not."""
    kind = draw(st.sampled_from(RuleKind.values))
    return Rule(
        kind,
        tuple(draw(st.lists(st.sampled_from(VALUES[kind])))) if kind in VALUES else (),
        draw(st.none() | st.integers(0, 32_767)),
        draw(st.none() | st.integers(0, 32_767)),
        draw(st.sampled_from(["not_eligible", "ask_us"])),
    )


RULES = st.lists(rules_of_any_kind(), max_size=5)
ANSWERS = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["", "KE", "JP", "SE"]),
        "kind": st.sampled_from(["", "startup", "team"]),
        "product_stage": st.sampled_from(["", "idea", "pilot"]),
        "funding_stage": st.sampled_from(["", "none", "seed"]),
        "founded_on": st.just("")
        | st.integers(1, 9999).map(lambda year: f"{year:04}")
        | st.dates().map(lambda day: f"{day:%Y-%m}".zfill(7))
        | st.dates().map(lambda day: day.isoformat()),
    }
)
SPOKEN = st.lists(st.sampled_from([*Said.values, ""]), min_size=5, max_size=5)


@given(RULES, ANSWERS, SPOKEN, rules_of_any_kind())
def test_one_rule_more_never_makes_it_easier(
    rules: list[Rule], facts: dict[str, str], spoken: list[str], more: Rule
) -> None:
    said = {rule.pk: answer for rule, answer in zip(rules, spoken, strict=False)}
    fewer = judge(rules, facts, said, on=DAY, home=HOME).outcome
    judgement = judge([*rules, more], facts, said, on=DAY, home=HOME).outcome
    assert SEVERITY.index(judgement) >= SEVERITY.index(fewer)


@given(RULES, ANSWERS, SPOKEN)
def test_what_is_left_open_is_never_a_no(
    rules: list[Rule], facts: dict[str, str], spoken: list[str]
) -> None:
    said = {rule.pk: answer for rule, answer in zip(rules, spoken, strict=False)}
    for name in facts:
        partly = judge(rules, {**facts, name: ""}, said, on=DAY, home=HOME)
        about = {"founded_on": "age", "product_stage": "stage", "funding_stage": "funding"}
        for finding in partly.findings:
            if finding.rule.kind == about.get(name, name):
                assert finding.met is None
                assert finding.outcome == Eligibility.ASK_US
    nothing = judge(rules, {}, {}, on=DAY, home=HOME)
    assert nothing.outcome != Eligibility.NOT_ELIGIBLE


@given(rules_of_any_kind(), st.dates())
def test_a_year_says_nothing_that_a_day_of_it_denies(rule: Rule, day: date) -> None:
    whole = meets(rule, {"founded_on": f"{day.year:04}"}, {}, on=DAY)
    exact = meets(rule, {"founded_on": day.isoformat()}, {}, on=DAY)
    if whole is not None and day <= DAY:
        assert exact is whole
