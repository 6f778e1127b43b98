"""Who and what the tests here begin with."""

from __future__ import annotations

import pytest

from portal.choices import Role
from startups import actions
from tests.factories.portal import make_programme, make_staff
from tests.factories.startups import (
    make_startup,
)


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def manager(programme):
    return make_staff(programme, Role.MANAGER)


@pytest.fixture
def pair(programme):
    """Two records that the programme has met; the first is to stay."""
    kept = make_startup(legal_name="Umi Robotics KK", website="", city="Kobe")
    gone = make_startup(legal_name="Umi Robotics", website="https://www.umi.example/en", city="")
    for startup in (kept, gone):
        actions.meet(startup=startup, programme=programme)
    return kept, gone
