"""The startup's timeline: one page from the audit trail, each reader what they may."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.db.models.functions import ExtractYear
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from portal.models import Programme
from startups.journey import LENGTH, entries_for, told
from startups.models import Place, Startup
from startups.views.merged import follows_merges

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from portal.http import PortalRequest


@require_safe
@follows_merges
def startup_journey(request: PortalRequest, pk: UUID) -> HttpResponse:
    """What happened to an organisation, newest first, by programme and year."""
    user = request.user
    seen = Q(pk__in=Startup.objects.visible_to(user).values("pk"))
    coached = Place.objects.of_mentor(user).values("startup")
    startup = get_object_or_404(Startup.objects.filter(seen | Q(pk__in=coached)), pk=pk)
    entries = entries_for(startup, user)
    keys = entries.order_by().values("programme_id").distinct()
    programmes = list(Programme.objects.filter(pk__in=keys).order_by("name"))
    years = list(
        entries.annotate(year=ExtractYear("at"))
        .order_by("-year")
        .values_list("year", flat=True)
        .distinct()
    )
    slug, year = request.GET.get("programme", ""), request.GET.get("year", "")
    chosen = next((one for one in programmes if one.slug == slug), None)
    if chosen is not None:
        entries = entries.filter(programme_id=chosen.pk)
    if year in map(str, years):
        entries = entries.filter(at__year=int(year))
    page = Paginator(entries.order_by("-id"), LENGTH).get_page(request.GET.get("page"))
    kept = {name: value for name, value in (("programme", slug), ("year", year)) if value}
    context = {
        "startup": startup,
        "sees_record": user.has_perm("startups.view_startup", startup),
        "entries": told(page.object_list, startup, user),
        "page": page,
        "query": urlencode(kept),
        "programmes": programmes,
        "years": [str(one) for one in years],
        "chosen_programme": slug if chosen else "",
        "chosen_year": year,
    }
    return render(request, "startups/startup_journey.html", context)
