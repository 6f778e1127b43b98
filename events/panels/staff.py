"""What waits for the staff of an event, the menu, and what they read of its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from events.choices import RegistrationState
from events.models import Event
from events.rules import EVENT_RUNNERS
from portal import clock
from portal.registry import MenuItem, Sentence, Waiting, registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User

SHOWN = 10
EVENTS = gettext_lazy("Events")


def registrations_waiting(user: User) -> Iterator[Waiting]:
    """Events whose guests wait for an answer, by when they begin."""
    if not user.programmes_as(*EVENT_RUNNERS) and not user.is_superuser:
        return
    asked = Q(registrations__state=RegistrationState.ASKED)
    events: Any = (
        Event.objects.ahead()
        .filter(user.within("programme", *EVENT_RUNNERS))
        .annotate(asked=Count("registrations", filter=asked))
        .filter(asked__gt=0)
        .with_now()
    )
    for event in events[:SHOWN]:
        seconds = (event.starts_at - event.now).total_seconds()
        count = event.asked
        yield Waiting(
            verb=_("Answer"),
            object=_("%(event)s: %(count)s")
            % {
                "event": event.title,
                "count": ngettext("%d registration waits", "%d registrations wait", count) % count,
            },
            url=reverse("admin:events_registration_changelist")
            + f"?event={event.pk}&state__exact={RegistrationState.ASKED.value}",
            when=_("starts %(when)s")
            % {"when": clock.in_both_zones(event.starts_at, event.time_zone, user.time_zone)},
            tone="amber" if seconds < 7 * clock.DAY else "ink",
            urgency=seconds,
        )


registry.staff_waiting.append(registrations_waiting)
registry.menu += [
    MenuItem(
        group=EVENTS,
        label=gettext_lazy("Events"),
        url_name="admin:events_event_changelist",
        permission="events.view_event",
        order=45,
    ),
    MenuItem(
        group=EVENTS,
        label=gettext_lazy("Registrations"),
        url_name="admin:events_registration_changelist",
        permission="events.view_registration",
        order=46,
    ),
]
registry.sentences |= {
    f"events.{key}": Sentence(text)
    for key, text in {
        "event:publish": gettext_lazy("{who} published the event"),
        "event:move": gettext_lazy("{who} moved the event from {before} to {after}: {fields}"),
        "event:cancel": gettext_lazy("{who} cancelled the event"),
        "event:export": gettext_lazy("{who} downloaded {registrations} registrations as {format}"),
        "registration:register": gettext_lazy("{who} registered"),
        "registration:register-again": gettext_lazy("{who} registered again"),
        "registration:approve": gettext_lazy("{who} approved the registration"),
        "registration:confirm": gettext_lazy("{who} confirmed the registration at once"),
        "registration:decline": gettext_lazy("{who} declined the registration"),
        "registration:cancel": gettext_lazy("{who} cancelled the registration"),
    }.items()
}
