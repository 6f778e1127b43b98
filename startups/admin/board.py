"""The board of a cohort: how each startup and each mentor stands, with pictures and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.staff import ScopedAdmin
from startups.actions import board, board_export
from startups.actions.board_export import MENTORS, STARTUPS
from startups.choices import CohortState
from startups.forms.board import BoardFilterForm
from startups.models import Cohort

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BoardPages(ScopedAdmin[Cohort]):
    """What the admin of cohorts adds for seeing how everybody stands."""

    def board_urls(self) -> list[URLPattern]:
        """The way to the newest board, a board, and its tables."""
        wrap = self.admin_site.admin_view
        return [
            path("board/", wrap(require_safe(self.boards_view)), name="startups_cohort_boards"),
            path(
                "<uuid:pk>/board/",
                wrap(require_safe(self.board_view)),
                name="startups_cohort_board",
            ),
            path(
                "<uuid:pk>/board/<str:table>.<str:kind>",
                wrap(require_safe(self.board_export_view)),
                name="startups_cohort_board_export",
            ),
        ]

    def _cohort(self, request: HttpRequest, pk: UUID) -> Cohort:
        user: Any = request.user
        rows = Cohort.objects.visible_to(user).select_related("programme")
        cohort: Cohort = get_object_or_404(rows, pk=pk)
        if not user.has_perm("startups.view_cohort", cohort):
            raise Http404
        return cohort

    def _board(self, cohort: Cohort, request: HttpRequest) -> tuple[board.Board, BoardFilterForm]:
        """As the address asks for it; what makes no sense there counts as not asked."""
        form = BoardFilterForm(request.GET, cohort=cohort)
        form.is_valid()
        group = form.cleaned_data.get("group")
        found = board.of(
            cohort,
            request.user,  # type: ignore[arg-type]
            group=group.pk if group else None,
            worries=bool(form.cleaned_data.get("worries")),
        )
        return found, form

    def boards_view(self, request: HttpRequest) -> HttpResponse:
        """To the board of the cohort that runs, or the latest; without one to the list."""
        user: Any = request.user
        if not user.has_perm("startups.view_cohort"):
            raise Http404
        mine = Cohort.objects.visible_to(user).exclude(state=CohortState.DRAFT)
        running = mine.filter(starts_on__lte=timezone.localdate()).exclude(state=CohortState.CLOSED)
        newest = running.order_by("-starts_on").first() or mine.order_by("-starts_on").first()
        if newest is None:
            return redirect("admin:startups_cohort_changelist")
        return redirect("admin:startups_cohort_board", newest.pk)

    def board_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Both tables and the pictures."""
        cohort = self._cohort(request, pk)
        found, form = self._board(cohort, request)
        query = request.GET.urlencode()
        exports = [
            (label, _export_url(cohort, table, kind, query))
            for label, table, kind in (
                (_("Startups as CSV"), STARTUPS, "csv"),
                (_("Mentors as CSV"), MENTORS, "csv"),
                (_("Both as XLSX"), "board", "xlsx"),
            )
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Board"),
            "subtitle": cohort.name,
            "cohort": cohort,
            "opts": self.opts,
            "board": found,
            "form": form,
            "is_filtered": any(form.cleaned_data.values()),
            "exports": exports,
            "charts_days": [weeks_chart(found)],
            "charts_bars": [hours_chart(found), goals_chart(found)],
            "silent": sum(line.no_contact for line in found.lines),
        }
        return TemplateResponse(request, "admin/startups/cohort/board.html", context)

    def board_export_view(
        self, request: HttpRequest, pk: UUID, table: str, kind: str
    ) -> HttpResponseBase:
        """What the page shows, as CSV of one table or XLSX of both."""
        if (table, kind) not in {(STARTUPS, "csv"), (MENTORS, "csv"), ("board", "xlsx")}:
            raise Http404
        cohort = self._cohort(request, pk)
        found, _form = self._board(cohort, request)
        board_export.note(found, kind=kind, by=request.user)  # type: ignore[arg-type]
        name = f"{cohort.slug}-{table}-{timezone.localdate():%Y-%m-%d}.{kind}"
        if kind == "xlsx":
            tables = [
                (_("Startups"), board_export.of_startups(found)),
                (_("Mentors"), board_export.of_mentors(found)),
            ]
            return FileResponse(
                board_export.xlsx_file(tables), as_attachment=True, filename=name, content_type=XLSX
            )
        of = board_export.of_startups if table == STARTUPS else board_export.of_mentors
        response = HttpResponse(
            board_export.csv_text(of(found)), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _export_url(cohort: Cohort, table: str, kind: str, query: str) -> str:
    url = reverse("admin:startups_cohort_board_export", args=[cohort.pk, table, kind])
    return f"{url}?{query}" if query else url


def weeks_chart(found: board.Board) -> dict[str, Any]:
    """Sessions that took place, by week."""
    top = max((count for _week, count in found.weeks), default=0)
    return {
        "title": _("Sessions per week"),
        "unit": _("held"),
        "label_head": _("Week from"),
        "note": _("Sessions that were logged, by the cohort's time zone."),
        "days": [
            (date_format(week, "j M"), count, round(100 * count / top))
            for week, count in found.weeks
        ],
    }


def hours_chart(found: board.Board) -> dict[str, Any]:
    """Hours with preparation and travel, the startup with the fewest first."""
    lines = sorted(
        (line for line in found.lines if line.is_in_programme), key=lambda line: line.whole
    )
    top = max((line.whole for line in lines), default=0)
    return {
        "title": _("Hours per startup"),
        "unit": _("hours"),
        "label_head": _("Startup"),
        "note": _("With preparation and travel; the fewest first."),
        "bars": [
            (
                line.name,
                line.whole,
                round(100 * line.whole / top) if top else 0,
                "amber" if line.no_contact else "tide",
            )
            for line in lines
        ],
    }


def goals_chart(found: board.Board) -> dict[str, Any]:
    """How many goals stand at which verdict."""
    counts = {name: sum(line.goals[name] for line in found.lines) for name in board.VERDICTS}
    whole = sum(counts.values())
    return {
        "title": _("Goals by verdict"),
        "unit": _("goals"),
        "label_head": _("Verdict"),
        "note": _("By the latest word of the programme team."),
        "bars": [
            (str(word), counts[name], round(100 * counts[name] / whole), tone)
            for name, (word, tone) in board.VERDICTS.items()
        ]
        if whole
        else [],
    }
