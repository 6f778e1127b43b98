"""A programme, who leads it, and a juror of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.choices import Role
from tests.factories.portal import make_programme, make_staff

if TYPE_CHECKING:
    from portal.models import Programme, User


@pytest.fixture
def programme() -> Programme:
    return make_programme()


@pytest.fixture
def manager(programme: Programme) -> User:
    return make_staff(programme, Role.MANAGER)


@pytest.fixture
def juror(programme: Programme) -> User:
    return make_staff(programme, Role.REVIEWER)
