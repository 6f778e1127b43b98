"""The portal's addresses and two more that are broken on purpose: `bench/fuzz.py` must see both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.urls import path

from portal import urls
from startups.models import Startup

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

handler400, handler500, handler429 = urls.handler400, urls.handler500, urls.handler429


def too_large(_request: HttpRequest, number: int) -> HttpResponse:
    """Breaks at 2^63; not in PostgreSQL, whose complaint the portal answers with 400."""
    return HttpResponse(number.to_bytes(8, "big", signed=True))


def touch(_request: HttpRequest, pk: UUID) -> HttpResponse:
    """Changes a startup, whoever asks."""
    Startup.objects.filter(pk=pk).update(website="https://example.net/taken")
    return HttpResponse("Changed.")


CONTROLS = ("bench-too-large", "bench-touch")
urlpatterns = [
    path("bench-control/<int:number>/", too_large, name="bench-too-large"),
    path("bench-control/startups/<uuid:pk>/", touch, name="bench-touch"),
    *urls.urlpatterns,
]
