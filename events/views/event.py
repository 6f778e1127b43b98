"""Public pages of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.choices import EventState, RegistrationState
from events.models import Event
from events.workflow.registration import why_closed, why_full
from portal import calendars, clock
from portal.models import User
from portal.registry import registry

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from events.models import Registration

PER_PAGE = 50


@login_not_required
@require_safe
def event_list(request: HttpRequest) -> HttpResponse:
    """What is ahead, the next one first; then what is over."""
    events = Event.objects.public().with_now().select_related("programme")
    past = Paginator(events.past(), PER_PAGE).get_page(request.GET.get("page"))
    ahead = list(events.ahead()) if past.number == 1 else []
    context = {"ahead": ahead, "past": past, "page": past}
    return render(request, "events/event_list.html", context)


def readable_event(request: HttpRequest, slug: str) -> Event:
    """A published event for everybody, a draft for the programme's staff; others get 404."""
    events = Event.objects.public()
    if isinstance(request.user, User):
        events = events | Event.objects.visible_to(request.user)
    return get_object_or_404(events.with_now().select_related("programme"), slug=slug)


def registration_of(request: HttpRequest, event: Event) -> Registration | None:
    """The reader's own registration, if there is one."""
    if not isinstance(request.user, User):
        return None
    registration = event.registrations.filter(user=request.user).first()
    if registration is not None:
        registration.event = event
    return registration


@login_not_required
@require_safe
def event_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One event: when in both zones, where, and how far the reader has come."""
    event = readable_event(request, slug)
    blocks = [block for ask in registry.event_page if (block := ask(request, event)) is not None]
    # Who is not known has no zone of their own: hours stand in the event's.
    known = request.user.is_authenticated
    with timezone.override(timezone.get_current_timezone() if known else event.zone):
        context = event_context(request, event) | {
            "blocks": sorted(blocks, key=lambda block: block.order)
        }
        return render(request, "events/event_detail.html", context)


def event_context(request: HttpRequest, event: Event) -> dict[str, Any]:
    """What the page of an event shows to its reader."""
    registration = registration_of(request, event)
    comes = registration is not None and registration.state == RegistrationState.APPROVED
    refusal = why_closed(event, event.__dict__["now"])
    staff = request.user.has_perm("events.join_event", event)
    live = event.phase in {"ahead", "now"}
    return {
        "event": event,
        "registration": registration,
        "refusal": refusal or why_full(event),
        "join_link": event.join_link if live and (comes or staff) else "",
        "may_cancel": live
        and registration is not None
        and registration.state in {"asked", "approved"},
        "may_register": registration is None or registration.state == RegistrationState.CANCELLED,
        "live": live,
        "facts": facts_of(event),
    }


def facts_of(event: Event) -> list[tuple[str, str, str]]:
    """What one must know, for the box."""
    zone, reader = event.time_zone, clock.reader_zone()
    facts = [
        (_("Starts"), clock.in_both_zones(event.starts_at, zone, reader), ""),
        (_("Ends"), clock.in_both_zones(event.ends_at, zone, reader), ""),
        (_("Where"), event.where, ""),
    ]
    if event.languages:
        facts.append((_("Languages"), event.language_names, ""))
    if event.registration_until and event.state == EventState.PUBLISHED:
        until = clock.in_both_zones(event.registration_until, zone, reader)
        facts.append((_("Registration until"), until, ""))
    if event.capacity:
        facts.append((_("Guests at most"), str(event.capacity), ""))
    return facts


@login_not_required
@require_safe
def event_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """The event as a file for the reader's calendar; with the link for whoever is registered."""
    event = readable_event(request, slug)
    registration = registration_of(request, event)
    comes = registration is not None and registration.state == RegistrationState.APPROVED
    return calendars.ics_response([event.calendar_entry(join=comes)], f"{event.slug}.ics")
