"""Public pages that a browser keeps: a repeated visit is answered 304 while nothing has changed."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import get_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


def may_be_kept(request: HttpRequest) -> bool:
    """Whether the page is the same for everybody who asks so: nobody is signed in, nothing waits.

    Asked of the cookies alone, so that no session is opened. While templates are being written
    nothing is kept.
    """
    personal = {settings.SESSION_COOKIE_NAME, settings.MESSAGE_COOKIE_NAME}
    return not settings.DEBUG and not personal & request.COOKIES.keys()


def kept(request: HttpRequest, mark: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer with a tag made of ``mark``; 304 without making it to whoever has that tag."""
    words = f"{mark} {get_language()} {release()}"
    tag = f'"{hashlib.sha256(words.encode()).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=tag) or answer()
    response["ETag"] = tag
    # Kept, and asked for each time: a call's page must never show yesterday's deadline.
    patch_cache_control(response, public=True, no_cache=True)
    return response


@lru_cache(maxsize=1)
def release() -> str:
    """Another text after each deployment that changes a template or a static file's name."""
    named = (settings.SITE_NAME, settings.SITE_TAGLINE, settings.SITE_URL, settings.DEMO)
    found = hashlib.sha256(repr(named).encode())
    for folder in (Path(settings.BASE_DIR) / "templates", Path(settings.STATIC_ROOT)):
        for path in sorted(folder.rglob("*.html")) + sorted(folder.glob("staticfiles.json")):
            found.update(path.read_bytes())
    return found.hexdigest()
