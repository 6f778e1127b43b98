"""Duplicates of an organisation: which records look alike, what merging would do, undoing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal import clock
from portal.staff import ReadOnlyAdmin
from portal.workflow import StepRefused
from startups import actions
from startups.forms import MergeForm
from startups.models import Merge, Startup, likely_pairs, likely_same

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern

#: Why two records look like one.
WHY = {
    "name": gettext_lazy("similar name"),
    "number": gettext_lazy("same registration number"),
    "website": gettext_lazy("same website"),
}
FOUND = 20


class MergePages(ReadOnlyAdmin[Startup]):
    """From two records to one, and back."""

    def merge_urls(self) -> list[URLPattern]:
        """The list of likely duplicates, the choice, the preview, undoing."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "duplicates/",
                wrap(require_safe(self.duplicates_view)),
                name="startups_startup_duplicates",
            ),
            path(
                "<uuid:object_id>/merge/",
                wrap(require_safe(self.merge_choose_view)),
                name="startups_startup_merge_choose",
            ),
            path(
                "<uuid:object_id>/merge/<uuid:gone_id>/",
                wrap(require_http_methods(["GET", "HEAD", "POST"])(self.merge_view)),
                name="startups_startup_merge",
            ),
            path(
                "merges/<uuid:merge_id>/undo/",
                wrap(require_POST(self.merge_undo_view)),
                name="startups_startup_merge_undo",
            ),
        ]

    def duplicates_view(self, request: HttpRequest) -> HttpResponse:
        """Pairs that look like one organisation."""
        user: Any = request.user
        if not user.has_perm("startups.merge_startup"):
            raise Http404
        pairs = [
            {"one": one, "other": other, "why": ", ".join(str(WHY[key]) for key in why)}
            for one, other, why in likely_pairs(user)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Likely duplicates"),
            "opts": self.opts,
            "pairs": pairs,
        }
        return TemplateResponse(request, "startups/admin/duplicates.html", context)

    def merge_choose_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Which other record is the same organisation."""
        startup = self._mergeable(request, object_id)
        user: Any = request.user
        query = request.GET.get("q", "").replace("\0", "").strip()[:100]
        found = Startup.objects.visible_to(user).exclude(pk=startup.pk)
        context = {
            **self._merge_context(request, startup),
            "title": _("Merge %(name)s with another record") % {"name": startup.name},
            "query": query,
            "likely": [] if query else likely_same(startup, user),
            "found": list(found.alike(query).order_by("legal_name")[:FOUND]) if query else [],
        }
        return TemplateResponse(request, "startups/admin/merge_choose.html", context)

    def merge_view(self, request: HttpRequest, object_id: UUID, gone_id: UUID) -> HttpResponse:
        """What merging would do; then doing it."""
        kept = self._mergeable(request, object_id)
        gone = self._mergeable(request, gone_id)
        user: Any = request.user
        preview = actions.preview_of(kept=kept, gone=gone)
        may = user.has_perm("startups.add_merge", Merge(kept=kept, gone=gone))
        form = MergeForm(
            request.POST if request.method == "POST" else None,
            differing=preview.differing,
            initial={"seen": preview.seen},
        )
        if request.method == "POST" and may and form.is_valid():
            try:
                actions.merge(
                    kept=kept,
                    gone=gone,
                    take=form.taken(),
                    seen=form.cleaned_data["seen"],
                    reason=form.cleaned_data["reason"],
                    by=user,
                )
            except StepRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                text = _("Merged. All members get a letter. You can undo this below.")
                self.message_user(request, text, messages.SUCCESS)
                return redirect(self._record_url(kept))
        context = {
            **self._merge_context(request, kept),
            "title": _("Merge two records into one"),
            "preview": preview,
            "form": form,
            "may": may,
        }
        return TemplateResponse(request, "startups/admin/merge.html", context)

    def merge_undo_view(self, request: HttpRequest, merge_id: UUID) -> HttpResponse:
        """Part two records again."""
        user: Any = request.user
        merge = get_object_or_404(Merge.objects.visible_to(user), pk=merge_id)
        try:
            actions.undo(merge=merge, reason=request.POST.get("reason", ""), by=user)
        except StepRefused as refusal:
            if refusal.permission:
                raise Http404 from refusal
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            text = _("Undone. The two records stand apart again. All members get a letter.")
            self.message_user(request, text, messages.SUCCESS)
        return redirect(self._record_url(merge.kept))

    def merges_of(self, request: HttpRequest, startup: Startup) -> dict[str, Any]:
        """For the record's page: what was merged into it, and what of that can be undone."""
        user: Any = request.user
        now = clock.database_now()
        merges = list(Merge.objects.filter(kept=startup).select_related("gone", "by"))
        return {
            "may_merge": user.has_perm("startups.merge_startup", startup),
            "merges": [
                {
                    "merge": merge,
                    "may_undo": merge.may_be_undone_at(now)
                    and user.has_perm("startups.undo_merge", merge),
                }
                for merge in merges
            ],
        }

    def _mergeable(self, request: HttpRequest, key: UUID) -> Startup:
        user: Any = request.user
        startup = get_object_or_404(Startup.objects.visible_to(user), pk=key)
        if not user.has_perm("startups.merge_startup", startup):
            raise Http404
        return startup

    def _merge_context(self, request: HttpRequest, startup: Startup) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "startup": startup,
            "original": startup,
            "opts": self.opts,
        }

    @staticmethod
    def _record_url(startup: Startup) -> str:
        return reverse("admin:startups_startup_change", args=[startup.pk])
