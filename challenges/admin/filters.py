"""Filters of the lists of applications and of reviews, as words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import F
from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import AT_WORK, UNFINISHED, ApplicationState, AssignmentState
from challenges.models import Application, Call, ReviewAssignment
from challenges.rules import APPLICATION_READERS
from portal.models import Label

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        return [("me", _("mine")), ("nobody", _("nobody’s"))]

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
        """Too few people read it, they still read, all have written."""
        del request, model_admin
        return [
            ("lacking", _("lacks jurors")),
            ("open", _("waits for reviews")),
            ("all", _("all reviews in")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> QuerySet[Application]:
        """By the counts the list keeps."""
        del request
        wanted = F("call__reviewers_wanted")
        if self.value() == "lacking":
            return queryset.awaiting_decision().filter(assigned_count__lt=wanted)  # type: ignore[attr-defined, no-any-return]
        if self.value() == "open":
            return queryset.filter(assigned_count__gt=F("review_count"))
        if self.value() == "all":
            return queryset.filter(assigned_count__gte=wanted, assigned_count=F("review_count"))
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
    """How far it has come, in words; who only reviews begins with what is to do."""

    title = gettext_lazy("state")
    parameter_name = "work"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.begins_with = (
            "all" if request.user.has_perm("challenges.assign_application") else "todo"
        )
        super().__init__(request, *args)

    def value(self) -> str:
        """What was chosen, or what the person begins with."""
        return super().value() or self.begins_with

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All, to do, done, and what fell out."""
        del request, model_admin
        return [
            ("all", _("All")),
            ("todo", _("to do")),
            ("done", _("reviewed")),
            ("out", _("conflict, handed back or taken off")),
        ]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Without Django's own “All”: ours has an address, so that it can be chosen."""
        found = super().choices(changelist)
        next(found)
        return found

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ReviewAssignment]
    ) -> QuerySet[ReviewAssignment]:
        """The rows of the chosen word."""
        del request
        if self.value() == "todo":
            return queryset.filter(state__in=UNFINISHED)
        if self.value() == "done":
            return queryset.filter(state=AssignmentState.DONE)
        if self.value() == "out":
            return queryset.exclude(state__in=AT_WORK)
        return queryset
