"""What holds for every request."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.core.exceptions import BadRequest
from django.utils import timezone
from django.utils.cache import patch_cache_control

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    Answer = Callable[[HttpRequest], HttpResponse]


def plain_text_only(get_response: Answer) -> Answer:
    """Refuse NUL bytes at the door: PostgreSQL cannot store them and would answer with an error."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            # Raised where Django turns it into the page for a bad request.
            request.malformed = True  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def in_the_readers_zone(get_response: Answer) -> Answer:
    """Speak of instants in the reader's zone, and keep personal pages out of every cache."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if getattr(request, "malformed", False):
            raise BadRequest("NUL byte")
        if request.method == "POST" and (request.content_type or "").startswith(
            ("application/x-www-form-urlencoded", "multipart/form-data")
        ):
            for values in request.POST.lists():
                if any("\x00" in value for value in values[1]):
                    raise BadRequest("NUL byte")
        if request.user.is_authenticated:
            with timezone.override(ZoneInfo(request.user.time_zone)):
                response = get_response(request)
            patch_cache_control(response, private=True, no_store=True)
            return response
        return get_response(request)

    return middleware
