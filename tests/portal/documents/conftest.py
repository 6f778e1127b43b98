"""Somebody and their draft that asks for a file."""

from __future__ import annotations

import pytest

from tests.factories.portal import make_user
from tests.portal.documents.deck import made_for


@pytest.fixture
def owner():
    return make_user()


@pytest.fixture
def application(owner):
    return made_for(owner)
