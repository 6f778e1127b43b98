"""The public page of a cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from startups.models import Cohort

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@login_not_required
@require_safe
def cohort_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """What it is about, when and where, and who takes part and let the public know."""
    cohort = get_object_or_404(Cohort.objects.public().select_related("programme"), slug=slug)
    places = cohort.held_places.for_public().select_related("startup", "group")
    context = {
        "cohort": cohort,
        "groups": cohort.groups.all(),
        "places": sorted(places, key=lambda place: place.startup.name.casefold()),
    }
    return render(request, "startups/cohort_detail.html", context)
