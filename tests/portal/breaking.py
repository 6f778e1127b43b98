"""Addresses that break in every way a page can, beside those of the portal."""

from __future__ import annotations

from typing import Any

from allauth.core.ratelimit import respond_429
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import path

from portal import urls
from portal.models import Sector

handler400, handler429, handler500 = urls.handler400, urls.handler429, urls.handler500

CANARY = "amina.okafor@canary.example"


def _sql(*statements: str) -> Any:
    @login_not_required
    def view(request: Any) -> HttpResponse:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        return HttpResponse("done")

    return view


@login_not_required
def broken(request: Any, token: str) -> HttpResponse:
    """A bug whose error repeats what somebody typed."""
    try:
        int(CANARY)
    except ValueError as error:
        message = f"{CANARY} {request.get_full_path()}"
        raise RuntimeError(message) from error
    return HttpResponse()


@login_not_required
def denied(request: Any, token: str) -> HttpResponse:
    """Somebody who may not."""
    raise PermissionDenied(CANARY)


@login_not_required
def too_large(request: Any) -> HttpResponse:
    """A body above the limit for forms."""
    raise RequestDataTooBig(CANARY)


@login_not_required
def too_many(request: Any) -> HttpResponse:
    """As allauth answers where its limits are reached."""
    answer: HttpResponse = respond_429(request)
    return answer


@login_not_required
def half_written(request: Any) -> HttpResponse:
    """A change whose second half the database does not serve in time."""
    with transaction.atomic():
        Sector.objects.create(name="Half written")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 20")
            cursor.execute("SELECT pg_sleep(2)")
    return HttpResponse("done")


@login_not_required
def wait_for_a_lock(request: Any) -> HttpResponse:
    """A row that somebody else holds for long."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 50")
        Sector.objects.select_for_update().get(name="Held")
    return HttpResponse("done")


_TABLE = "CREATE TEMPORARY TABLE IF NOT EXISTS rows (email text UNIQUE, number int NOT NULL)"
_ROW = f"INSERT INTO rows VALUES ('{CANARY}', 1)"
urlpatterns = [
    path("broken/<str:token>/", broken, name="broken"),
    path("denied/<str:token>/", denied, name="denied"),
    path("too-large/", too_large, name="too-large"),
    path("too-many/", too_many, name="too-many"),
    path("slow/", _sql("SET LOCAL statement_timeout = 20", "SELECT pg_sleep(2)"), name="slow"),
    path("half/", half_written, name="half"),
    path("lock/", wait_for_a_lock, name="lock"),
    path("twice/", _sql(_TABLE, _ROW, _ROW), name="twice"),
    path("null/", _sql(_TABLE, f"INSERT INTO rows VALUES ('{CANARY}', NULL)"), name="null"),
    path("range/", _sql(f"SELECT '{CANARY}'::int"), name="range"),
    *urls.urlpatterns,
]
