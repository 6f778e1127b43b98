"""Submitted versions for staff: one beside the other, and each as a PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from challenges.admin.record import RecordPages
from challenges.papers import paper_of, versions_of
from portal import audit

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern

    from challenges.models import Application


class VersionPages(RecordPages):
    """The pages of submitted versions, for whoever reads the application."""

    def record_urls(self) -> list[URLPattern]:
        """With those of its versions."""
        return [
            path(
                "<uuid:object_id>/versions/",
                self.admin_site.admin_view(self.versions_view),
                name="challenges_application_versions",
            ),
            path(
                "<uuid:object_id>/versions/<int:number>/pdf/",
                self.admin_site.admin_view(self.pdf_view),
                name="challenges_application_pdf",
            ),
            *super().record_urls(),
        ]

    def _readable(self, request: HttpRequest, object_id: UUID) -> Application:
        application = self._found(request, object_id)
        if not request.user.has_perm("challenges.read_application", application):
            raise Http404
        return application

    def versions_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Every submitted version, and what differs between two of them."""
        application = self._readable(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            **versions_of(application, request.GET),
            "title": _("Submitted versions"),
            "subtitle": str(application),
            "application": application,
            "original": application,
            "opts": self.opts,
            "for_staff": True,
        }
        return TemplateResponse(request, "admin/challenges/application/versions.html", context)

    def pdf_view(self, request: HttpRequest, object_id: UUID, number: int) -> HttpResponse:
        """One submitted version as a PDF; that it was taken is kept in the history."""
        application = self._readable(request, object_id)
        user: Any = request.user
        revision = get_object_or_404(
            application.revisions.select_related("submitted_by"), number=number
        )
        response = paper_of(application, revision, reader=user)
        audit.read(application, "download-version", by=user, facts={"version": number})
        return response
