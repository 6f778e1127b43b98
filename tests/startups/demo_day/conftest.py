"""Who and what the tests here begin with."""

from __future__ import annotations

import pytest

from portal.choices import Role
from tests.factories.cohorts import (
    make_cohort,
    make_demo_day,
    make_pitch,
)
from tests.factories.portal import make_programme, make_staff


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def manager(programme):
    return make_staff(programme, Role.MANAGER)


@pytest.fixture
def demo_day(programme):
    return make_demo_day(make_cohort(programme, places=9))


@pytest.fixture
def pitch(demo_day):
    return make_pitch(demo_day)
