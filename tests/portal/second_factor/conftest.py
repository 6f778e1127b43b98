"""The second factor as an installation with real people has it: required."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _required(settings):
    settings.STAFF_SECOND_FACTOR = "required"
    settings.REAUTHENTICATION_MINUTES = 30
