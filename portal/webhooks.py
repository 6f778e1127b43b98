"""The posts of a mail provider, checked and read by django-anymail, whatever they speak of."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import RawPostDataException
from django.views.decorators.csrf import csrf_exempt

from portal.http import over_https

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

#: What django-anymail raises at a post that it does not understand.
UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError),
    *(RecursionError, RawPostDataException),  # brackets too deep; a form where JSON should be
)


def _view_of(provider: str, kind: str) -> Any:
    """The view of django-anymail for what one provider posts; some have one view for all kinds."""
    module = import_module(f"anymail.webhooks.{provider}")
    kinds = (f"{kind}WebhookView", "CombinedWebhookView")
    found = [view for name, view in vars(module).items() if name.endswith(kinds)]
    own = [view for view in found if view.__module__ == module.__name__]
    return own[0].as_view()


def posted_by_the_provider(kind: str) -> Callable[[HttpRequest], HttpResponse]:
    """The view for ``kind``, "Tracking" or "Inbound"; the provider's secret opens it.

    Load it only where a provider is configured: django-anymail is an extra.
    """

    @csrf_exempt  # the provider has no form of ours; its secret or signature is the proof
    @login_not_required
    @over_https
    def view(request: HttpRequest) -> HttpResponse:
        try:
            answer: HttpResponse = _view_of(settings.MAIL_PROVIDER, kind)(request)
        except UNREADABLE as error:
            # It passed the check of the secret and yet makes no sense: say so, do not fall over.
            logger.warning("the mail provider's post was not understood: %s", type(error).__name__)
            raise BadRequest("not understood") from error
        return answer

    return view
