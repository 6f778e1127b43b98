"""Suppliers for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from portal.staff import ScopedAdmin
from procurement.models import SupplierStatement

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(SupplierStatement)
class SupplierStatementAdmin(ScopedAdmin[SupplierStatement]):
    """What organisations state; only they add to it."""

    list_display = ["startup", "level", "number", "as_of", "stated_by"]
    list_filter = ["level"]
    list_select_related = ["startup", "stated_by"]
    search_fields = ["startup__legal_name", "startup__trading_name", "number"]
    fields = ("startup", "level", "number", "as_of", "stated_by")
    readonly_fields = ("startup", "level", "number", "as_of", "stated_by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Organisations state it themselves."""
        del request, obj
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: SupplierStatement | None = None
    ) -> bool:
        """A statement stays as it was made."""
        del request, obj
        return False
