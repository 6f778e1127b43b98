"""Who and what the tests here begin with."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from tests.procurement.demo.steps import run


@pytest.fixture
def small(db: Any) -> None:
    run("load_demo", "--small")


@pytest.fixture
def full(db: Any) -> None:
    run("load_demo")


@pytest.fixture
def transaction_again() -> Any:
    """Load, read, and take everything back, as often as asked."""

    def load_and(read: Any) -> Any:
        with transaction.atomic():
            run("load_demo", "--small")
            found = read()
            transaction.set_rollback(True)
        return found

    return load_and
