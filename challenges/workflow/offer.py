"""From the result to the offer and its answer; part of the big table of an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import ApplicationState as State
from portal.workflow import Step, Transition
from startups.choices import PlaceState
from startups.models import Place
from startups.workflow.place import offer_place, place_workflow

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from challenges.models import Application

#: Whoever offers waits for whoever sends results of the call, as those who submit do.
SHARE_CALL = (("call", "SHARE"),)


def with_cohort(applications: QuerySet[Application]) -> QuerySet[Application]:
    """What guards and effects read."""
    return applications.select_related("call__programme", "call__feeds", "startup", "place")


def when_it_leads_to_a_cohort(step: Step[Application]) -> StrOrPromise | None:
    """The call says what is offered."""
    if step.record.call.feeds is not None:
        return None
    return _("This call selects for no cohort. Choose one on the page of the call.")


def when_nothing_was_offered(step: Step[Application]) -> StrOrPromise | None:
    """One application leads to one offer."""
    return None if step.record.place_id is None else _("It has had its offer already.")


def while_there_is_an_offer(step: Step[Application]) -> StrOrPromise | None:
    """Something to answer."""
    return _("Nothing is offered yet.") if step.record.place_id is None else None


def make_the_offer(step: Step[Application]) -> None:
    """The place in the cohort, its letter, and where it is answered."""
    application = step.record
    assert application.call.feeds is not None
    assert step.actor is not None
    application.place = offer_place(
        cohort=application.call.feeds,
        startup=application.startup,
        answer_by=step.data["answer_by"],
        answer_path=reverse("challenges:application-offer", args=[application.pk]),
        by=step.actor,
        reserve=step.from_state == State.RESERVE,
    )
    application.save(update_fields=["place"])


def take_it(step: Step[Application]) -> None:
    """The place's own step decides: in time, terms accepted, one is left."""
    assert step.record.place is not None
    place_workflow.perform(step.record.place, "confirm", actor=step.actor, data=step.data)


def refuse_it(step: Step[Application]) -> None:
    """The place's own step tells those concerned."""
    assert step.record.place is not None
    place_workflow.perform(step.record.place, "refuse", actor=step.actor, reason=step.reason)


def give_it_back(step: Step[Application]) -> None:
    """Whoever withdraws gives back what they were offered."""
    place = Place.objects.filter(application=step.record, state=PlaceState.INVITED).first()
    if place is not None:
        place_workflow.perform(place, "step-back", actor=step.actor, reason=step.reason)


OFFERS: tuple[Transition[Application], ...] = (
    Transition(
        name="offer-place",
        label=gettext_lazy("Make the offer"),
        permission="challenges.offer_place_application",
        sources={State.SELECTED},
        target=None,
        locks=SHARE_CALL,
        reads=with_cohort,
        guards=(when_it_leads_to_a_cohort, when_nothing_was_offered),
        effects=(make_the_offer,),
        internal=True,
    ),
    Transition(
        name="move-up",
        label=gettext_lazy("Offer it to the next on the reserve list"),
        permission="challenges.offer_place_application",
        sources={State.RESERVE},
        target=State.SELECTED,
        locks=SHARE_CALL,
        reads=with_cohort,
        guards=(when_it_leads_to_a_cohort, when_nothing_was_offered),
        effects=(make_the_offer,),
        internal=True,
    ),
    Transition(
        name="accept-offer",
        label=gettext_lazy("Accept the offer"),
        permission="challenges.answer_offer_application",
        sources={State.SELECTED},
        target=State.ACCEPTED,
        locks=SHARE_CALL,
        reads=with_cohort,
        guards=(while_there_is_an_offer,),
        effects=(take_it,),
        internal=True,
    ),
    Transition(
        name="refuse-offer",
        label=gettext_lazy("Refuse the offer"),
        permission="challenges.answer_offer_application",
        sources={State.SELECTED},
        target=State.REFUSED,
        locks=SHARE_CALL,
        reads=with_cohort,
        guards=(while_there_is_an_offer,),
        effects=(refuse_it,),
        internal=True,
    ),
)
