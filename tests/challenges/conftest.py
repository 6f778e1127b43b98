"""A programme, who leads it, and a juror of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.db import connections

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


@pytest.fixture
def threads():
    """Threads with a session of the database each, closed before the tables are emptied."""
    with ThreadPoolExecutor(16) as pool:

        def start(work, *args, **kwargs):
            def run():
                try:
                    return work(*args, **kwargs)
                finally:
                    connections.close_all()

            return pool.submit(run)

        yield start
