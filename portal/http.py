"""The request as our views get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from portal.models import User


class PortalRequest(HttpRequest):
    """A request of a signed-in person."""

    user: User


def where_next(request: HttpRequest) -> str:
    """The path in the form's or the address's ``next`` if it is one of this site, else nothing."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""
