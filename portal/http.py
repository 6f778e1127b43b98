"""The request as our views get it."""

from __future__ import annotations

from functools import wraps
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, ParamSpec

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.http import HttpRequest, HttpResponseForbidden
from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from portal.models import User

P = ParamSpec("P")

#: What an address calls its secret: whoever has the link is let in, so no list of links has it.
SECRETS = frozenset({"token", "proof", "key"})


class PortalRequest(HttpRequest):
    """A request of a signed-in person."""

    user: User


def address_of(request: HttpRequest) -> str:
    """The reader's network address: said by the outermost trusted proxy, else by the connection.

    What anybody may write (Forwarded, X-Real-IP, further entries on the left) counts for nothing.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    trusted = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    said = hops[-trusted] if 0 < trusted <= len(hops) else ""
    for address in (said, request.META.get("REMOTE_ADDR", "")):
        try:
            return str(ip_address(address))
        except ValueError:
            continue
    return "0.0.0.0"  # noqa: S104 -- a connection without an address, through a socket


def network_of(request: HttpRequest) -> str:
    """The address, or of the newer sort the network that one household gets."""
    address = ip_address(address_of(request))
    if isinstance(address, IPv6Address):
        return str(ip_network(f"{address}/64", strict=False))
    return str(address)


def still_you(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Ask for the password, a code or a passkey once more where the last proof is old.

    It asks before the page is shown; what was posted meanwhile is carried out after the answer.
    """
    asking: Callable[P, HttpResponse] = reauthentication_required(view)
    return asking


def over_https(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Refuse a machine that comes in the open: sent on to https it would never learn it."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = args[0]
        if settings.HTTPS and isinstance(request, HttpRequest) and not request.is_secure():
            return HttpResponseForbidden("https only", content_type="text/plain; charset=utf-8")
        return view(*args, **kwargs)

    return answer


def where_next(request: HttpRequest) -> str:
    """The path in the form's or the address's ``next`` if it is one of this site, else nothing."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    # A path and nothing else: `redirect` takes a bare word for the name of an address.
    here = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if here else ""
