"""Filters of the lists of applications and of reviews, as words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import F
from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import AT_WORK, ApplicationState, AssignmentState
from challenges.models import Application, Call, ReviewAssignment
from challenges.rules import APPLICATION_READERS
from portal.models import Label

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class OfferedKeyFilter(admin.SimpleListFilter):
    """Records to choose from; a key that is not offered finds nothing."""

    #: Where in an application the chosen record stands.
    lookup: str

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> QuerySet[Application]:
        """The applications with the chosen record."""
        del request
        key: Any = self.value()
        if not key:
            return queryset
        offered = {known for known, _label in self.lookup_choices}
        return queryset.filter(**{self.lookup: key}) if key in offered else queryset.none()


class CallFilter(OfferedKeyFilter):
    """The calls of one's programmes, newest first."""

    title = gettext_lazy("call")
    parameter_name = "call"
    lookup = "call"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Calls whose applications the person reads."""
        del model_admin
        user: Any = request.user
        calls = Call.objects.filter(user.within("programme", *APPLICATION_READERS))
        return [
            (str(key), title)
            for key, title in calls.order_by("-closes_at").values_list("pk", "title")[:50]
        ]


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


class LabelFilter(OfferedKeyFilter):
    """One of the programme's labels."""

    title = gettext_lazy("label")
    parameter_name = "label"
    lookup = "labels"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The labels of one's programmes."""
        del model_admin
        labels = Label.objects.visible_to(request.user)  # type: ignore[arg-type]
        return [(str(key), name) for key, name in labels.values_list("pk", "name")[:50]]


class MineFilter(admin.SimpleListFilter):
    """My own queue, or everybody's; only who leads reviews is asked."""

    title = gettext_lazy("whose")
    parameter_name = "whose"

    def has_output(self) -> bool:
        """Always: a juror with one queue reads it as words."""
        return True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Everybody's comes first in Django as “All”."""
        del request, model_admin
        return [("mine", _("my own"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ReviewAssignment]
    ) -> QuerySet[ReviewAssignment]:
        """Only my own where asked."""
        user: Any = request.user
        return queryset.filter(reviewer=user) if self.value() == "mine" else queryset


class WorkFilter(admin.SimpleListFilter):
    """How far it has come, in words."""

    title = gettext_lazy("state")
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """To do, done, and what fell out."""
        del request, model_admin
        return [
            ("todo", _("to do")),
            ("done", _("reviewed")),
            ("out", _("conflict, handed back or taken off")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ReviewAssignment]
    ) -> QuerySet[ReviewAssignment]:
        """The rows of the chosen word."""
        del request
        if self.value() == "todo":
            return queryset.filter(state__in=[AssignmentState.ASSIGNED, AssignmentState.READING])
        if self.value() == "done":
            return queryset.filter(state=AssignmentState.DONE)
        if self.value() == "out":
            return queryset.exclude(state__in=AT_WORK)
        return queryset
