"""Offers to take part: made to those who were selected, then to the reserve list in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods

from challenges.actions.offer import left_in, make_offer
from challenges.choices import ApplicationState
from challenges.forms.offer import OffersForm
from challenges.models import Application, Call
from challenges.rules import CALL_READERS
from portal.staff import ScopedAdmin

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern


class OfferPages(ScopedAdmin[Application]):
    """What the admin of applications adds for offers."""

    def offer_urls(self) -> list[URLPattern]:
        """The page of a call's offers."""
        view = require_http_methods(["GET", "HEAD", "POST"])(self.offers_view)
        return [
            path(
                "ranking/<uuid:call_id>/offers/",
                self.admin_site.admin_view(view),
                name="challenges_application_offers",
            )
        ]

    def offers_view(self, request: HttpRequest, call_id: UUID) -> HttpResponse:
        """Who is offered to take part until when, on which terms; what became of earlier ones."""
        user: Any = request.user
        calls = Call.objects.filter(user.within("programme", *CALL_READERS))
        call = get_object_or_404(calls.select_related("programme", "feeds"), pk=call_id)
        if not user.has_perm("challenges.offer_place_application", call) or call.feeds is None:
            raise Http404
        rows = call.applications.select_related("startup", "call__programme")
        selected = list(
            rows.filter(state=ApplicationState.SELECTED, place=None).order_by("startup__legal_name")
        )
        reserve = list(rows.on_reserve())
        left = left_in(call.feeds)
        posted = request.POST if request.method == "POST" else None
        form = OffersForm(posted, cohort=call.feeds, applications=[*selected, *reserve], left=left)
        status = 200
        if posted is not None:
            if form.is_valid() and self._offer(request, form):
                return redirect(request.path)
            status = 422
        context = {
            **self.admin_site.each_context(request),
            "title": _("Offers to take part"),
            "subtitle": call.title,
            "opts": self.opts,
            "call": call,
            "cohort": call.feeds,
            "left": left,
            "form": form,
            "selected": selected,
            "reserve": reserve,
            "chosen": self._chosen(request, form, selected, reserve),
            "offered": call.applications.exclude(place=None)
            .select_related("startup", "place__cohort")
            .order_by("place__created_at"),
        }
        return TemplateResponse(
            request, "admin/challenges/application/offers.html", context, status=status
        )

    @staticmethod
    def _chosen(
        request: HttpRequest,
        form: OffersForm,
        selected: list[Application],
        reserve: list[Application],
    ) -> set[str]:
        """Who is ticked: as typed, else the one a letter led to, else all who were selected."""
        if form.is_bound:
            return set(request.POST.getlist("chosen"))
        if asked := {str(one.pk) for one in reserve} & {request.GET.get("next", "")}:
            return asked
        return {str(one.pk) for one in selected}

    def _offer(self, request: HttpRequest, form: OffersForm) -> int:
        """Each by itself, so that one refusal holds up nobody else."""
        user: Any = request.user

        def offer(application: Application) -> None:
            make_offer(application=application, answer_by=form.cleaned_data["answer_by"], by=user)

        done = self.do_to_each(request, form.cleaned_data["chosen"], offer)
        if done:
            said = ngettext(
                "%d offer is made. The letter is on its way.",
                "%d offers are made. The letters are on their way.",
                done,
            )
            self.message_user(request, said % done, messages.SUCCESS)
        return done
