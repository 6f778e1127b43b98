"""Filters of the list of applications, as words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import F
from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import ApplicationState
from challenges.models import Application, Call
from challenges.rules import APPLICATION_READERS
from portal.models import Label

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class CallFilter(admin.SimpleListFilter):
    """The calls of one's programmes, newest first."""

    title = gettext_lazy("call")
    parameter_name = "call"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Calls whose applications the person reads."""
        del model_admin
        user: Any = request.user
        calls = Call.objects.filter(user.within("programme", *APPLICATION_READERS))
        return [
            (str(key), title)
            for key, title in calls.order_by("-closes_at").values_list("pk", "title")[:50]
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> QuerySet[Application]:
        """The applications of one call; a key that is none finds nothing."""
        del request
        if not self.value():
            return queryset
        known = {key for key, _title in self.lookup_choices}
        key: Any = self.value()
        return queryset.filter(call=key) if key in known else queryset.none()


class StateFilter(admin.SimpleListFilter):
    """Where it stands, in the words of the work."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every state."""
        del request, model_admin
        return [(state.value, str(state.label)) for state in ApplicationState]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> QuerySet[Application]:
        """The applications in one state."""
        del request
        return queryset.filter(state=self.value()) if self.value() else queryset


class ResponsibleFilter(admin.SimpleListFilter):
    """Whose work it is."""

    title = gettext_lazy("responsible")
    parameter_name = "responsible"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Mine, or nobody's."""
        del request, model_admin
        return [("me", _("I")), ("nobody", _("nobody"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> QuerySet[Application]:
        """Mine, or nobody's."""
        user: Any = request.user
        if self.value() == "me":
            return queryset.filter(responsible=user)
        return queryset.filter(responsible=None) if self.value() == "nobody" else queryset


class JuryFilter(admin.SimpleListFilter):
    """Whether enough people read it."""

    title = gettext_lazy("reviews")
    parameter_name = "reviews"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Nobody reads it, some are missing, all are in."""
        del request, model_admin
        return [("none", _("no juror")), ("open", _("some missing")), ("all", _("all in"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> QuerySet[Application]:
        """By the counts the list keeps."""
        del request
        if self.value() == "none":
            return queryset.awaiting_decision().filter(assigned_count=0)  # type: ignore[attr-defined, no-any-return]
        if self.value() == "open":
            return queryset.filter(assigned_count__gt=F("review_count"))
        if self.value() == "all":
            return queryset.filter(assigned_count__gt=0, assigned_count=F("review_count"))
        return queryset


class LabelFilter(admin.SimpleListFilter):
    """One of the programme's labels."""

    title = gettext_lazy("label")
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The labels of one's programmes."""
        del model_admin
        labels = Label.objects.visible_to(request.user)  # type: ignore[arg-type]
        return [(str(key), name) for key, name in labels.values_list("pk", "name")[:50]]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> QuerySet[Application]:
        """The applications that carry it."""
        del request
        if not self.value():
            return queryset
        known = {key for key, _name in self.lookup_choices}
        key: Any = self.value()
        return queryset.filter(labels=key) if key in known else queryset.none()
