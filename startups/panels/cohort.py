"""What cohorts contribute: what waits, the organisation's page, public pages, menu, history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal import clock
from portal.registry import Block, MenuItem, Mover, Sentence, SortedOut, Waiting, registry
from startups.actions.cohort import offer_reminding
from startups.choices import MemberRole, PlaceState
from startups.journey import SENTENCES
from startups.models import Cohort, Place
from startups.rules import COHORT_RUNNERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from portal.models import User

SHOWN = 10
SOON = 3 * clock.DAY
#: Offers that came to nothing.
OVER = {PlaceState.REFUSED, PlaceState.ENDED}


def offers_to_answer(user: User) -> Iterator[Waiting]:
    """Open offers to organisations I own."""
    now = clock.database_now()
    offers = Place.objects.filter(
        state=PlaceState.INVITED,
        answer_by__gt=now,
        startup__memberships__user=user,
        startup__memberships__role=MemberRole.OWNER,
    ).select_related("cohort", "startup")
    for place in offers.order_by("answer_by"):
        seconds = (place.answer_by - now).total_seconds()
        yield Waiting(
            verb=_("Answer the offer"),
            object=f"{place.cohort.name} · {place.startup.name}",
            url=place.answer_path or place.get_absolute_url(),
            note=clock.time_left(int(seconds)),
            when=_("by %(when)s")
            % {
                "when": clock.in_both_zones(place.answer_by, place.cohort.time_zone, user.time_zone)
            },
            tone="amber" if seconds < SOON else "ink",
            urgency=seconds,
        )


def offers_unanswered(user: User) -> Iterator[Waiting]:
    """Offers of cohorts I run whose answer date has passed: nothing ends by itself."""
    if not user.programmes_as(*COHORT_RUNNERS) and not user.is_superuser:
        return
    now = clock.database_now()
    late = Place.objects.filter(
        user.within("cohort__programme", *COHORT_RUNNERS),
        state=PlaceState.INVITED,
        answer_by__lte=now,
    ).select_related("cohort", "startup")
    for place in late.order_by("answer_by")[:SHOWN]:
        yield Waiting(
            verb=_("Decide on the offer"),
            object=_("%(startup)s has not answered, %(cohort)s")
            % {"startup": place.startup.name, "cohort": place.cohort.name},
            url=reverse("admin:startups_place_change", args=[place.pk]),
            note=_("Move the answer date, or end the offer"),
            when=_("since %(when)s")
            % {
                "when": clock.in_both_zones(place.answer_by, place.cohort.time_zone, user.time_zone)
            },
            tone="lamp",
            urgency=(place.answer_by - now).total_seconds(),
        )


def offers_under_way(user: User) -> Iterator[Waiting]:
    """Cohorts I run whose offers wait for their organisations: how many, and until when."""
    if not user.programmes_as(*COHORT_RUNNERS) and not user.is_superuser:
        return
    open_ones = Q(
        held_places__state=PlaceState.INVITED, held_places__answer_by__gt=clock.database_now()
    )
    cohorts: Any = (
        Cohort.objects.filter(user.within("programme", *COHORT_RUNNERS))
        .annotate(
            offers=Count("held_places", filter=open_ones),
            first=Min("held_places__answer_by", filter=open_ones),
        )
        .filter(offers__gt=0)
        .order_by("first")
    )
    for cohort in cohorts[:SHOWN]:
        count = ngettext("%d offer", "%d offers", cohort.offers) % cohort.offers
        yield Waiting(
            verb=_("Offered"),
            object=_("%(cohort)s: %(count)s without an answer")
            % {"cohort": cohort.name, "count": count},
            url=reverse("admin:startups_place_changelist")
            + f"?cohort__id__exact={cohort.pk}&state__exact={PlaceState.INVITED}",
            when=_("first answer by %(when)s")
            % {"when": clock.in_both_zones(cohort.first, cohort.time_zone, user.time_zone)},
        )


def places_of(startup: Any, user: User) -> Block | None:
    """The cohorts the organisation has been offered or takes part in, for whoever may see them."""
    places = list(
        Place.objects.visible_to(user)
        .filter(startup=startup)
        .select_related("cohort__programme", "group")
        .order_by("-cohort__starts_on")
    )
    if not places:
        return None
    member = startup.has_member(user)
    return Block("startups/_startup_places.html", {"places": places, "member": member}, order=5)


def cohorts_of(request: Any, programme: Any) -> Block | None:
    """The programme's published cohorts, the latest first."""
    del request
    cohorts = list(Cohort.objects.public().filter(programme=programme)[:SHOWN])
    if not cohorts:
        return None
    return Block("startups/_programme_cohorts.html", {"cohorts": cohorts}, order=20)


