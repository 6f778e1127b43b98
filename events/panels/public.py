"""The next event on the home page, a programme's events on its page, and all for search engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import Event
from portal.registry import Block, registry

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN = 5


def next_event(request: Any) -> Block | None:
    """The next one, for strangers; whoever is signed in has their own at the top."""
    if request.user.is_authenticated:
        return None
    events = list(Event.objects.ahead().with_now().select_related("programme")[:1])
    if not events:
        return None
    return Block("events/_home_event.html", {"events": events, "title": _("Next event")}, order=30)


def events_of_programme(request: Any, programme: Any) -> Block | None:
    """What is ahead in one programme."""
    del request
    rows = Event.objects.ahead().filter(programme=programme).with_now()
    events = list(rows.select_related("programme")[:SHOWN])
    if not events:
        return None
    return Block("events/_home_event.html", {"events": events, "title": _("Events")}, order=30)


def public_pages() -> Iterator[str]:
    """The list, and each published event."""
    yield reverse("events:event-list")
    for event in Event.objects.public().order_by("-published_at").only("slug"):
        yield event.get_absolute_url()


registry.home.append(next_event)
registry.programme_page.append(events_of_programme)
registry.sitemap.append(public_pages)
