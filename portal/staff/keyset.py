"""Lists that go on from the last row shown: as quick on the last page as on the first.

A page asks for the fifty rows behind (or before) a row, by the very order of the list, so that
PostgreSQL reads those rows of the index and no others, and a row that comes in between is neither
skipped nor shown twice. How many there are is counted up to a limit.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.db.models import F, OrderBy, Q

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

#: So many are counted; of more the list says that they are more.
COUNTED = 200
KEY = "place_in_list"


class AtLeast(int):
    """A number of rows that was not counted to its end."""

    def __str__(self) -> str:
        return f"{int(self)}+"


@dataclass(frozen=True)
class Place:
    """A row of the list as an address names it: behind it, or before it, the page begins."""

    behind: bool
    key: str
    pk: UUID

    def __str__(self) -> str:
        words = json.dumps([int(self.behind), self.key, self.pk.hex], separators=(",", ":"))
        return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Place | None:
        """What an address says, or nothing where it says something else."""
        try:
            words = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            behind, key, pk = json.loads(words)
            if not isinstance(key, str) or "\x00" in key:
                return None
            return cls(bool(behind), key, UUID(pk))
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None


class KeysetList(ChangeList):
    """Django's list with pages that begin behind a row; ordered by one column and the key.

    The admin's ``list_columns`` are all that its rows read. A column that may be empty orders by an
    expression that never is (`Coalesce`): PostgreSQL then takes both directions from one index.
    """

    previous_query = ""
    next_query = ""

    def get_ordering_field_columns(self) -> dict[int, Any]:
        """The one column that is asked for; ties are broken by the key."""
        found: dict[int, Any] = dict(super().get_ordering_field_columns())
        if ORDER_VAR not in self.params:
            return found
        return dict(list(found.items())[:1])

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """One column, then the key in the same direction."""
        terms: list[Any] = list(super().get_ordering(request, queryset))
        first = terms[0]
        if isinstance(first, str):
            self.is_descending = first.startswith("-")
            self.expression: Any = F(first.lstrip("-"))
        else:
            order = first if isinstance(first, OrderBy) else first.asc()
            self.is_descending, self.expression = order.descending, order.expression
        return self._order()

    def _order(self, *, turned: bool = False) -> list[Any]:
        down = self.is_descending is not turned
        return [OrderBy(self.expression, descending=down), "-pk" if down else "pk"]

    def get_results(self, request: HttpRequest) -> None:
        """The rows of this page, and whether there are others on either side."""
        rows: QuerySet[Any] = self.queryset.annotate(**{KEY: self.expression})
        place = self._read(rows, request.GET.get(PAGE_VAR, ""))
        size = self.list_per_page
        columns: tuple[str, ...] = getattr(self.model_admin, "list_columns", ())
        paths = {path for column in columns if (path := column.rpartition("__")[0])}
        page = rows.select_related(None).select_related(*paths).only(*columns) if paths else rows
        if place is None:
            found = list(page[: size + 1])
        else:
            found = list(self._beyond(page, place)[: size + 1])
        goes_on = len(found) > size
        found = found[:size]
        if place is not None and not place.behind:
            found.reverse()
        has_next = goes_on if place is None or place.behind else True
        has_previous = place is not None and (place.behind or goes_on)
        if found:
            self.previous_query = self._to(found[0], behind=False) if has_previous else ""
            self.next_query = self._to(found[-1], behind=True) if has_next else ""
        self.first_query = self.get_query_string(remove=[PAGE_VAR]) if has_previous else ""
        self.result_list = found
        self.result_count = self._count(len(found), is_all=place is None and not goes_on)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = bool(found)
        self.can_show_all, self.multi_page = False, has_next or has_previous
        self.paginator = self.model_admin.get_paginator(request, rows, size)

    def _count(self, shown: int, *, is_all: bool) -> int:
        if is_all:
            return shown
        counted = self.queryset.order_by().values("pk")[: COUNTED + 1].count()
        return AtLeast(COUNTED) if counted > COUNTED else counted

    def _read(self, rows: QuerySet[Any], text: str) -> Place | None:
        """The place in the address, if it can be one of this list."""
        place = Place.read(text) if text else None
        if place is None:
            return None
        try:
            rows.query.annotations[KEY].output_field.to_python(place.key)
        except (ValidationError, ValueError, TypeError):
            return None
        return place

    def _beyond(self, rows: QuerySet[Any], place: Place) -> QuerySet[Any]:
        """The rows on one side of a place, the nearest first."""
        key = rows.query.annotations[KEY].output_field.to_python(place.key)
        turned = not place.behind
        side = "lt" if self.is_descending is not turned else "gt"
        nearer = Q(**{f"{KEY}__{side}": key}) | Q(**{KEY: key, f"pk__{side}": place.pk})
        # Said twice, so that the index begins at the place and does not filter its way there.
        found = rows.filter(Q(**{f"{KEY}__{side}e": key}), nearer)
        return found.order_by(*self._order(turned=turned))

    def _to(self, row: Any, *, behind: bool) -> str:
        key = getattr(row, KEY)
        text = key.isoformat() if hasattr(key, "isoformat") else str(key)
        return self.get_query_string({PAGE_VAR: str(Place(behind, text, row.pk))})
