"""What some of the organisations state about themselves as suppliers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from procurement.choices import SupplierLevel
from procurement.demo.source import chance, key
from procurement.models import SupplierStatement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procurement.demo.companies import Company
    from procurement.demo.source import Moment

#: By organisation: one statement after the other, with how many days ago it was made.
STATEMENTS = {
    "hewa-lamp": [(SupplierLevel.NONE, 400), (SupplierLevel.BASIC, 35)],
    "nine-days": [(SupplierLevel.LEVEL_2, 90)],
    "druckkraft": [(SupplierLevel.BASIC, 210)],
    "eleven-crates": [(SupplierLevel.LEVEL_2, 20)],
    "hillside-ear": [(SupplierLevel.NONE, 12)],
    "pilar-del-rio": [(SupplierLevel.BASIC, 60)],
    "rasvakt": [(SupplierLevel.LEVEL_1, 75)],
    "cell-again": [(SupplierLevel.UNKNOWN, 5)],
    "uzi-bamboo": [(SupplierLevel.NONE, 300), (SupplierLevel.BASIC, 30)],
}
WITHOUT_NUMBER = {SupplierLevel.NONE, SupplierLevel.UNKNOWN}


def load(companies: Sequence[Company], moment: Moment) -> list[SupplierStatement]:
    """Store the statements of those that are there; answers them."""
    return SupplierStatement.objects.bulk_create(
        SupplierStatement(
            id=key("statement", company.key, level),
            created_at=moment.now - timedelta(days=days),
            startup=company.startup,
            level=level,
            number=""
            if level in WITHOUT_NUMBER
            else str(chance("number", company.key).randrange(100_000, 999_999)),
            as_of=(moment.now - timedelta(days=days)).date(),
            stated_by=company.people[0],
        )
        for company in companies
        for level, days in STATEMENTS.get(company.key, [])
    )
