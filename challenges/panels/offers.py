"""Offers to take part: what waits for staff, who is next on the reserve list, the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from challenges.actions.offer import held_at, next_for, offers_url
from challenges.choices import ApplicationState
from challenges.models import Application, Call
from portal import clock
from portal.choices import Role
from portal.registry import Sentence, Waiting, registry
from startups.choices import CohortState
from startups.journey import SENTENCES, TOLD
from startups.models import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User

RUNNERS = (Role.MANAGER, Role.COORDINATOR)
SOON = 3 * clock.DAY
SHOWN = 10


def offers_to_make(user: User) -> Iterator[Waiting]:
    """Calls with selected organisations that wait for their offer, or with one to spare."""
    if not user.programmes_as(*RUNNERS) and not user.is_superuser:
        return
    calls = list(_calls_with_offers(user))
    spare = [call for call in calls if call.feeds.places > call.held + call.unoffered]
    next_ones = (
        Application.objects.select_related("startup").in_bulk(
            [call.next_key for call in spare if call.next_key]
        )
        if spare
        else {}
    )
    for call in calls:
        if call.unoffered:
            yield Waiting(
                verb=_("Make the offers"),
                object=_("%(call)s: %(count)s")
                % {
                    "call": call.title,
                    "count": ngettext(
                        "%d selected organisation waits",
                        "%d selected organisations wait",
                        call.unoffered,
                    )
                    % call.unoffered,
                },
                url=offers_url(call),
                urgency=SOON,
            )
        elif call in spare and (following := next_ones.get(call.next_key)):
            yield Waiting(
                verb=_("Offer the place"),
                object=_("to %(startup)s (%(reference)s), next on the reserve list")
                % {"startup": following.startup.name, "reference": following.reference},
                url=f"{offers_url(call)}?next={following.pk}",
                note=f"{call.title} · {call.feeds.name}",
                tone="amber",
                urgency=SOON,
            )


def _calls_with_offers(user: User) -> Any:
    """Calls whose cohort has not begun, with what is held, who waits, who is next."""
    held = (
        Place.objects.filter(held_at(clock.database_now()), cohort=OuterRef("feeds"))
        .order_by()
        .values("cohort")
        .annotate(n=Count("pk"))
        .values("n")
    )
    following = Application.objects.filter(call=OuterRef("pk")).on_reserve()
    waiting = Q(applications__state=ApplicationState.SELECTED, applications__place=None)
    return (
        Call.objects.filter(
            user.within("programme", *RUNNERS), feeds__starts_on__gte=timezone.localdate()
        )
        .exclude(feeds__state=CohortState.CLOSED)
        .select_related("feeds")
        .annotate(
            held=Coalesce(Subquery(held), 0),
            unoffered=Count("applications", filter=waiting),
            next_key=Subquery(following.values("pk")[:1]),
        )
        .order_by("feeds__starts_on")[:SHOWN]
    )


registry.staff_waiting.append(offers_to_make)
registry.next_in_line.append(next_for)
SENTENCES.update(
    {
        f"{Application._meta.label_lower}:{verb}": words
        for verb, words in {
            "offer-place": gettext_lazy("Offered to take part after a call"),
            "move-up": gettext_lazy("Moved up from the reserve list"),
            "accept-offer": gettext_lazy("Offer after a call accepted"),
            "refuse-offer": gettext_lazy("Offer after a call refused"),
        }.items()
    }
)
TOLD |= {"challenges.application:offer-place", "challenges.application:move-up"}
registry.sentences |= {
    f"challenges.application:{verb}": Sentence(text)
    for verb, text in {
        "offer-place": gettext_lazy("{who} made the offer to take part"),
        "move-up": gettext_lazy("{who} made the offer to the next on the reserve list"),
        "accept-offer": gettext_lazy("{who} accepted the offer"),
        "refuse-offer": gettext_lazy("{who} refused the offer"),
    }.items()
}
