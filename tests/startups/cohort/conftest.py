"""Who and what the tests here begin with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.choices import Role
from tests.factories.cohorts import make_cohort
from tests.factories.portal import make_programme, make_staff


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def manager(programme):
    return make_staff(programme, Role.MANAGER)


@pytest.fixture
def cohort(programme):
    return make_cohort(programme, starts_on=timezone.localdate() + timedelta(days=30),
                       ends_on=timezone.localdate() + timedelta(days=90), places=2)  # fmt: skip
