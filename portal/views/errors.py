"""Pages for what went wrong, in the portal's look, with what to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views import defaults

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

#: Seconds after which a browser or a program may well try again.
RETRY_AFTER = 2


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token does not fit any more: signed out elsewhere, or cookies are off."""
    del reason
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Something broke; where only the database is away or busy, 503 and when to try again.

    This is the one place that sees the errors of views and of every middleware alike.
    """
    if not is_passing(sys.exc_info()[1]):
        return defaults.server_error(request)
    # Without the request: who is signed in, and what they have not read, stands in the database.
    page = loader.get_template("503.html").render()
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})


def is_passing(error: BaseException | None) -> bool:
    """Whether the database was not there, or a lock or a statement took too long."""
    while error is not None:
        # Exactly DatabaseError is what psycopg2 raises for a connection that ended in mid-answer.
        if isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError:
            return True
        error = error.__cause__ or error.__context__
    return False
