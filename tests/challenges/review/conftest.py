"""An application that is reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.factories.reviews import closed_call, in_review

if TYPE_CHECKING:
    from challenges.models import Application
    from portal.models import Programme


@pytest.fixture
def application(programme: Programme) -> Application:
    return in_review(closed_call(programme))
