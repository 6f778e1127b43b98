"""Offers to take part, made to those a call selected and to its reserve list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse

from challenges.choices import ApplicationState
from challenges.models import Application
from challenges.workflow.application import application_workflow
from portal import clock
from startups.choices import TAKEN, PlaceState

if TYPE_CHECKING:
    from datetime import datetime

    from challenges.models import Call
    from portal.models import User
    from portal.workflow import Step
    from startups.models import Cohort, Place

#: The step that makes the offer, by where the application stands.
STEPS = {ApplicationState.SELECTED: "offer-place", ApplicationState.RESERVE: "move-up"}


def held_at(now: datetime) -> Q:
    """Places that nobody else can be offered: taken, or offered and still to be answered."""
    return Q(state__in=TAKEN) | Q(state=PlaceState.INVITED, answer_by__gt=now)


def left_in(cohort: Cohort) -> int:
    """How many more can be offered now."""
    held = cohort.held_places.filter(held_at(clock.database_now())).count()
    return max(cohort.places - held, 0)


def make_offer(*, application: Application, answer_by: datetime, by: User) -> Step[Application]:
    """Offer to take part: to one who was selected, or to one of the reserve list.

    Raises:
        StepRefused: not permitted, not decided, offered before, or the date has passed.
    """
    name = STEPS.get(ApplicationState(application.state), "offer-place")
    return application_workflow.perform(application, name, actor=by, data={"answer_by": answer_by})


def offers_url(call: Call) -> str:
    """Where staff make the offers of a call."""
    return reverse("admin:challenges_application_offers", args=[call.pk])


def next_for(place: Place) -> tuple[str, str] | None:
    """Who of the reserve list is next for what an application of this call gave back."""
    application = Application.objects.filter(place=place).select_related("call").first()
    if application is None:
        return None
    following = application.call.applications.on_reserve().select_related("startup").first()
    if following is None:
        return None
    name = f"{following.startup.name} ({following.reference})"
    return name, f"{offers_url(application.call)}?next={following.pk}"
