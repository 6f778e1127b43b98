"""Suppliers for staff."""

from __future__ import annotations

from django.contrib import admin

from portal.staff import ReadOnlyAdmin
from procurement.models import SupplierStatement


@admin.register(SupplierStatement)
class SupplierStatementAdmin(ReadOnlyAdmin[SupplierStatement]):
    """What organisations state; only they add to it."""

    list_display = ["startup", "level", "number", "as_of", "stated_by"]
    list_filter = ["level"]
    list_select_related = ["startup", "stated_by"]
    search_fields = ["startup__legal_name", "startup__trading_name", "number"]
    fields = ("startup", "level", "number", "as_of", "stated_by")
    readonly_fields = ("startup", "level", "number", "as_of", "stated_by")