def public_pages() -> Iterator[str]:
    """Each published cohort."""
    yield from (one.get_absolute_url() for one in Cohort.objects.public().only("slug"))


def places_of_both(kept: UUID, gone: UUID) -> SortedOut:
    """One organisation has one place in a cohort: what came to nothing gives way."""
    pairs: dict[UUID, dict[UUID, Place]] = {}
    for place in Place.objects.filter(startup__in=[kept, gone]).select_related("cohort"):
        pairs.setdefault(place.cohort_id, {})[place.startup_id] = place
    behind, refusals = set(), []
    for both in pairs.values():
        if len(both) == 1:
            continue
        if both[gone].state in OVER:
            behind.add(both[gone].pk)
        elif both[kept].state in OVER:
            refusals.append(
                _(
                    "Both were offered to take part in %(cohort)s, and the record that would go "
                    "holds what counts. Let the other record stay instead."
                )
                % {"cohort": both[kept].cohort.name}
            )
        else:
            refusals.append(
                _("Both are in %(cohort)s. End one of the two there, then merge.")
                % {"cohort": both[kept].cohort.name}
            )
    return SortedOut(frozenset(behind), (), tuple(refusals))


registry.waiting.append(offers_to_answer)
registry.staff_waiting.append(offers_unanswered)
registry.under_way.append(offers_under_way)
registry.shown_by_themselves |= {"offer_extended", "offer_reminded", "offer_unanswered"}
registry.startup_page.append(places_of)
registry.programme_page.append(cohorts_of)
registry.sitemap.append(public_pages)
registry.due.append(offer_reminding.write_due)
registry.movers.append(
    Mover("startups.place", gettext_lazy("places in cohorts"), sort_out=places_of_both)
)
registry.menu += [
    MenuItem(
        group=gettext_lazy("Cohorts"),
        label=gettext_lazy("Cohorts"),
        url_name="admin:startups_cohort_changelist",
        permission="startups.view_cohort",
        order=42,
    ),
    MenuItem(
        group=gettext_lazy("Cohorts"),
        label=gettext_lazy("Places"),
        url_name="admin:startups_place_changelist",
        permission="startups.view_cohort",
        order=43,
    ),
]
SENTENCES.update(
    {
        f"startups.place:{verb}": words
        for verb, words in {
            "offer": gettext_lazy("Offered to take part in a cohort"),
            "confirm": gettext_lazy("Offer accepted"),
            "refuse": gettext_lazy("Offer refused"),
            "move-answer-date": gettext_lazy("Answer date of the offer moved"),
            "end-offer": gettext_lazy("Offer ended"),
            "step-back": gettext_lazy("Stepped back from the offer"),
            "start": gettext_lazy("Takes part in the cohort"),
            "complete": gettext_lazy("Completed the cohort"),
            "drop-out": gettext_lazy("Left the cohort"),
            "make-alumni": gettext_lazy("Became alumni"),
            "approve-text": gettext_lazy("Text for the public approved"),
            "keep-text": gettext_lazy("Text for the public kept to ourselves"),
            "set-group": gettext_lazy("Group of the cohort changed"),
        }.items()
    }
)
registry.sentences |= {
    f"startups.{key}": Sentence(text)
    for key, text in {
        "cohort:publish": gettext_lazy("{who} published the cohort"),
        "cohort:unpublish": gettext_lazy("{who} took the cohort back to draft"),
        "cohort:close": gettext_lazy("{who} closed the cohort"),
        "cohort:reopen": gettext_lazy("{who} opened the cohort again"),
        "cohort:create": gettext_lazy("{who} made the cohort"),
        "cohort:change": gettext_lazy("{who} changed {fields}"),
        "place:offer": gettext_lazy("{who} made the offer"),
        "place:confirm": gettext_lazy("{who} accepted the offer"),
        "place:refuse": gettext_lazy("{who} refused the offer"),
        "place:move-answer-date": gettext_lazy(
            "{who} moved the answer date from {before} to {after}"
        ),
        "place:end-offer": gettext_lazy("{who} ended the offer"),
        "place:step-back": gettext_lazy("{who} stepped back from the offer"),
        "place:start": gettext_lazy("{who} let the organisation begin"),
        "place:complete": gettext_lazy("{who} noted that the organisation completed the cohort"),
        "place:drop-out": gettext_lazy("{who} noted that the organisation dropped out"),
        "place:make-alumni": gettext_lazy("{who} made the organisation alumni"),
        "place:approve-text": gettext_lazy("{who} approved the text for the public"),
        "place:keep-text": gettext_lazy("{who} kept the text for the public back"),
        "place:set-group": gettext_lazy("{who} set the group"),
    }.items()
}
