"""The life of a cohort, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal.models import ClockNow
from portal.workflow import Step, Transition, Workflow
from startups.choices import IN_PROGRAMME, CohortState as State, PlaceState
from startups.models import Cohort

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def when_terms_stand(step: Step[Cohort]) -> StrOrPromise | None:
    """Whoever is offered to take part can read to what they agree."""
    if step.record.terms and step.record.terms_version:
        return None
    return _("The terms of taking part or their version are empty.")


def while_nobody_is_in_it(step: Step[Cohort]) -> StrOrPromise | None:
    """No organisation holds an offer or takes part."""
    count = step.record.held_places.exclude(
        state__in=[PlaceState.REFUSED, PlaceState.ENDED]
    ).count()
    if not count:
        return None
    return ngettext(
        "%(count)d organisation has an offer or takes part.",
        "%(count)d organisations have an offer or take part.",
        count,
    ) % {"count": count}


def when_nobody_waits(step: Step[Cohort]) -> StrOrPromise | None:
    """Every offer is answered and everybody who took part has come to an end."""
    count = step.record.held_places.filter(state__in=[PlaceState.INVITED, *IN_PROGRAMME]).count()
    if not count:
        return None
    return ngettext(
        "%(count)d organisation has an open offer or still takes part.",
        "%(count)d organisations have an open offer or still take part.",
        count,
    ) % {"count": count}


def stamp_publication(_step: Step[Cohort]) -> dict[str, Any]:
    """When it was published first."""
    return {"published_at": ClockNow()}


def take_back(_step: Step[Cohort]) -> dict[str, Any]:
    """Not public any more."""
    return {"published_at": None}


cohort_workflow: Workflow[Cohort] = Workflow(
    Cohort,
    Transition(
        name="publish",
        label=gettext_lazy("Publish"),
        permission="startups.publish_cohort",
        sources={State.DRAFT},
        target=State.PUBLISHED,
        guards=(when_terms_stand,),
        changes=stamp_publication,
        primary=True,
    ),
    Transition(
        name="unpublish",
        label=gettext_lazy("Take back to draft"),
        permission="startups.publish_cohort",
        sources={State.PUBLISHED},
        target=State.DRAFT,
        guards=(while_nobody_is_in_it,),
        changes=take_back,
        needs_reason=True,
    ),
    Transition(
        name="close",
        label=gettext_lazy("Close the cohort"),
        permission="startups.publish_cohort",
        sources={State.PUBLISHED},
        target=State.CLOSED,
        guards=(when_nobody_waits,),
    ),
    Transition(
        name="reopen",
        label=gettext_lazy("Open it again"),
        permission="startups.publish_cohort",
        sources={State.CLOSED},
        target=State.PUBLISHED,
    ),
)
