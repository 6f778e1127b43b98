"""What holds for every request."""

from __future__ import annotations

import time
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from allauth.account.authentication import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.cache import caches
from django.core.exceptions import BadRequest
from django.db import connection
from django.http import HttpResponseNotAllowed
from django.shortcuts import render, resolve_url
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from portal import actions, audit, known, reading
from portal.actions import tries
from portal.documents import NotServed
from portal.http import network_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

    from portal.models import User

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


#: Where a mail provider posts: its signature is of the body as it came, which can be read once.
FROM_PROVIDERS = "/mail/"
#: Where somebody signs out on purpose.
GOODBYES = frozenset({"account_logout", "account-close"})


def in_the_readers_zone(get_response: Answer) -> Answer:
    """Speak in the reader's zone and language, and keep personal pages out of every cache."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if getattr(request, "malformed", False):
            raise BadRequest("NUL byte")
        is_form = (request.content_type or "").startswith(
            ("application/x-www-form-urlencoded", "multipart/form-data")
        )
        if request.method == "POST" and is_form and not request.path.startswith(FROM_PROVIDERS):
            _without_nul(request)
        language = reading.override(reading.wanted_by(request))
        if request.user.is_authenticated:
            with timezone.override(ZoneInfo(request.user.time_zone)), language:
                response = get_response(request)
                reading.remember(request, response)
            patch_cache_control(response, private=True, no_store=True)
            # Not where a session merely ended: what was being typed is still in the browser then.
            match = request.resolver_match
            if match and match.view_name in GOODBYES and SESSION_KEY not in request.session:
                response["Clear-Site-Data"] = '"storage"'
            return response
        with language:
            response = get_response(request)
            reading.remember(request, response)
            return response

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


#: How long a page may be read before "last seen" is written anew: no write for every click.
SEEN_EVERY = 300
#: When a session began; only sessions of our own sign-in page have it.
BEGAN_KEY = "began_at"


def has_shown_factor(request: HttpRequest) -> bool:
    """Whether this session has shown a second factor (or a passkey, which is both)."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def _seen(request: HttpRequest) -> None:
    """Note that the session is in use, and end one that has lasted its time however it was used."""
    began = request.session.get(BEGAN_KEY)
    if began is None:
        return
    if time.time() - began > settings.SESSION_COOKIE_AGE:
        logout(request)
    elif caches["local"].add(f"seen:{request.session.session_key}", 1, SEEN_EVERY):
        # Not `is_staff`: what a person may do is not known before the second factor is asked about.
        user = cast("User", request.user)
        works_here = user.is_superuser or user.held_roles
        hours = settings.STAFF_IDLE_HOURS if works_here else settings.SESSION_IDLE_HOURS
        mine = UserSession.objects.filter(session_key=request.session.session_key)
        fresh = mine.filter(last_seen_at__gt=timezone.now() - timedelta(hours=hours))
        # Whoever came a moment ago is let through from memory; so an old row was never used since.
        if not fresh.update(last_seen_at=timezone.now()) and mine.exists():
            logout(request)


def _proofs(request: HttpRequest) -> int:
    """How often this session has shown who it belongs to."""
    return len(request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or ())


def _renew_key(request: HttpRequest) -> None:
    """Give the session another key: a copy of the old one gains nothing from a new proof."""
    old = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


def second_factor_first(get_response: Answer) -> Answer:
    """Open managing roles only to a session that has shown a second factor.

    Without one the person has no roles at all in this request, so every door asks in vain: pages,
    exports, files, lists, the admin. What an applicant may do stays.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            _seen(request)
        user = request.user
        if not user.is_authenticated:
            return get_response(request)
        is_required = settings.STAFF_SECOND_FACTOR == "required"
        if is_required and not has_shown_factor(request):
            user.come_without_factor()
        key, proofs = request.session.session_key, _proofs(request)
        response = get_response(request)
        # Signing in has made its own new key already; signing out leaves none.
        if request.session.session_key == key and _proofs(request) > proofs:
            _renew_key(request)
        if not is_required:
            return response
        if response.status_code in {403, 404} and user.waits_for_factor:
            context = {"ways": actions.ways_to_show_factor(user), "next": request.path}
            return render(request, "portal/second_factor.html", context, status=403)
        return response

    return middleware


def came_from(request: HttpRequest) -> str:
    """The path of the page of this site on which a button was pressed; home where it is unsaid."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(page)
    # Two slashes at the beginning of a path would name another host once ours is gone.
    path = "/" + parts.path.lstrip("/\\")
    return parts._replace(scheme="", netloc="", path=path, fragment="").geturl()


def changes_are_signed(get_response: Answer) -> Answer:
    """Let the database know who changes a watched row, for the history field by field."""

    def middleware(request: HttpRequest) -> HttpResponse:
        number = str(getattr(request, "request_id", ""))
        with connection.execute_wrapper(audit.Signature(lambda: request.user.pk, number)):
            return get_response(request)

    return middleware


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


#: Addresses of sign-in: posts to them are counted by network, and to no other address at all.
COUNTED = frozenset(
    {
        *("account_login", "account_signup", "account_request_login_code"),
        *("account_reset_password", "account_reset_password_from_key"),
        *("account_confirm_login_code", "account_email_verification_sent"),
        *("mfa_authenticate", "mfa_login_webauthn", "admin:login"),
    }
)


def a_pause_after_many_tries(get_response: Answer) -> Answer:
    """Limit sign-in by network, with room for a campus; say when to come back; know browsers."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if (pause := _too_many_from_here(request)) is not None:
            page = render(request, "429.html", {"minutes": -(-pause // 60)}, status=429)
            page["Retry-After"] = str(pause)
            return page
        before = request.session.get(SESSION_KEY)
        response = get_response(request)
        if (pause := getattr(request, "pause", None)) is not None:
            if response.status_code == HTTPStatus.OK:
                response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response["Retry-After"] = str(pause)
        # Only signing in makes a browser known: a stolen session must not mint new counts of tries.
        has_signed_in = request.session.get(SESSION_KEY) not in {None, before}
        known_to = getattr(request, "known_to", None) or (request.user if has_signed_in else None)
        if known_to is not None:
            known.remember(request, response, known_to)
        return response

    return middleware


def _too_many_from_here(request: HttpRequest) -> int | None:
    if request.method != "POST":
        return None
    try:
        name = resolve(request.path_info).view_name
    except Resolver404:
        return None
    if name not in COUNTED:
        return None
    allowance = tries.Allowance("network", settings.SIGN_INS_PER_MINUTE, 60)
    spent = tries.spend(allowance, network_of(request))
    return spent.seconds if isinstance(spent, tries.Pause) else None


class WhyNotServed:
    """A page for whoever asked for a file that cannot be had now: why, and what to do."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing but what the view answers."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The sentence of the store's own refusal; any other error is not ours."""
        if not isinstance(exception, NotServed):
            return None
        context = {"reason": exception.reason, "remedy": exception.remedy}
        return render(request, "portal/file_not_served.html", context, status=exception.status)
