"""The audit trail in the admin: all of it, by kind, and taken out as a table."""

from __future__ import annotations

import csv
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_safe

from portal import audit
from portal.cells import safe
from portal.choices import Role
from portal.models import AuditEntry, Programme
from portal.staff import ReadOnlyAdmin, Teller
from portal.staff.history import KINDS, veiled_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

    from portal.models import User

CHUNK = 500


def name_records(entries: Iterable[Any], reader: User) -> None:
    """Name the records the reader may see, one query for each kind; of others only the kind is."""
    entries = list(entries)
    names: dict[tuple[str, Any], Any] = {}
    for label in {entry.subject_type for entry in entries}:
        rows: Any = apps.get_model(label)._default_manager
        if hasattr(rows, "visible_to"):
            keys = {entry.subject_id for entry in entries if entry.subject_type == label}
            seen = rows.visible_to(reader)
            # A record that names others brings them along, or each row would ask again.
            seen = seen.for_list() if hasattr(seen, "for_list") else seen
            names |= {(label, key): row for key, row in seen.in_bulk(list(keys)).items()}
    for entry in entries:
        entry.subject = names.get((entry.subject_type, entry.subject_id))


class TrailPage(ChangeList):
    """A page of the trail with its sentences and the names of its records."""

    def get_results(self, request: HttpRequest) -> None:
        """Tell the entries of this page, with names that are read once for all of them."""
        super().get_results(request)
        reader: Any = request.user
        entries: list[Any] = list(self.result_list)
        name_records(entries, reader)
        teller = Teller(entries, reader)
        for entry in entries:
            entry.told, entry.why = teller.tell(entry), teller.reason(entry)
        self.result_list = entries


class KindFilter(admin.SimpleListFilter):
    """What was changed, as against what was opened and downloaded."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both kinds."""
        del request, model_admin
        return [(name, str(label)) for name, label in KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> Any:
        """Those of the kind."""
        del request
        if self.value() not in KINDS:
            return queryset
        reads = Q(verb__in=audit.READS)
        return queryset.filter(reads if self.value() == "opened" else ~reads)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """What happened, in order."""

    when_empty = gettext_lazy(
        "Nothing has happened yet. Each step and each look at a file will stand here."
    )
    list_display = ("at", "sentence", "record", "why")
    list_filter = (KindFilter, "verb")
    list_select_related = ("actor",)
    search_fields = ("verb", "reason", "actor__email", "subject_id")
    search_help_text = gettext_lazy("Step, reason, address of a person, or key of a record")
    ordering = ("-id",)
    fields = ("at", "sentence", "record", "why", "key")
    change_list_template = "admin/portal/auditentry/change_list.html"
    change_form_template = "admin/portal/auditentry/record.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """With sentences and names."""
        del request, kwargs
        return TrailPage

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """One entry, told like those of the list."""
        entry: Any = super().get_object(request, object_id, from_field)
        if entry is not None:
            reader: Any = request.user
            name_records([entry], reader)
            teller = Teller([entry], reader)
            entry.told, entry.why = teller.tell(entry), teller.reason(entry)
        return entry

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """By what the reader may read: a veiled entry is found by its step alone."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        reader: Any = request.user
        veiled = self._veiled(reader)
        if search_term and veiled:
            by_step = Q(verb__icontains=search_term)
            found = found.exclude(veiled & ~by_step)
        return found, duplicates

    @staticmethod
    def _veiled(reader: User) -> Q:
        """Entries of programmes where the reader may not know who the jurors are."""
        if reader.is_superuser:
            return Q(pk__in=[])
        knows = reader.programmes_as(Role.MANAGER, Role.COORDINATOR, Role.CHAIR, Role.APPROVER)
        return veiled_from(reader) & ~Q(programme_id__in=knows)

    # -- out of the portal --------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """With the table."""
        own = path(
            "export/",
            self.admin_site.admin_view(require_safe(self.export_view)),
            name="portal_auditentry_export",
        )
        return [own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the way to the table for whoever may take it out."""
        context = {
            "may_export": self._may(request, "export"),
            "export_query": request.GET.urlencode(),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """What the compliance officer sees in the list, as CSV; taking it out is an entry too."""
        reader: Any = request.user
        if not self._may(request, "export"):
            raise PermissionDenied
        page = self.get_changelist_instance(request)
        rows = page.get_queryset(request).filter(reader.within("programme_id", Role.COMPLIANCE))
        rows = rows.select_related("actor").order_by("id")
        # Of what stood there when it was asked for: the entry below is the next export's.
        last = rows.values_list("pk", flat=True).last() or 0
        rows = rows.filter(pk__lte=last)
        for key in rows.order_by().values_list("programme_id", flat=True).distinct():
            if key is not None:
                count = rows.filter(programme_id=key).count()
                programme = Programme.objects.get(pk=key)
                audit.read(programme, "export-history", by=reader, facts={"entries": count})
        response = StreamingHttpResponse(
            lines_of(rows, reader), content_type="text/csv; charset=utf-8"
        )
        name = f"history-{timezone.localdate():%Y-%m-%d}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    # -- columns ------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("what"))
    def sentence(self, entry: Any) -> str:
        """The entry in words."""
        told: str = entry.told
        return told

    @admin.display(description=gettext_lazy("reason"))
    def why(self, entry: Any) -> str:
        """Why, as it was given."""
        why: str = entry.why
        return why or "–"

    @admin.display(description=gettext_lazy("key of the record"))
    def key(self, entry: AuditEntry) -> str:
        """By which it is found in the export and in the search."""
        return str(entry.subject_id)

    @admin.display(description=gettext_lazy("about"))
    def record(self, entry: Any) -> str:
        """The record's kind and name, with the way to it where the admin has its page."""
        model = apps.get_model(entry.subject_type)
        kind = capfirst(str(model._meta.verbose_name))
        subject = getattr(entry, "subject", None)
        if subject is None:
            return kind
        try:
            address = reverse(
                f"admin:{model._meta.app_label}_{model._meta.model_name}_change",
                args=[entry.subject_id],
            )
        except NoReverseMatch:
            return f"{kind}: {subject}"
        return format_html('{}: <a href="{}">{}</a>', kind, address, subject)


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        """Answer the line instead of keeping it."""
        return value


def lines_of(rows: QuerySet[AuditEntry], reader: User) -> Iterator[bytes]:
    """CSV, oldest first, a few hundred entries in memory at a time; no cell is a formula."""
    write: Any = csv.writer(_Echo(), quoting=csv.QUOTE_ALL).writerow
    yield b"\xef\xbb\xbf"
    head = [
        *(_("Number"), _("When (UTC)"), _("What"), _("Reason"), _("Who")),
        *(_("Kind of record"), _("Record"), _("Key of the record"), _("Step")),
    ]
    yield str(write([safe(cell) for cell in head])).encode()
    found = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        name_records(chunk, reader)
        teller = Teller(chunk, reader)
        for entry in chunk:
            subject = getattr(entry, "subject", None)
            kind = str(apps.get_model(entry.subject_type)._meta.verbose_name)
            cells = [
                *(str(entry.pk), entry.at.isoformat(), teller.tell(entry), teller.reason(entry)),
                *(teller.who(entry), kind, "" if subject is None else str(subject)),
                *(str(entry.subject_id), entry.verb),
            ]
            yield str(write([safe(cell) for cell in cells])).encode()
