"""Suppliers for staff."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from portal.staff import ReadOnlyAdmin
from procurement.models import SupplierStatement


@admin.register(SupplierStatement)
class SupplierStatementAdmin(ReadOnlyAdmin[SupplierStatement]):
    """What organisations state; only they add to it."""

    when_empty = gettext_lazy(
        "No statement yet. Organisations say on their own page where they stand as a UN supplier."
    )
    when_empty_go = (gettext_lazy("See what waits for me"), "admin:index")
    list_display = ["startup", "level", "number", "as_of", "stated_by"]
    list_filter = ["level"]
    list_select_related = ["startup", "stated_by"]
    search_fields = ["startup__legal_name", "startup__trading_name", "number"]
    fields = ("startup", "level", "number", "as_of", "stated_by")
    readonly_fields = ("startup", "level", "number", "as_of", "stated_by")
