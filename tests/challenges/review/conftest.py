"""A programme, its juror and manager, and an application that is reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.choices import Role
from tests.factories.portal import make_programme, make_staff
from tests.factories.reviews import closed_call, in_review

if TYPE_CHECKING:
    from challenges.models import Application
    from portal.models import Programme, User


@pytest.fixture
def programme() -> Programme:
    return make_programme()


@pytest.fixture
def juror(programme: Programme) -> User:
    return make_staff(programme, Role.REVIEWER)


@pytest.fixture
def manager(programme: Programme) -> User:
    return make_staff(programme, Role.MANAGER)


@pytest.fixture
def application(programme: Programme) -> Application:
    return in_review(closed_call(programme))
