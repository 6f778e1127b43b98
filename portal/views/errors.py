"""Pages for what went wrong, in the portal's look, with what to do."""

from __future__ import annotations

import errno
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.template import loader

from portal import logs, metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponseBase

#: Seconds after which a browser or a program may well try again.
RETRY_AFTER = 2

#: Parts of names of fields that never come back in a page.
_SECRET = ("password", "token", "code", "secret", "csrf")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
#: What PostgreSQL says when somebody else was faster: written twice, gone meanwhile, overlapping.
_OVERTAKEN = {"23505", "23503", "23P01"}
#: Of what is wrong with a value itself: too long, out of range, no such text.
_UNREADABLE = "22"


@dataclass(frozen=True)
class Typed:
    """A field of a form that was not taken, with what was in it."""

    name: str
    text: str

    @property
    def rows(self) -> int:
        """How many lines show about all of it."""
        return min(12, 1 + self.text.count("\n") + len(self.text) // 70)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token does not fit any more: signed out elsewhere, or cookies are off.

    What was typed comes back to be copied, to nobody but a page of this site: another site's form
    must not put its words into ours.
    """
    del reason
    is_ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    typed = list(_typed(request)) if is_ours else []
    context = {"typed": typed, "had_files": is_ours and bool(request.FILES)}
    return render(request, "403_csrf.html", context, status=403)


def _typed(request: HttpRequest) -> Iterator[Typed]:
    for name, values in request.POST.lists():
        if any(part in name.lower() for part in _SECRET):
            continue
        for value in values:
            # Ticks and choices are quickly made again; words are not.
            if len(value.split()) > 1:
                yield Typed(name.rpartition("-")[2].replace("_", " "), value)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that cannot be read (400), or that is larger than any form here (413)."""
    if isinstance(exception, _TOO_LARGE):
        return plain_page(request, "413.html", 413, limit=settings.UPLOAD_LIMIT_MB)
    return plain_page(request, "400.html", 400)


def plain_page(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    """A page that needs neither session nor database: it may not know who reads it."""
    name = getattr(request, "request_id", "")
    try:
        page = loader.get_template(template).render({"request_id": name, **context})
    except Exception:  # noqa: BLE001 -- the last wall; a broken template must not hide the error
        return HttpResponse(
            f"Something broke on our side. Please quote {name}.",
            status=status,
            content_type="text/plain; charset=utf-8",
        )
    return HttpResponse(page, status=status)


def too_many_requests(request: HttpRequest, seconds: int = 60) -> HttpResponse:
    """Too much of sign-in from one place; what to do, and when it goes on."""
    page = render(request, "429.html", {"minutes": -(-seconds // 60)}, status=429)
    page["Retry-After"] = str(seconds)
    return page


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Something broke; where only the database is away or busy, 503 and when to try again.

    This is the one place that sees the errors of views and of every middleware alike.
    """
    error = sys.exc_info()[1]
    code = _sqlstate(error)
    if is_passing(error):
        why = code or (logs.why_no_connection(error) if error else "")
        request.trouble = f"{type(error).__name__} {why}".strip()  # type: ignore[attr-defined]
        metrics.database_failed(type(error).__name__)
        page = plain_page(request, "503.html", 503)
        page["Retry-After"] = str(RETRY_AFTER)
        return page
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        # A large file is put aside before any form can speak of it.
        request.trouble = "the disk is full"  # type: ignore[attr-defined]
        return plain_page(request, "503.html", 503)
    if code in _OVERTAKEN or code.startswith(_UNREADABLE):
        # Nothing was changed. A form should have said it better, so the line of the log has it.
        request.trouble = f"{type(error).__name__} {code}"  # type: ignore[attr-defined]
        is_overtaken = code in _OVERTAKEN
        template, status = ("409.html", 409) if is_overtaken else ("400.html", 400)
        return plain_page(request, template, status)
    return plain_page(request, "500.html", 500)


def _sqlstate(error: BaseException | None) -> str:
    """PostgreSQL's five characters, if the error or what it came from has them."""
    while error is not None:
        if code := getattr(error, "pgcode", None):
            return str(code)
        error = error.__cause__
    return ""


def is_passing(error: BaseException | None) -> bool:
    """Whether the database was not there, or a lock or a statement took too long."""
    while error is not None:
        # Exactly DatabaseError is what psycopg2 raises for a connection that ended in mid-answer.
        if isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError:
            return True
        error = error.__cause__ or error.__context__
    return False
