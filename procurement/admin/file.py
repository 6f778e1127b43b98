"""Supplier files in a list: how far each is, what comes next, what nobody confirmed for long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import Http404
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy

from portal.staff import ReadOnlyAdmin
from procurement.choices import FileLevel
from procurement.models import SupplierFile
from procurement.readiness import read_files

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from procurement.readiness import Reading


@admin.register(SupplierFile)
class SupplierFileAdmin(ReadOnlyAdmin[SupplierFile]):
    """The list; a file itself has one page for everybody."""

    when_empty = gettext_lazy("No supplier file yet. Organisations open theirs on their own page.")
    when_empty_go = (gettext_lazy("See what waits for me"), "admin:index")
    list_display = ["organisation", "complete", "prepares_for", "next_gap", "not_known"]
    list_filter = ["level", "target"]
    list_select_related = ["startup"]
    list_display_links = None
    search_fields = ["startup__legal_name", "startup__trading_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupplierFile]:
        """With what each row says."""
        rows = super().get_queryset(request).filter(startup__merged_into=None)
        return rows.select_related("startup").prefetch_related("startup__contacts", "standings")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With how each file of this page stands, read for all of them together."""
        found = super().get_changelist_instance(request)
        files = list(found.result_list)
        for reading in read_files(files):
            reading.file.__dict__["reading"] = reading
        found.result_list = files
        return found

    @staticmethod
    def _reading(obj: SupplierFile) -> Reading:
        reading: Reading = obj.__dict__["reading"]
        return reading

    @admin.display(description=gettext_lazy("organisation"), ordering="startup__legal_name")
    def organisation(self, obj: SupplierFile) -> str:
        """Its name, which leads to its page."""
        return format_html('<a href="{}">{}</a>', obj.get_absolute_url(), obj.startup.name)

    @admin.display(description=gettext_lazy("level complete"))
    def complete(self, obj: SupplierFile) -> str:
        """The highest level that is complete today."""
        reached = self._reading(obj).reached
        return str(FileLevel(reached).label) if reached else _("none yet")

    @admin.display(description=gettext_lazy("prepares for"), ordering="target")
    def prepares_for(self, obj: SupplierFile) -> str:
        """The level they aim at."""
        return obj.get_target_display()

    @admin.display(description=gettext_lazy("what comes next"))
    def next_gap(self, obj: SupplierFile) -> str:
        """The first thing that is missing for the level they prepare for."""
        steps = self._reading(obj).next_steps
        return f"{steps[0].asked.label}: {steps[0].verdict.sentence}" if steps else "–"

    @admin.display(description=gettext_lazy("status not known"))
    def not_known(self, obj: SupplierFile) -> str:
        """Registrations that nobody confirmed for long."""
        stale = [standing for standing in obj.standings.all() if standing.is_stale]
        return ", ".join(f"{one.organisation} {one.get_level_display()}" for one in stale) or "–"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """There is one page for a file."""
        del form_url, extra_context
        file = self.get_object(request, object_id)
        if file is None:
            raise Http404
        return redirect(file)
