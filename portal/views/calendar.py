"""A person's calendar: the page that makes its secret address, and what is read there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import calendars
from portal.actions import calendar
from portal.models import CalendarFeed

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from portal.http import PortalRequest

#: Between the button and the page that shows the address, once.
NEW = "new_calendar_address"


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar of whoever this address belongs to, for their own calendar program."""
    feed = calendar.feed_of(token)
    if feed is None:
        raise Http404
    calendar.note_reading(feed)
    with translation.override(feed.user.language), timezone.override(feed.user.zone):
        text = calendars.as_ics(
            calendar.entries_of(feed.user), name=settings.SITE_NAME, refresh=calendars.REFRESH
        )
    answer = HttpResponse(text, content_type=calendars.CONTENT_TYPE)
    answer["ETag"] = calendars.etag_of(text)
    # No store between may keep it; the program itself asks whether it is still the same.
    patch_cache_control(answer, private=True, no_cache=True)
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer


@require_safe
def calendar_address(request: PortalRequest) -> HttpResponse:
    """Whether I have an address, when it was read last; a new one is shown once."""
    token = request.session.pop(NEW, "")
    path = reverse("calendar-feed", args=[token]) if token else ""
    context = {
        "feed": CalendarFeed.objects.visible_to(request.user).standing().first(),
        "address": f"{settings.SITE_URL}{path}" if path else "",
        "subscribe": f"webcal://{settings.SITE_URL.partition('://')[2]}{path}" if path else "",
    }
    return render(request, "portal/calendar_address.html", context)


@require_POST
def calendar_make(request: PortalRequest) -> HttpResponse:
    """Make an address; an earlier one opens nothing from now on."""
    request.session[NEW] = calendar.make_feed(user=request.user)
    return redirect("calendar-address")


@require_POST
def calendar_end(request: PortalRequest) -> HttpResponse:
    """End the address."""
    if calendar.end_feed(user=request.user):
        messages.success(request, _("Ended. Nobody can read your calendar at that address."))
    return redirect("calendar-address")
