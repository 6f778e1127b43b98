"""The browsers a person has signed in with before: a signed cookie, bound to person and password.

Whoever guesses passwords from elsewhere shares one count of tries; a browser that knew the way
before has a count of its own. So a stranger who uses up the tries stops only strangers.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

COOKIE = "__Host-known" if settings.HTTPS else "known"
SALT = "portal.known"
MAX_AGE = 400 * 24 * 60 * 60
#: People who share one browser, at most.
PEOPLE = 5


def entries_of(request: HttpRequest) -> dict[str, list[str]]:
    """By the person's key: the browser's number and the stamp of the password it knew."""
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def stamp_of(user: Any) -> str:
    """Changes with the password, so that a lost browser is a stranger after a new one."""
    return salted_hmac(SALT, f"{user.pk}{user.password}", algorithm="sha256").hexdigest()[:16]


def browser_of(request: HttpRequest, user: Any) -> str:
    """The number of this browser where the person has signed in with it before, else nothing."""
    number, stamp = entries_of(request).get(user.pk.hex, ("", ""))
    return number if constant_time_compare(stamp, stamp_of(user)) else ""


def remember(request: HttpRequest, response: HttpResponse, user: Any) -> None:
    """Let the browser prove from now on that the person has signed in with it."""
    if browser_of(request, user):
        return
    entries = entries_of(request)
    entries.pop(user.pk.hex, None)
    kept = dict(list(entries.items())[-(PEOPLE - 1) :])
    kept[user.pk.hex] = [secrets.token_hex(8), stamp_of(user)]
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=MAX_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
