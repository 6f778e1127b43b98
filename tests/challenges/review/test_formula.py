"""The total of a review: a weighted share between 0 and 100."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from challenges.models import Criterion
from challenges.workflow.review import total_of

pytestmark = pytest.mark.django_db


@st.composite
def sheets(draw: st.DrawFn) -> list[tuple[Criterion, int]]:
    """Criteria whose weights add to 100, each with a level."""
    cuts = sorted(draw(st.lists(st.integers(1, 99), unique=True, max_size=7)))
    bounds = [0, *cuts, 100]
    weights = [after - before for before, after in pairwise(bounds)]
    found = []
    for weight in weights:
        levels = draw(st.integers(2, 10))
        criterion = Criterion(weight=weight, levels=["words"] * levels)
        found.append((criterion, draw(st.integers(1, levels))))
    return found


@given(sheets())
@settings(max_examples=200)
def test_total_is_the_weighted_share_and_stays_between_0_and_100(sheet):
    total = total_of(sheet)
    assert total is not None
    exact = sum(
        Decimal(criterion.weight) * (value - 1) / (len(criterion.levels) - 1)
        for criterion, value in sheet
    )
    assert abs(total - exact) <= Decimal("0.006")
    assert 0 <= total <= 100
    assert total == total.quantize(Decimal("0.01"))


@given(sheets())
@settings(max_examples=100)
def test_lowest_levels_give_0_and_highest_100_and_a_better_level_never_less(sheet):
    assert total_of([(criterion, 1) for criterion, _value in sheet]) == 0
    assert total_of([(criterion, len(criterion.levels)) for criterion, _value in sheet]) == 100
    criterion, value = sheet[0]
    better = [(criterion, min(value + 1, len(criterion.levels))), *sheet[1:]]
    before, after = total_of(sheet), total_of(better)
    assert before is not None
    assert after is not None
    assert after >= before


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_equal_weights_give_the_plain_mean(values):
    sheet = [(Criterion(weight=10, levels=["words"] * 5), value) for value in values]
    plain = Decimal(sum(values) - len(values)) * 25 / len(values)
    total = total_of(sheet)
    assert total is not None
    assert abs(total - plain) <= Decimal("0.006")


def test_no_criteria_give_no_total():
    assert total_of([]) is None
