"""The life of a registration, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, gettext_lazy

from events import reminders
from events.choices import EventState, RegistrationState as State
from events.models import Registration
from events.notices.registration import (
    RegistrationApproved,
    RegistrationCancelled,
    RegistrationDeclined,
    RegistrationReceived,
)
from portal.workflow import Transition, Workflow

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from events.models import Event
    from portal.workflow import Step


def why_closed(event: Event, now: datetime) -> StrOrPromise | None:
    """Why nobody can register at ``now``; nothing where they can. Capacity is another question."""
    if event.state == EventState.CANCELLED:
        return _("The event is cancelled.")
    if event.state != EventState.PUBLISHED:
        return _("The event is not published yet.")
    if event.is_over(now):
        return _("The event is over.")
    if event.registration_until is not None and event.registration_until <= now:
        return _("Registration is closed.")
    return None


def why_full(event: Event) -> StrOrPromise | None:
    """Why nobody more can come; ask behind the event's lock where it decides."""
    if event.capacity is None or event.registrations.approved().count() < event.capacity:
        return None
    return _("All places are taken. If somebody cancels, you can register then.")


def while_registration_is_open(step: Step[Registration]) -> StrOrPromise | None:
    """Before registration ends, and while there is a place."""
    event = step.record.event
    return why_closed(event, step.at) or why_full(event)


def while_event_is_ahead(step: Step[Registration]) -> StrOrPromise | None:
    """It takes place and has not ended."""
    event = step.record.event
    if event.state == EventState.CANCELLED:
        return _("The event is cancelled.")
    return _("The event is over.") if event.is_over(step.at) else None


def while_there_is_a_place(step: Step[Registration]) -> StrOrPromise | None:
    """Not more guests than the event takes."""
    event = step.record.event
    if why_full(event) is None:
        return None
    return _("All %(count)d places are taken. Raise the number of guests, or decline.") % {
        "count": event.capacity
    }


def said_anew(step: Step[Registration]) -> dict[str, Any]:
    """What the guest says of themselves this time; the earlier answer is no answer to it."""
    return {
        **{name: step.data[name] for name in ("kind", "organisation", "interest")},
        "answered_by": None,
    }


def answered(step: Step[Registration]) -> dict[str, Any]:
    """Who of the staff answered."""
    return {"answered_by": step.actor}


def plan_letters(step: Step[Registration]) -> None:
    """The guest is told when the event comes nearer."""
    event, guest = step.record.event, step.record.user
    reminders.plan_for_guests(event, now=step.at, guests=[guest])


def drop_letters(step: Step[Registration]) -> None:
    """Who does not come is not told."""
    reminders.drop_for_guest(step.record.event, step.record.user)


def with_event(registrations: QuerySet[Registration]) -> QuerySet[Registration]:
    """What guards and letters read."""
    return registrations.select_related("event__programme", "user")


#: Who takes the last place is decided behind the event's lock.
ALONE = (("event", "NO KEY UPDATE"),)
BESIDE = (("event", "SHARE"),)

registration_workflow: Workflow[Registration] = Workflow(
    Registration,
    Transition(
        name="register-again",
        label=gettext_lazy("Register again"),
        permission="events.cancel_registration",
        sources={State.CANCELLED},
        target=State.ASKED,
        guards=(while_registration_is_open,),
        changes=said_anew,
        notices=(RegistrationReceived(),),
        internal=True,
        locks=ALONE,
        reads=with_event,
    ),
    Transition(
        name="approve",
        label=gettext_lazy("Approve"),
        permission="events.answer_registration",
        sources={State.ASKED, State.DECLINED},
        target=State.APPROVED,
        guards=(while_event_is_ahead, while_there_is_a_place),
        changes=answered,
        effects=(plan_letters,),
        notices=(RegistrationApproved(),),
        primary=True,
        locks=ALONE,
        reads=with_event,
    ),
    Transition(
        # An event that needs no approval: the portal itself says yes, behind the same lock.
        name="confirm",
        label=gettext_lazy("Registered"),
        permission="events.answer_registration",
        sources={State.ASKED},
        target=State.APPROVED,
        guards=(while_registration_is_open,),
        effects=(plan_letters,),
        notices=(RegistrationApproved(),),
        internal=True,
        locks=ALONE,
        reads=with_event,
    ),
    Transition(
        name="decline",
        label=gettext_lazy("Decline"),
        permission="events.answer_registration",
        sources={State.ASKED, State.APPROVED},
        target=State.DECLINED,
        guards=(while_event_is_ahead,),
        changes=answered,
        effects=(drop_letters,),
        notices=(RegistrationDeclined(),),
        # A reason may be given, and need not be: it has a page of its own.
        needs_data=True,
        destructive=True,
        locks=BESIDE,
        reads=with_event,
    ),
    Transition(
        name="cancel",
        label=gettext_lazy("Cancel my registration"),
        permission="events.cancel_registration",
        sources={State.ASKED, State.APPROVED},
        target=State.CANCELLED,
        guards=(while_event_is_ahead,),
        effects=(drop_letters,),
        notices=(RegistrationCancelled(),),
        destructive=True,
        locks=BESIDE,
        reads=with_event,
    ),
)
