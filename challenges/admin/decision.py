"""Decisions for staff: to look up; they are made on the ranking page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from challenges.admin.ranking import TONES
from challenges.admin.state import state_html
from challenges.choices import Outcome
from challenges.models import Decision
from portal.staff import ReadOnlyAdmin

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin[Decision]):
    """Decisions, prepared and sent: to look up; they are made on the ranking page."""

    when_empty = gettext_lazy(
        "Nothing is decided yet. Decisions are prepared in the ranking of a call."
    )
    when_empty_go = (gettext_lazy("Open the rankings"), "admin:challenges_application_rankings")
    list_display = (
        "reference",
        "startup_name",
        "call_title",
        "outcome_word",
        "prepared_by",
        "when_sent",
    )
    list_display_links = ("reference",)
    list_filter = ("outcome", ("sent_at", admin.EmptyFieldListFilter))
    search_fields = (
        "application__reference",
        "application__startup__legal_name",
        "application__startup__trading_name",
    )
    ordering = ("-created_at",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        """With what the list shows."""
        return (
            super()
            .get_queryset(request)
            .select_related("application__call", "application__startup", "prepared_by")
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A decision is read on the page of its application."""
        del form_url, extra_context
        decision = self.get_object(request, object_id)
        if decision is None:
            raise Http404
        return redirect(
            reverse("admin:challenges_application_change", args=[decision.application_id])
            + "#decision"
        )

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, decision: Decision) -> str:
        """Of the application."""
        return decision.application.reference

    @admin.display(description=gettext_lazy("organisation"))
    def startup_name(self, decision: Decision) -> str:
        """Who applied."""
        return decision.application.startup.name

    @admin.display(description=gettext_lazy("call"))
    def call_title(self, decision: Decision) -> str:
        """For which call."""
        return decision.application.call.title

    @admin.display(description=gettext_lazy("outcome"), ordering="outcome")
    def outcome_word(self, decision: Decision) -> str:
        """The outcome with its sign."""
        return state_html(decision.get_outcome_display(), TONES[Outcome(decision.outcome)])

    @admin.display(description=gettext_lazy("sent"), ordering="sent_at")
    def when_sent(self, decision: Decision) -> Any:
        """When the letter went out."""
        return decision.sent_at or _("prepared, not sent")
