"""The gate: what holds for every request before anything else, and for every answer after it."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.db import connection
from django.http import HttpResponseNotAllowed
from django.middleware.security import SecurityMiddleware

from portal import logs, metrics
from portal.http import SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    Answer = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger(__name__)

_METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}
#: Asked every few seconds by machines; a line each would bury the others.
_QUIET = {"healthz", "readyz", "metrics", "static"}
_BAD, _BROKEN = 400, 500


class _Work:
    """What the database did for one request."""

    def __init__(self) -> None:
        self.queries = 0
        self.seconds = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        """Run a statement and keep the time it took."""
        begin = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.queries += 1
            self.seconds += time.perf_counter() - begin


def watched(get_response: Answer) -> Answer:
    """Name each request, write one line about it, count it. The outermost of all.

    The line has the name of the address, never the address: that may hold a token.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        begin, work = time.perf_counter(), _Work()
        name = logs.request_id_from(
            request.headers.get("X-Request-ID", ""),
            trusted=settings.ALLAUTH_TRUSTED_PROXY_COUNT > 0,
        )
        # Not taken back at the end: an answer that streams goes on under the same name.
        logs.current.set(name)
        request.request_id = name  # type: ignore[attr-defined]
        with connection.execute_wrapper(work):
            response = get_response(request)
        if request.method == "HEAD":
            _say_nothing(response)
        response["X-Request-ID"] = name
        _tell(request, response, work, time.perf_counter() - begin)
        return response

    return middleware


def _say_nothing(response: HttpResponse) -> None:
    """Drop the body of an answer to HEAD, whose headers stay those of GET.

    A web server that has to drop it warns each time, and balancers ask every few seconds.
    """
    streams: Any = response
    if response.streaming:
        streams.streaming_content = ()
        streams.file_to_stream = None
        return
    length = str(len(response.content))
    response.content = b""
    response.headers.setdefault("Content-Length", length)


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is not None:
        return match.view_name or str(match.route)
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"


def _tell(request: HttpRequest, response: HttpResponse, work: _Work, seconds: float) -> None:
    """Write the line and count."""
    status, route = response.status_code, _route(request)
    # What somebody sends as a method is as free as what they type.
    method = str(request.method) if request.method in _METHODS else "OTHER"
    told: dict[str, Any] = {
        "method": method,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "db_ms": round(work.seconds * 1000, 1),
        "db_queries": work.queries,
    }
    # Only where somebody asked who it is already: the line must not cause a query.
    user = getattr(request, "_cached_user", None)
    if user is not None and user.is_authenticated:
        told["user"] = str(user.pk)
    if cause := getattr(request, "trouble", ""):
        told["cause"] = cause
    level = logging.INFO
    if status >= _BROKEN or cause:
        level = logging.WARNING
    elif route in _QUIET and status < _BAD:
        level = logging.DEBUG
    logger.log(level, "request", extra={"told": told})
    metrics.request_answered(method=method, route=route, status=status, seconds=seconds)


class Walls(SecurityMiddleware):
    """The headers of every answer, whoever gives it: a page, a file, a redirect, an error.

    Django's own stands further in, where it sends people on to https; what fails around that must
    not leave without its headers.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Nothing: the redirect to https is Django's own."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add what the answer does not say already."""
        response = super().process_response(request, response)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        match = request.resolver_match
        if match is not None and SECRETS & match.kwargs.keys():
            # A link that lets in whoever has it may be found anywhere; no search engine lists it.
            response.headers.setdefault("X-Robots-Tag", "noindex")
        if response.status_code >= _BAD:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def bounded(get_response: Answer) -> Answer:
    """Refuse verbs that no page has, and bodies larger than any form of ours, unread."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in _METHODS:
            return HttpResponseNotAllowed(sorted(_METHODS))
        length = request.META.get("CONTENT_LENGTH") or "0"
        # Web servers refuse these, but not all of them, and Django breaks where it reads the body.
        if not (length.isascii() and length.isdigit()):
            raise BadRequest("Content-Length")
        if int(length[:19]) > settings.REQUEST_LIMIT_MB * 1024 * 1024:
            raise RequestDataTooBig
        return get_response(request)

    return middleware
