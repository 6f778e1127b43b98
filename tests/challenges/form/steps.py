"""What the tests here do again and again."""

from __future__ import annotations

from typing import Any

import pytest

from challenges.models import Call, Question, Sheet
from portal.workflow import StepRefused


def labels(call: Call, number: int | None = None) -> list[str]:
    call.refresh_from_db()
    return [one.label for one in Sheet.of(call).asked(number)]


def asked(call: Call, label: str) -> Question:
    """The question of the sheet that staff have before them."""
    return next(one for one in Sheet.of(call).asked() if one.label == label)


def refusal(verb: Any, **given: Any) -> str:
    with pytest.raises(StepRefused) as refused:
        verb(**given)
    return str(refused.value)
