"""The request as our views get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from portal.models import User


class PortalRequest(HttpRequest):
    """A request of a signed-in person."""

    user: User
    htmx: HtmxDetails
