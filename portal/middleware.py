"""What holds for every request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpResponseNotAllowed
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

    Answer = Callable[[HttpRequest], HttpResponse]


def _without_nul(request: HttpRequest) -> None:
    """Take NUL bytes out of what was typed: PostgreSQL cannot store them, the rest is kept."""
    if not any("\x00" in value for _name, values in request.POST.lists() for value in values):
        return
    posted = request.POST.copy()
    for name, values in request.POST.lists():
        posted.setlist(name, [value.replace("\x00", "") for value in values])
    request.POST = posted  # type: ignore[assignment]


def plain_text_only(get_response: Answer) -> Answer:
    """Refuse NUL bytes in an address: PostgreSQL would answer them with an error."""

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
            _without_nul(request)
        if request.user.is_authenticated:
            with timezone.override(ZoneInfo(request.user.time_zone)):
                response = get_response(request)
            patch_cache_control(response, private=True, no_store=True)
            return response
        return get_response(request)

    return middleware


class SignInFirst(LoginRequiredMiddleware):
    """Sign-in before every page that is not public, and back to a page that can be opened."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseRedirect:
        """After a button was pressed, back to the page it stands on: its own address has none."""
        if request.method in {"GET", "HEAD"}:
            return super().handle_no_permission(request, view_func)
        messages.info(
            request,
            _("You were signed out. Sign in, then press the button once more."),
            fail_silently=True,
        )
        return redirect_to_login(
            came_from(request),
            resolve_url(self.get_login_url(view_func)),
            self.get_redirect_field_name(view_func),
        )


def came_from(request: HttpRequest) -> str:
    """The path of the page of this site on which a button was pressed; home where it is unsaid."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(page)
    return parts._replace(scheme="", netloc="", fragment="").geturl() or "/"


def a_page_for_every_verb(get_response: Answer) -> Answer:
    """Give people a page where an address only takes what a button sends."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.accepts("text/html"):
            page = render(request, "405.html", status=405)
            page["Allow"] = response["Allow"]
            return page
        return response

    return middleware
