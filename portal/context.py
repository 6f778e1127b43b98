"""What every page knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from portal.http import SECRETS

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True)
class Site:
    """This copy of the portal as it names itself."""

    name: str
    tagline: str
    url: str
    demo: bool


def canonical(request: HttpRequest) -> str:
    """The one address of the page for search engines, without what a question adds to it.

    None where there is no page, and none with a secret in it.
    """
    match = request.resolver_match
    if match is None or SECRETS & match.kwargs.keys():
        return ""
    return f"{settings.SITE_URL}{request.path}"


def site(request: HttpRequest) -> dict[str, Any]:
    """The site, and how many notices the reader has not opened."""

    def unread() -> int:
        user = getattr(request, "user", None)
        return user.inbox.unread().count() if user and user.is_authenticated else 0

    return {
        "SITE_NAME": settings.SITE_NAME,
        # allauth's pages have a `site` of their own, so these stand under other names too.
        "SITE_TAGLINE": settings.SITE_TAGLINE,
        "SITE_DEMO": settings.DEMO,
        "SITE_CANONICAL": canonical(request),
        "SITE_FACTOR_OPTIONAL": settings.STAFF_SECOND_FACTOR != "required",
        "site": Site(
            name=settings.SITE_NAME,
            tagline=settings.SITE_TAGLINE,
            url=settings.SITE_URL,
            demo=settings.DEMO,
        ),
        "unread_count": SimpleLazyObject(unread),
    }
