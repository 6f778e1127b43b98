"""Taking the applications of a call out as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import FileResponse, Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from challenges.actions import export
from challenges.models import Application, Call
from challenges.rules import APPLICATION_READERS, CALL_READERS
from portal.staff import ScopedAdmin
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

    from portal.models import User

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_staff(applications: QuerySet[Application], user: User) -> QuerySet[Application]:
    """Those one reads as staff of the call's programme, and never of one's own startup."""
    return applications.filter(user.within("call__programme", *APPLICATION_READERS)).exclude(
        startup__in=user.memberships.values("startup")
    )


class ExportPages(ScopedAdmin[Application]):
    """What the admin of applications adds for taking them out."""

    def export_urls(self) -> list[URLPattern]:
        """The table of one call."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "export/<uuid:call_id>/<str:kind>/",
                wrap(require_safe(self.export_view)),
                name="challenges_application_export",
            ),
        ]

    def export_view(self, request: HttpRequest, call_id: UUID, kind: str) -> HttpResponseBase:
        """All applications of a call as CSV or XLSX."""
        user: Any = request.user
        call = get_object_or_404(
            Call.objects.filter(user.within("programme", *CALL_READERS)), pk=call_id
        )
        if kind not in {"csv", "xlsx"}:
            raise Http404
        # The same rows as the list's, without what only the list shows.
        rows = as_staff(Application.objects.visible_to(user), user)
        try:
            sheet = export.begin(call=call, applications=rows, by=user, kind=kind)
        except StepRefused as refusal:
            raise Http404 from refusal
        name = f"{call.slug}-{timezone.localdate():%Y-%m-%d}.{kind}"
        if kind == "csv":
            response = StreamingHttpResponse(
                export.csv_lines(sheet), content_type="text/csv; charset=utf-8"
            )
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            return response
        return FileResponse(
            export.xlsx_file(sheet), as_attachment=True, filename=name, content_type=XLSX
        )
