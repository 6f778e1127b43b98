"""The board of a cohort on the first page of staff and in their menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal.registry import MenuItem, Sentence, Waiting, registry
from startups.actions.board import without_contact
from startups.choices import IN_PROGRAMME, CohortState
from startups.models import Cohort, Place
from startups.rules import COHORT_READERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User

SHOWN = 5


def running_cohorts(user: User) -> Iterator[Waiting]:
    """Cohorts of my programmes that run now, with whom nobody met for two weeks."""
    if not user.is_staff or not (user.programmes_as(*COHORT_READERS) or user.is_superuser):
        return
    coached = Place.objects.filter(state__in=IN_PROGRAMME)
    cohorts = list(
        Cohort.objects.visible_to(user)
        .filter(
            Q(state=CohortState.PUBLISHED),
            starts_on__lte=timezone.localdate(),
            pk__in=coached.values("cohort"),
        )
        .order_by("-starts_on")[:SHOWN]
    )
    silent = without_contact(cohorts) if cohorts else {}
    for cohort in cohorts:
        number = silent.get(cohort.pk, 0)
        said = ngettext(
            "%d startup without contact for 14 days",
            "%d startups without contact for 14 days",
            number,
        )
        yield Waiting(
            verb=_("See the board"),
            object=_("of %(cohort)s") % {"cohort": cohort.name},
            url=reverse("admin:startups_cohort_board", args=[cohort.pk]),
            note=said % number if number else "",
            tone="amber" if number else "ink",
        )


registry.under_way.append(running_cohorts)
registry.menu.append(
    MenuItem(
        group=gettext_lazy("Cohorts"),
        label=gettext_lazy("Board"),
        url_name="admin:startups_cohort_boards",
        permission="startups.view_cohort",
        order=41,
    )
)
registry.sentences["startups.cohort:export"] = Sentence(
    gettext_lazy("{who} downloaded the board as {format}")
)
