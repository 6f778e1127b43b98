"""Pages for everybody: home, a programme, the texts that bind."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.choices import PolicyKind
from portal.models import PolicyText, Programme, ReportedFigure
from portal.registry import registry

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To strangers: what this is, what is open, figures, who runs it. To others: what waits."""
    blocks = [block for ask in registry.home if (block := ask(request)) is not None]
    context = {
        "blocks": sorted(blocks, key=lambda block: block.order),
        "programmes": Programme.objects.published(),
    }
    if request.user.is_authenticated:
        return render(request, "portal/workspace.html", context | registry.workspace(request.user))
    context["figures"] = ReportedFigure.objects.filter(on_home=True, programme__published=True)
    return render(request, "portal/home.html", context)


@login_not_required
@require_safe
def programme_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A programme: what it is, who stands behind it, its calls and figures."""
    programme = get_object_or_404(Programme.objects.published(), slug=slug)
    blocks = [
        block for ask in registry.programme_page if (block := ask(request, programme)) is not None
    ]
    context = {
        "programme": programme,
        "partnerships": programme.partnerships.select_related("organisation"),
        "locations": programme.locations.all(),
        "figures": programme.figures.all(),
        "blocks": sorted(blocks, key=lambda block: block.order),
    }
    return render(request, "portal/programme_detail.html", context)


@login_not_required
@require_safe
def policy_detail(request: HttpRequest, kind: str) -> HttpResponse:
    """The version in force of a binding text, with those before it."""
    if kind not in PolicyKind.values:
        raise Http404
    texts = list(PolicyText.objects.in_force(kind))
    if not texts:
        raise Http404
    context = {"policy": texts[0], "earlier": texts[1:]}
    return render(request, "portal/policy_detail.html", context)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every part of the design with its markup, for staff who build pages."""
    if not request.user.is_staff:
        raise Http404
    context: dict[str, Any] = json.loads(
        (settings.BASE_DIR / "templates/styleguide.json").read_text()
    )
    now = timezone.now()
    for deadline in context["deadlines"]:
        deadline["instant"] = now + timedelta(seconds=deadline["seconds_left"])
    context["page"] = Paginator(range(240), per_page=50).get_page(2)
    return render(request, "styleguide.html", context)
