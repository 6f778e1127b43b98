"""Pages of the demonstration only: the mail that was caught instead of sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from portal import mailbox

if TYPE_CHECKING:
    from django.http import HttpRequest


def _only_in_the_demo() -> None:
    if not (settings.DEMO and settings.MAIL_DIR):
        raise Http404


@login_not_required
@require_safe
def mailbox_list(request: HttpRequest) -> HttpResponse:
    """All mail that was caught, newest first."""
    _only_in_the_demo()
    to = request.GET.get("to", "").strip()
    return render(request, "portal/mailbox_list.html", {"mails": mailbox.caught(to=to), "to": to})


@login_not_required
@require_safe
def mailbox_detail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail, as text and as HTML."""
    _only_in_the_demo()
    mail = mailbox.one(key)
    if mail is None:
        raise Http404
    return render(request, "portal/mailbox_detail.html", {"mail": mail})


@login_not_required
@require_safe
@xframe_options_sameorigin
# Its types know only views without arguments.
@csp_replace(  # type: ignore[arg-type]
    {
        "default-src": ["'none'"],
        "script-src": ["'none'"],
        "font-src": ["'none'"],
        "connect-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "frame-ancestors": ["'self'"],
        "sandbox": ["allow-popups"],
    }
)
def mailbox_html(request: HttpRequest, key: str) -> HttpResponse:
    """The HTML of a mail by itself, in a sandbox, as a mail program would show it."""
    del request
    _only_in_the_demo()
    mail = mailbox.one(key)
    if mail is None:
        raise Http404
    return HttpResponse(mail.html)
