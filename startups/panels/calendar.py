"""What of cohorts stands in a person's calendar: sessions, Demo Day, decks, promises, offers."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from events.choices import EventState
from portal import clock
from portal.actions.calendar import as_changed
from portal.registry import CalendarEntry, registry
from startups.choices import TAKEN, ItemState, PlaceState
from startups.models import ActionItem, CoachingSession, DemoDay, Pitch, Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.models import User

#: So long what is over or cancelled is still to be found.
KEPT = timedelta(days=90)
#: A promise for a day is kept until its last minute.
LAST_MINUTE = time(23, 59)


def _mine(user: User) -> Q:
    """Places of one's startups, and of those one coaches now."""
    coached = Place.objects.of_mentor(user)
    return Q(startup__in=user.memberships.values("startup")) | Q(pk__in=coached.values("pk"))


def sessions(user: User) -> Iterable[CalendarEntry]:
    """Coaching sessions of one's startups, and those one holds; never what is noted of them."""
    own = Q(mentor__user=user) | Q(place__startup__in=user.memberships.values("startup"))
    found = (
        CoachingSession.objects.visible_to(user)
        .filter(own, ends_at__gt=clock.database_now() - KEPT)
        .select_related("place__startup", "mentor__user")
        .defer("discussed", "advice", "shared_note")
        .distinct()
    )
    yield from as_changed(found, lambda session: session.calendar_entry(join=True))


def demo_days(user: User) -> Iterable[CalendarEntry]:
    """The Demo Day of one's cohort, for its startups and their mentors."""
    places = Place.objects.filter(_mine(user), state__in=TAKEN)
    found = (
        DemoDay.objects.filter(
            cohort__in=places.values("cohort"), event__ends_at__gt=clock.database_now() - KEPT
        )
        .exclude(event__state=EventState.DRAFT)
        .select_related("event")
    )
    events = {demo_day.event_id: demo_day.event for demo_day in found}
    yield from as_changed(events.values(), lambda event: event.calendar_entry(join=True))


def decks(user: User) -> Iterable[CalendarEntry]:
    """Until when the decks of one's startups are to be handed in."""
    found = (
        Pitch.objects.filter(
            place__startup__in=user.memberships.values("startup"),
            demo_day__event__ends_at__gt=clock.database_now() - KEPT,
        )
        .exclude(demo_day__event__state=EventState.DRAFT)
        .select_related("demo_day__event", "place__startup")
    )
    for pitch in found:
        demo_day, event = pitch.demo_day, pitch.demo_day.event
        yield CalendarEntry(
            uid=f"deck-{pitch.pk}",
            # Calling the event off raises its version, so the entry that says so is newer too.
            sequence=demo_day.deck_version + event.version + bool(pitch.late_until),
            summary=_("Deck due: %(event)s") % {"event": event.title},
            starts_at=pitch.deck_until(),
            zone=event.time_zone,
            changed_at=max(pitch.created_at, event.state_changed_at),
            description=str(pitch.place.startup),
            path=demo_day.get_absolute_url(),
            cancelled=event.state == EventState.CANCELLED or pitch.place.state not in TAKEN,
        )


def promises(user: User) -> Iterable[CalendarEntry]:
    """What one's own side promised to do by a day."""
    found = (
        ActionItem.objects.of_person(user)
        .filter(due_on__isnull=False)
        .filter(
            Q(state=ItemState.OPEN)
            | Q(state=ItemState.DROPPED, state_changed_at__gt=clock.database_now() - KEPT)
        )
        .select_related("place__startup", "place__cohort")
    )
    for item in found:
        if item.due_on is None:
            continue
        cohort = item.place.cohort
        dropped = item.state == ItemState.DROPPED
        yield CalendarEntry(
            uid=f"item-{item.pk}",
            sequence=item.due_version + dropped,
            summary=_("To do: %(what)s") % {"what": item.what},
            starts_at=datetime.combine(item.due_on, LAST_MINUTE, tzinfo=cohort.zone),
            zone=cohort.time_zone,
            changed_at=item.state_changed_at,
            description=str(item.place.startup),
            path=item.place.get_absolute_url(),
            cancelled=dropped,
        )


def offers(user: User) -> Iterable[CalendarEntry]:
    """Until when one's startup answers the offer of a place."""
    found = Place.objects.filter(
        state=PlaceState.INVITED, startup__in=user.memberships.values("startup")
    ).select_related("startup", "cohort")
    for place in found:
        yield CalendarEntry(
            uid=f"place-{place.pk}",
            sequence=place.answer_version,
            summary=_("Answer the offer of a place: %(cohort)s") % {"cohort": place.cohort},
            starts_at=place.answer_by,
            zone=place.cohort.time_zone,
            changed_at=place.state_changed_at,
            description=str(place.startup),
            path=place.answer_path or place.get_absolute_url(),
        )


registry.calendar += [sessions, demo_days, decks, promises, offers]
