"""Who and what the tests here begin with."""

from __future__ import annotations

import pytest

from tests.factories.cohorts import (
    make_cohort,
    make_place,
)
from tests.factories.portal import make_programme, make_user
from tests.factories.startups import make_startup
from tests.startups.goals.steps import again


@pytest.fixture
def place():
    return again(make_place(make_cohort(make_programme()), make_startup(make_user())))
