"""What every page knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True)
class Site:
    """This copy of the portal as it names itself."""

    name: str
    tagline: str
    url: str
    demo: bool


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
        "site": Site(
            name=settings.SITE_NAME,
            tagline=settings.SITE_TAGLINE,
            url=settings.SITE_URL,
            demo=settings.DEMO,
        ),
        "unread_count": SimpleLazyObject(unread),
    }
