"""An organisation's own page in a cohort: the offer and its answer, the words for the public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal import clock
from portal.workflow import StepRefused
from startups.actions.cohort import change_public_text
from startups.choices import TOOK_PART, PlaceState
from startups.forms.cohort import AcceptForm, PublicTextForm, RefuseForm
from startups.models import Place
from startups.workflow.place import place_workflow, why_not

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from portal.http import PortalRequest
    from portal.models import User


def offer_of(place: Place, user: User) -> dict[str, Any]:
    """What the page of an offer shows: the offer, who answers, and how."""
    now = clock.database_now()
    return {
        "place": place,
        "cohort": place.cohort,
        "is_open": place.state == PlaceState.INVITED,
        "is_late": place.state == PlaceState.INVITED and now >= place.answer_by,
        "left": clock.time_left(max(int((place.answer_by - now).total_seconds()), 0)),
        "may_answer": user.has_perm("startups.answer_place", place),
        "why_not_accept": why_not(place, "confirm", user),
        "why_not_refuse": why_not(place, "refuse", user),
        "owners": place.startup.owners(),
        "accept_form": AcceptForm(initial={"terms_version": place.cohort.terms_version}),
        "refuse_form": RefuseForm(),
        "refusal": "",
    }


def take_answer(
    request: PortalRequest,
    place: Place,
    *,
    accept: Callable[[Mapping[str, Any]], object],
    refuse: Callable[[str], object],
) -> dict[str, Any]:
    """Accept or refuse as the form says; answers what the page must say, nothing where it is done.

    Raises:
        Http404: the person may not answer.
    """
    if not request.user.has_perm("startups.answer_place", place):
        raise Http404
    forms = {"accept_form": AcceptForm(request.POST), "refuse_form": RefuseForm(request.POST)}
    try:
        if request.POST.get("answer") == "accept":
            forms["accept_form"].is_valid()
            accept({"terms_version": forms["accept_form"].agreed_to()})  # type: ignore[attr-defined]
            messages.success(request, _("Accepted. You take part."))
        elif request.POST.get("answer") != "refuse":
            return {"refusal": _("Choose one: accept the offer, or refuse it.")}
        elif forms["refuse_form"].is_valid():
            refuse(forms["refuse_form"].cleaned_data["reason"])
            messages.success(request, _("Refused. The programme team is told."))
        else:
            return {"refuse_form": forms["refuse_form"]}
    except StepRefused as refusal:
        if refusal.permission:
            raise Http404 from refusal
        return {"refusal": str(refusal), "refuse_form": forms["refuse_form"]}
    return {}


def own_place(request: PortalRequest, pk: UUID) -> Place:
    """The place, if the person may see it; strangers get 404."""
    places = Place.objects.visible_to(request.user).select_related(
        "cohort__programme", "startup", "group"
    )
    return get_object_or_404(places, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def place_detail(request: PortalRequest, pk: UUID) -> HttpResponse:
    """The offer while it is open; then the organisation's page in the cohort."""
    place = own_place(request, pk)
    if place.answer_path and place.state not in TOOK_PART:
        if not place.startup.has_member(request.user):
            raise Http404
        return redirect(place.answer_path)
    said: dict[str, Any] = {}
    if request.method == "POST":
        said = take_answer(
            request,
            place,
            accept=lambda data: place_workflow.perform(
                place, "confirm", actor=request.user, data=data
            ),
            refuse=lambda reason: place_workflow.perform(
                place, "refuse", actor=request.user, reason=reason
            ),
        )
        if not said:
            return redirect(place)
    return _page(request, place, said, status=409 if said else 200)


def _page(
    request: PortalRequest, place: Place, said: dict[str, Any], *, status: int
) -> HttpResponse:
    took_part = place.state in TOOK_PART
    may_write = took_part and request.user.has_perm("startups.approve_text_place", place)
    context = {
        **offer_of(place, request.user),
        "took_part": took_part,
        "is_member": place.startup.has_member(request.user),
        "mentors": place.mentors() if took_part else [],
        "text_form": PublicTextForm(instance=place) if may_write else None,
        **said,
    }
    return render(request, "startups/place_detail.html", context, status=status)


@require_POST
def place_text(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Keep the words for the public, and show them or not."""
    place = own_place(request, pk)
    if not request.user.has_perm("startups.approve_text_place", place):
        raise Http404
    # An instance of its own: what is only typed never shows as what stands.
    form = PublicTextForm(request.POST, instance=Place(pk=place.pk))
    if not form.is_valid():
        return _page(request, place, {"text_form": form}, status=422)
    approve = "approve" in request.POST
    try:
        change_public_text(
            place=place,
            text=form.cleaned_data["public_text"],
            approve=approve,
            by=request.user,
        )
    except StepRefused as refusal:
        form.add_error("public_text", str(refusal))
        return _page(request, place, {"text_form": form}, status=409)
    if approve:
        messages.success(request, _("Approved. The public reads it now."))
    else:
        messages.success(request, _("Kept. The public does not read it."))
    return redirect(f"{place.get_absolute_url()}#public-text")
