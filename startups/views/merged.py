"""Old addresses: what led to a record that was merged leads to the one that stands for it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from startups.models import Startup

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from portal.http import PortalRequest


def follows_merges(
    view: Callable[[PortalRequest, UUID], HttpResponse],
) -> Callable[[PortalRequest, UUID], HttpResponse]:
    """The page of a record; an old address leads whoever may see the new one to it."""

    @wraps(view)
    def page(request: PortalRequest, pk: UUID) -> HttpResponse:
        try:
            return view(request, pk)
        except Http404:
            stands: Any = Startup.objects.visible_to(request.user).filter(merged_from=pk).first()
            if stands is None or request.resolver_match is None:
                raise
            return redirect(request.resolver_match.view_name, stands.pk)

    return page
