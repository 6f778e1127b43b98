"""The audit trail in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy

from portal.models import (
    AuditEntry,
)
from portal.staff import ReadOnlyAdmin, sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest


class TrailPage(ChangeList):
    """A page of the trail with the names of its records, read in one query for each kind."""

    def get_results(self, request: HttpRequest) -> None:
        """Name the records the reader may see; of others only the kind is said."""
        super().get_results(request)
        names: dict[tuple[str, Any], Any] = {}
        entries: list[Any] = list(self.result_list)
        for label in {entry.subject_type for entry in entries}:
            rows: Any = apps.get_model(label)._default_manager
            if hasattr(rows, "visible_to"):
                keys = {entry.subject_id for entry in entries if entry.subject_type == label}
                seen = rows.visible_to(request.user)
                # A record that names others brings them along, or each row would ask again.
                seen = seen.for_list() if hasattr(seen, "for_list") else seen
                found = seen.in_bulk(list(keys))
                names |= {(label, key): record for key, record in found.items()}
        for entry in entries:
            entry.subject = names.get((entry.subject_type, entry.subject_id))
        self.result_list = entries


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """What happened, in order."""

    list_display = ("at", "sentence", "record", "who", "reason")
    list_filter = ("verb",)
    list_select_related = ("actor",)
    search_fields = ("verb", "reason", "actor__email", "subject_id")
    search_help_text = gettext_lazy("Step, reason, address of a person, or key of a record")
    ordering = ("-id",)
    fields = ("at", "sentence", "record", "who", "reason", "subject_id")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """With the names of the records."""
        del request, kwargs
        return TrailPage

    @admin.display(description=gettext_lazy("what"))
    def sentence(self, entry: AuditEntry) -> str:
        """The entry in words."""
        return sentence_of(entry)

    @admin.display(description=gettext_lazy("who"), ordering="actor")
    def who(self, entry: AuditEntry) -> str:
        """The person, or the portal itself."""
        return entry.actor.shown_name if entry.actor else _("the portal")

    @admin.display(description=gettext_lazy("about"))
    def record(self, entry: Any) -> str:
        """The record's kind and name, with the way to it where the admin has its page."""
        model = apps.get_model(entry.subject_type)
        kind = str(model._meta.verbose_name).capitalize()
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
