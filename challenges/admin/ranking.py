"""Ranking, prepared decisions and sending the results: pages under the list of applications."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from challenges.actions.decision import (
    StaleDecision,
    letter_for,
    mark_of,
    prepare,
    prospect_of,
    send_results,
)
from challenges.choices import HANDED_IN, Lateness, Outcome
from challenges.forms.decision import RankingRowForm, SendForm
from challenges.models import SCORE, Application, Call, Decision, unconfirmed
from challenges.rules import DECIDERS, REVIEW_LEADS
from challenges.workflow.decision import AWAITING
from portal.http import still_you
from portal.staff import ScopedAdmin
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

PER_PAGE = 50
TONES = {
    Outcome.SELECTED: "moss",
    Outcome.RESERVE: "amber",
    Outcome.NOT_SELECTED: "fog",
    Outcome.INELIGIBLE: "ink",
}


def count_of(rows: QuerySet[Any], by: str) -> Coalesce:
    """How many rows, in a query of its own: a clock beside a Count would be grouped by."""
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def lateness_in_line(call: Call, application: Any) -> str:
    """How one that came after the published deadline was taken; the row brings what it needs."""
    at = application.submitted_at
    if at is None or at < call.closes_at:
        return ""
    if application.is_unconfirmed:
        return str(Lateness.UNCONFIRMED.label)
    own = application.extended_until is not None and at < application.extended_until
    return str((Lateness.EXTENDED if own else Lateness.GRACE).label)


class RankingPages(ScopedAdmin[Application]):
    """What the admin of applications adds for decisions."""

    def ranking_urls(self) -> list[URLPattern]:
        """Ranking of all calls, of one call, and sending its results."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "ranking/",
                wrap(require_safe(self.rankings_view)),
                name="challenges_application_rankings",
            ),
            path(
                "ranking/<uuid:call_id>/",
                wrap(require_http_methods(["GET", "HEAD", "POST"])(self.ranking_view)),
                name="challenges_application_ranking",
            ),
            path(
                "ranking/<uuid:call_id>/results/",
                wrap(require_http_methods(["GET", "HEAD", "POST"])(still_you(self.results_view))),
                name="challenges_application_results",
            ),
        ]

    def _calls(self, request: HttpRequest) -> Any:
        """The calls whose ranking the person may read."""
        user: Any = request.user
        return Call.objects.filter(
            user.within("programme", *{*DECIDERS, *REVIEW_LEADS})
        ).select_related("programme")

    def _call(self, request: HttpRequest, call_id: UUID) -> Call:
        call: Call = get_object_or_404(self._calls(request).with_phase(), pk=call_id)
        return call

    def rankings_view(self, request: HttpRequest) -> HttpResponse:
        """Each call with how far its decisions have come."""
        if not (
            request.user.has_perm("challenges.view_decision")
            or request.user.has_perm("challenges.assign_application")
        ):
            raise Http404
        applications = Application.objects.filter(call=OuterRef("pk"))
        prepared = Decision.objects.prepared().filter(
            application__call=OuterRef("pk"), application__state__in=AWAITING
        )
        calls = (
            self._calls(request)
            .with_phase()
            .annotate(
                handed_in=count_of(applications.filter(state__in=HANDED_IN), "call"),
                waiting=count_of(applications.filter(state__in=AWAITING), "call"),
                prepared=count_of(prepared, "application__call"),
            )
            .order_by("-waiting", "-closes_at")
        )
        page = Paginator(calls, PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Ranking and selection"),
            "opts": self.opts,
            "page": page,
            "may_decide": request.user.has_perm("challenges.view_decision"),
        }
        return TemplateResponse(request, "admin/challenges/application/rankings.html", context)

    def ranked(self, request: HttpRequest, call: Call) -> QuerySet[Application]:
        """The applications of a call by mean score, as the index keeps them."""
        return (
            self.get_queryset(request)
            .filter(call=call, state__in=HANDED_IN)
            .annotate(is_unconfirmed=unconfirmed())
            .select_related("startup")
            .order_by(SCORE.desc(), "-pk")
        )

    def ranking_view(self, request: HttpRequest, call_id: UUID) -> HttpResponse:
        """The table by mean score with the cut line, and what is prepared for each."""
        call = self._call(request, call_id)
        may_decide = request.user.has_perm("challenges.prepare_decision", call)
        rows = self.ranked(request, call)
        if may_decide:
            rows = rows.prefetch_related(
                Prefetch(
                    "decisions",
                    queryset=Decision.objects.select_related("prepared_by"),
                    to_attr="known_decisions",
                )
            )
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        status = 200
        lines = [
            self._line(call, application, page, place)
            for place, application in enumerate(page, start=page.start_index())
        ]
        if request.method == "POST":
            if not may_decide:
                raise Http404
            status = self._save_rows(request, call, lines)
            if status == HTTPStatus.OK:
                return redirect(f"{request.path}?page={page.number}")
        prospect = prospect_of(call) if may_decide else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Ranking and selection"),
            "subtitle": call.title,
            "opts": self.opts,
            "call": call,
            "page": page,
            "lines": lines,
            "may_decide": may_decide,
            "may_send": request.user.has_perm("challenges.send_results", call),
            "may_offer": call.feeds_id is not None
            and request.user.has_perm("challenges.offer_place_application", call),
            "may_export": request.user.has_perm("challenges.export_application", call),
            "prospect": prospect,
            "counts": [
                (outcome.label, count, TONES[outcome]) for outcome, count in prospect.decided
            ]
            if prospect
            else [],
        }
        return TemplateResponse(
            request, "admin/challenges/application/ranking.html", context, status=status
        )

    @staticmethod
    def _line(call: Call, application: Application, page: Any, place: int) -> dict[str, Any]:
        known: list[Decision] = getattr(application, "known_decisions", [])
        prepared = next((each for each in known if each.sent_at is None), None)
        sent = next((each for each in known if each.sent_at is not None), None)
        form = None
        if application.state in AWAITING:
            form = RankingRowForm(
                prefix=f"r{application.pk.hex}",
                initial={
                    "outcome": prepared.outcome if prepared else "",
                    "reason": prepared.reason if prepared else "",
                    "seen": mark_of(prepared),
                },
            )
        return {
            "place": place,
            "application": application,
            "lateness": lateness_in_line(call, application),
            "prepared": prepared,
            "sent": sent,
            "form": form,
            # Drawn under the last row that has a place, and only where there is a row below it.
            "cut": place == call.places and place < page.paginator.count,
        }

    def _save_rows(self, request: HttpRequest, call: Call, lines: list[dict[str, Any]]) -> int:
        """Prepare what was changed on this page; every row by itself, so that none is lost."""
        user: Any = request.user
        del call
        saved, status = 0, 200
        for line in lines:
            application = line["application"]
            prefix = f"r{application.pk.hex}"
            if line["form"] is None or f"{prefix}-seen" not in request.POST:
                continue
            form = RankingRowForm(request.POST, prefix=prefix)
            line["form"] = form
            prepared = line["prepared"]
            if not form.is_valid():
                status = 422
                continue
            wanted = (form.cleaned_data["outcome"], form.cleaned_data["reason"])
            stands = (prepared.outcome, prepared.reason) if prepared else ("", "")
            if wanted == stands or (not wanted[0] and not stands[0]):
                continue
            try:
                prepare(
                    application=application,
                    outcome=wanted[0],
                    reason=wanted[1],
                    by=user,
                    seen=form.cleaned_data["seen"],
                )
                saved += 1
            except StepRefused as refusal:
                status = 409
                line["refusal"] = str(refusal)
                if isinstance(refusal, StaleDecision):
                    line["stale"] = refusal.stored
                    again = request.POST.copy()
                    again[f"{prefix}-seen"] = mark_of(refusal.stored)
                    line["form"] = RankingRowForm(again, prefix=prefix)
        if saved:
            messages.success(
                request,
                ngettext("%d decision saved.", "%d decisions saved.", saved) % saved,
            )
        elif status == HTTPStatus.OK:
            messages.info(request, _("Nothing was changed."))
        return status

    def results_view(self, request: HttpRequest, call_id: UUID) -> HttpResponse:
        """Each kind of letter as it will read, numbers, people; then send, once."""
        call = self._call(request, call_id)
        user: Any = request.user
        if not user.has_perm("challenges.view_decision", call):
            raise Http404
        form = SendForm(request.POST or None)
        status = 200
        if request.method == "POST":
            if not user.has_perm("challenges.send_results", call):
                raise Http404
            if form.is_valid() and self._send(request, call, form):
                return redirect("admin:challenges_application_ranking", call.pk)
            status = 409
        prospect = prospect_of(call)
        chosen = request.GET.get("letter", "")
        kinds = []
        for outcome, count in prospect.counts:
            of_kind = [each for each in prospect.decisions if each.outcome == outcome]
            if not of_kind:
                continue
            shown = next((each for each in of_kind if str(each.pk) == chosen), of_kind[0])
            kinds.append(
                {
                    "outcome": outcome,
                    "label": outcome.label,
                    "tone": TONES[outcome],
                    "count": count,
                    "decisions": of_kind,
                    "shown": shown,
                    "letter": letter_for(shown, user),
                }
            )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Send the results"),
            "subtitle": call.title,
            "opts": self.opts,
            "call": call,
            "prospect": prospect,
            "kinds": kinds,
            "form": SendForm(initial={"seen": prospect.mark}),
            "may_send": user.has_perm("challenges.send_results", call),
        }
        return TemplateResponse(
            request, "admin/challenges/application/results.html", context, status=status
        )

    @staticmethod
    def _send(request: HttpRequest, call: Call, form: SendForm) -> bool:
        user: Any = request.user
        try:
            sent = send_results(
                call=call,
                by=user,
                only_prepared=form.cleaned_data["only_prepared"],
                seen=form.cleaned_data["seen"],
            )
        except StepRefused as refusal:
            if refusal.permission:
                raise Http404 from refusal
            messages.error(request, str(refusal))
            return False
        total = sum(sent.values())
        messages.success(
            request,
            ngettext(
                "%(count)d result is sent. The letters are on their way.",
                "%(count)d results are sent. The letters are on their way.",
                total,
            )
            % {"count": total},
        )
        return True
