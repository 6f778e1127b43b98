"""Coaching sessions for staff: a log to read, without private notes; one page for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import Http404
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy

from portal.staff import ReadOnlyAdmin
from startups.models import CoachingSession

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@admin.register(CoachingSession)
class CoachingSessionAdmin(ReadOnlyAdmin[CoachingSession]):
    """Sessions of one's cohorts, the newest first."""

    when_empty = gettext_lazy("No session yet. Mentors plan and log them on their own pages.")
    when_empty_go = (gettext_lazy("See who coaches whom"), "admin:startups_mentoring_changelist")
    list_display = ("day", "startup", "mentor", "state_word", "contact", "all_hours")
    list_display_links = ("day",)
    list_filter = ("state", "place__cohort", "mentor")
    list_select_related = ("place__startup", "mentor__user")
    search_fields = (
        "place__startup__legal_name",
        "place__startup__trading_name",
        "mentor__user__email",
        "topic",
    )
    ordering = ("-starts_at", "pk")
    fields = ("place", "mentor", "starts_at", "state")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """There is one page for a session."""
        del form_url, extra_context
        session = self.get_object(request, object_id)
        if session is None:
            raise Http404
        return redirect(session)

    @admin.display(description=gettext_lazy("day"), ordering="starts_at")
    def day(self, session: CoachingSession) -> str:
        """When, on the reader's clock."""
        return date_format(localtime(session.starts_at), "D j M Y, H:i")

    @admin.display(description=gettext_lazy("startup"), ordering="place__startup__legal_name")
    def startup(self, session: CoachingSession) -> str:
        """Who was coached."""
        return session.place.startup.name

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, session: CoachingSession) -> str:
        """How far it has come."""
        return session.get_state_display()

    @admin.display(description=gettext_lazy("minutes together"), ordering="minutes_contact")
    def contact(self, session: CoachingSession) -> str:
        """As logged."""
        return "–" if session.minutes_contact is None else str(session.minutes_contact)

    @admin.display(description=gettext_lazy("hours in all"))
    def all_hours(self, session: CoachingSession) -> str:
        """With preparation and travel."""
        return f"{session.minutes / 60:.1f}" if session.is_held else "–"
