"""Filters of the list of applications under a name: saved, listed, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from challenges.actions.saved import delete_filter, save_filter
from challenges.forms.message import SaveFilterForm
from challenges.models import Application, SavedFilter
from portal.choices import Role
from portal.models import Programme
from portal.staff import ReadOnlyAdmin
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern

    from portal.models import User

#: What a list takes besides its filters: the search and the order.
BESIDES = ("q", "o")


class SavedFilterPages(ReadOnlyAdmin[Application]):
    """Questions to the list that somebody asks again."""

    def saved_filter_urls(self) -> list[URLPattern]:
        """Saving and deleting."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "filters/save/",
                wrap(require_POST(self.filter_save_view)),
                name="challenges_application_filter_save",
            ),
            path(
                "filters/<uuid:filter_id>/delete/",
                wrap(require_POST(self.filter_delete_view)),
                name="challenges_application_filter_delete",
            ),
        ]

    def filters_context(self, request: HttpRequest) -> dict[str, Any]:
        """The line above the list, and the form for the filter that is on."""
        user: Any = request.user
        asked = self._allowed(request, request.GET.items())
        return {
            "saved_filters": [
                {"saved": saved, "on": saved.query == asked, "own": saved.owner_id == user.pk}
                for saved in SavedFilter.objects.visible_to(user).select_related("programme")
            ],
            "filter_form": SaveFilterForm(_shared_with(user), initial={"query": asked})
            if asked
            else None,
        }

    def _allowed(self, request: HttpRequest, pairs: Any) -> str:
        """Only the parameters the list itself sends, in one order."""
        names = {getattr(entry, "parameter_name", None) for entry in self.get_list_filter(request)}
        kept = sorted(
            (name, value)
            for name, value in pairs
            if (name in names or name in BESIDES) and value and "\0" not in value
        )
        return urlencode(kept)

    def filter_save_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the filter that is on."""
        user: Any = request.user
        if not self.has_view_permission(request):
            raise Http404
        form = SaveFilterForm(_shared_with(user), request.POST)
        query = self._allowed(request, QueryDict(request.POST.get("query", "")[:500]).items())
        if not form.is_valid():
            for errors in form.errors.values():
                messages.error(request, " ".join(str(error) for error in errors))
            return self._to_list(query)
        try:
            save_filter(
                name=form.cleaned_data["name"],
                query=query,
                programme=form.cleaned_data["shared"] or None,
                by=user,
            )
        except StepRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The filter is kept above the list."))
        return self._to_list(query)

    def filter_delete_view(self, request: HttpRequest, filter_id: UUID) -> HttpResponse:
        """Delete one's own."""
        user: Any = request.user
        saved = get_object_or_404(SavedFilter.objects.visible_to(user), pk=filter_id)
        try:
            delete_filter(saved=saved, by=user)
        except StepRefused as refusal:
            raise Http404 from refusal
        messages.success(request, _("The filter is deleted. The applications stay."))
        return self._to_list("")

    @staticmethod
    def _to_list(query: str) -> HttpResponse:
        address = reverse("admin:challenges_application_changelist")
        pairs = parse_qsl(query)
        return redirect(f"{address}?{urlencode(pairs)}" if pairs else address)


def _shared_with(user: User) -> list[Programme]:
    """The programmes whose people one may give a filter to."""
    rows = Programme.objects.filter(user.within("pk", Role.MANAGER, Role.COORDINATOR))
    return list(rows.order_by("name"))
