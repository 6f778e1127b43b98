"""The life of an event, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils.translation import gettext as _, gettext_lazy

from events import reminders
from events.choices import EventState as State, RegistrationState
from events.models import Event
from events.notices.event import EventCancelled, EventMoved
from portal.choices import Mode
from portal.models import ClockNow, Reminder
from portal.workflow import Transition, Workflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from portal.workflow import Step

#: What moves: the hours, the place, the link.
MOVABLE = ("starts_at", "ends_at", "place", "join_link")


def while_ahead(step: Step[Event]) -> StrOrPromise | None:
    """It has not begun."""
    begun = step.record.starts_at <= step.at
    return _("It would have begun already. Choose a later hour first.") if begun else None


def while_not_over(step: Step[Event]) -> StrOrPromise | None:
    """It has not ended."""
    return _("The event is over.") if step.record.is_over(step.at) else None


def when_people_find_it(step: Step[Event]) -> StrOrPromise | None:
    """Whoever comes in person knows where."""
    event = step.record
    if event.mode != Mode.ONLINE and not event.place:
        return _("Say where people meet: the place is empty.")
    return None


def when_new_hours_are_fair(step: Step[Event]) -> StrOrPromise | None:
    """The new hours are ahead and in order, and something is new."""
    if "starts_at" not in step.data:
        return None  # asked for the button only
    event, data = step.record, step.data
    if all(data[name] == getattr(event, name) for name in MOVABLE):
        return _("This is what stands there already: nothing would change.")
    if data["ends_at"] <= data["starts_at"]:
        return _("The event would end before it begins.")
    if event.mode != Mode.ONLINE and not data["place"]:
        return _("Say where people meet: the place is empty.")
    # One that goes on now may get another link, or end later.
    moved_back = data["starts_at"] != event.starts_at and data["starts_at"] <= step.at
    if moved_back or data["ends_at"] <= step.at:
        return _("The new hour has passed already. Choose a later one.")
    return None


def stamp_publication(_step: Step[Event]) -> dict[str, Any]:
    """When it was published."""
    return {"published_at": ClockNow()}


def move(step: Step[Event]) -> dict[str, Any]:
    """The new hours, place and link, with a new version that letters and calendars go by."""
    event = step.record
    step.facts.update(
        before=event.starts_at.isoformat(),
        after=step.data["starts_at"].isoformat(),
        version=event.version + 1,
    )
    changed = [name for name in MOVABLE if getattr(event, name) != step.data[name]]
    step.facts["fields"] = changed
    step.data = {
        **step.data,
        "moved": bool({"starts_at", "ends_at"} & set(changed)),
        "before": {name: getattr(event, name) for name in (*MOVABLE, "where")},
    }
    columns = {**{name: step.data[name] for name in changed}, "version": F("version") + 1}
    if event.registration_until and event.registration_until > step.data["ends_at"]:
        # Nobody registers for what is over.
        columns["registration_until"] = step.data["ends_at"]
    return columns


def outdate(step: Step[Event]) -> dict[str, Any]:
    """A new version, so that calendars take the cancelled entry."""
    step.facts["version"] = step.record.version + 1
    return {"version": F("version") + 1}


def see_who_comes(step: Step[Event]) -> None:
    """Who has the event in their calendar, read once for all letters."""
    coming = step.record.registrations.filter(state=RegistrationState.APPROVED)
    step.data = {**step.data, "coming": frozenset(coming.values_list("user_id", flat=True))}
    step.facts["guests"] = step.record.registrations.standing().count()


def plan_for_guests(step: Step[Event]) -> None:
    """Guests' letters follow the event."""
    reminders.plan_for_guests(step.record, now=step.at)


def let_others_follow(verb: str) -> Callable[[Step[Event]], None]:
    """What other apps hang on an event, as a Demo Day's pitches."""

    def follow(step: Step[Event]) -> None:
        for follower in reminders.followers:
            follower(verb, step)

    return follow


def drop_outdated(step: Step[Event]) -> None:
    """Whatever was planned by an earlier version is not written any more, whoever planned it."""
    Reminder.objects.drop(step.record, but=step.record.version)


def drop_all(step: Step[Event]) -> None:
    """Nothing is written about an event that does not take place."""
    Reminder.objects.drop(step.record)


def with_programme(events: QuerySet[Event]) -> QuerySet[Event]:
    """What the letters read."""
    return events.select_related("programme")


event_workflow: Workflow[Event] = Workflow(
    Event,
    Transition(
        name="publish",
        label=gettext_lazy("Publish"),
        permission="events.publish_event",
        sources={State.DRAFT},
        target=State.PUBLISHED,
        guards=(while_ahead, when_people_find_it),
        changes=stamp_publication,
        effects=(plan_for_guests, let_others_follow("publish")),
        primary=True,
    ),
    Transition(
        name="move",
        label=gettext_lazy("Move the event"),
        permission="events.move_event",
        sources={State.PUBLISHED},
        # The same state again, so that its row and every calendar know when it changed.
        target=State.PUBLISHED,
        guards=(while_not_over, when_new_hours_are_fair),
        changes=move,
        effects=(see_who_comes, plan_for_guests, let_others_follow("move"), drop_outdated),
        notices=(EventMoved(),),
        needs_reason=True,
        needs_data=True,
        in_turn=True,
        reads=with_programme,
    ),
    Transition(
        name="cancel",
        label=gettext_lazy("Cancel the event"),
        permission="events.cancel_event",
        sources={State.PUBLISHED},
        target=State.CANCELLED,
        guards=(while_not_over,),
        changes=outdate,
        effects=(see_who_comes, let_others_follow("cancel"), drop_all),
        notices=(EventCancelled(),),
        needs_reason=True,
        destructive=True,
        in_turn=True,
        reads=with_programme,
    ),
)
