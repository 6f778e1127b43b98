"""A guest registers, and what the end of an account means for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from events.choices import RegistrationState
from events.models import Event, Registration
from events.notices.registration import RegistrationReceived
from events.workflow.registration import registration_workflow, why_closed, why_full
from portal import audit, clock, outbox
from portal.workflow import Step, StepRefused, lock_row

if TYPE_CHECKING:
    from portal.models import User


@transaction.atomic
def register(
    *, event: Event, user: User, kind: str, organisation: str = "", interest: str = ""
) -> Registration:
    """Register somebody, or find that they are; who cancelled registers again.

    Raises:
        StepRefused: registration is closed, all places are taken, or staff have declined before.
    """
    # Places are counted behind this lock, by this statement and those after it.
    lock_row(Event, event.pk, "NO KEY UPDATE")
    event = Event.objects.select_related("programme").get(pk=event.pk)
    if not user.has_perm("events.register_event", event):
        raise StepRefused(_("You may not do this."), permission=True)
    said = {"kind": kind, "organisation": organisation, "interest": interest}
    found = Registration.objects.filter(event=event, user=user).first()
    if found is None:
        registration = _begin(event, user, said)
    elif found.state == RegistrationState.CANCELLED:
        registration = registration_workflow.perform(
            found, "register-again", actor=user, data=said
        ).record
    elif found.state == RegistrationState.DECLINED:
        raise StepRefused(
            _("The programme has answered already. Write to %(mailbox)s if something has changed.")
            % {"mailbox": event.programme.mailbox}
        )
    else:
        return found
    if not event.needs_approval:
        registration = registration_workflow.perform(registration, "confirm", actor=None).record
    return registration


def _begin(event: Event, user: User, said: dict[str, str]) -> Registration:
    now = clock.database_now()
    refusal = why_closed(event, now) or why_full(event)
    if refusal is not None:
        raise StepRefused(refusal)
    registration = Registration.objects.create(event=event, user=user, **said)
    step: Step[Registration] = Step(record=registration, actor=user, at=now)
    step.entry = audit.record(registration, "register", actor=user, to_state=registration.state)
    outbox.tell(RegistrationReceived(), step, programme=event.programme)
    return registration


def give_up_places(user: User) -> None:
    """At the end of an account: what was still ahead is free for others."""
    ahead = Registration.objects.standing().filter(user=user, event__in=Event.objects.ahead())
    for registration in ahead:
        registration_workflow.perform(registration, "cancel", actor=user)
