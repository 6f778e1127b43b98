"""Verbs of saved filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from challenges.models import SavedFilter
from portal.models import Programme
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from portal.models import User

#: A line of words above a list is read only while it is short.
AT_MOST = 20


@transaction.atomic
def save_filter(*, name: str, query: str, programme: str | None, by: User) -> SavedFilter:
    """Keep the question of a list under a name, for oneself or for a programme's people.

    Raises:
        StepRefused: nothing is filtered, the name is taken, or the programme is not the person's.
    """
    if not by.has_perm("challenges.view_savedfilter"):
        raise StepRefused(_("You may not do this."), permission=True)
    if not query:
        raise StepRefused(_("Choose a filter first, then save it."))
    shared = Programme.objects.filter(pk=programme).first() if programme else None
    if programme and not by.has_perm(
        "challenges.share_savedfilter", SavedFilter(owner=by, programme=shared)
    ):
        raise StepRefused(_("You may not do this."), permission=True)
    if SavedFilter.objects.filter(owner=by).count() >= AT_MOST:
        raise StepRefused(_("You have many filters. Delete one to keep another."))
    try:
        with transaction.atomic():
            return SavedFilter.objects.create(owner=by, programme=shared, name=name, query=query)
    except IntegrityError as error:
        raise StepRefused(
            _("You have a filter of that name. Delete it first, or choose another name.")
        ) from error


@transaction.atomic
def delete_filter(*, saved: SavedFilter, by: User) -> None:
    """Delete one's own filter."""
    if saved.owner_id != by.pk:
        raise StepRefused(_("You may not do this."), permission=True)
    saved.delete()
