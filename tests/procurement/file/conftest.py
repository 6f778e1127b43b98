"""Who and what the tests here begin with."""

from __future__ import annotations

from datetime import date

import pytest

from portal.choices import Role
from startups.actions import meet
from tests.factories.portal import make_programme, make_staff
from tests.factories.startups import make_startup
from tests.factories.suppliers import (
    ask_as_shipped,
)


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def startup(programme):
    made = make_startup(legal_name="Maji Safi Ltd", city="Nairobi", founded_on=date(2024, 3, 12))
    meet(startup=made, programme=programme)
    return made


@pytest.fixture
def adviser(programme):
    return make_staff(programme, Role.PROCUREMENT)


@pytest.fixture
def asked():
    return ask_as_shipped()
