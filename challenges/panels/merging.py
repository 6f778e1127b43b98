"""What of calls follows when two records of an organisation become one, and what stands against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import ApplicationState
from challenges.models import Application
from portal.audit import READS
from portal.models import AuditEntry
from portal.registry import Mover, SortedOut, registry

if TYPE_CHECKING:
    from uuid import UUID

#: Of two applications to one call, one in these states gives way to the other.
GIVES_WAY = {ApplicationState.DRAFT, ApplicationState.WITHDRAWN}
#: What happens to an application without its team: it does not stand against undoing.
MEANWHILE = ("note", "handle", "lay-message-aside", *READS)


def applications_of_both(kept: UUID, gone: UUID) -> SortedOut:
    """An organisation applies once to a call: what gives way stays behind, the rest is refused."""
    pairs: dict[UUID, dict[UUID, Application]] = {}
    for application in Application.objects.filter(startup__in=[kept, gone]).select_related("call"):
        pairs.setdefault(application.call_id, {})[application.startup_id] = application
    behind, notes, refusals = set(), [], []
    for both in pairs.values():
        if len(both) == 1:
            continue
        stays, goes = both[kept], both[gone]
        words = {
            "call": stays.call.title,
            "kept": f"{stays.reference}, {stays.get_state_display()}",
            "gone": f"{goes.reference}, {goes.get_state_display()}",
        }
        if goes.state in GIVES_WAY:
            behind.add(goes.pk)
            notes.append(
                _(
                    "Both applied to “%(call)s”. %(kept)s counts; %(gone)s stays with the record "
                    "that goes, and its team does not see it any more."
                )
                % words
            )
        elif stays.state in GIVES_WAY:
            refusals.append(
                _(
                    "Both applied to “%(call)s”, and what counts (%(gone)s) is with the record "
                    "that would go. Let the other record stay instead."
                )
                % words
            )
        else:
            refusals.append(
                _(
                    "Both applied to “%(call)s” (%(kept)s; %(gone)s), and an organisation applies "
                    "once. Ask the team to withdraw one of the two, then merge."
                )
                % words
            )
    return SortedOut(frozenset(behind), tuple(notes), tuple(refusals))


def nothing_happened_since(keys: list[UUID], entry: int) -> str | None:
    """A merge is not undone once a team or a jury worked on what moved."""
    since = (
        AuditEntry.objects.filter(
            Q(subject_type=Application._meta.label_lower), subject_id__in=keys, pk__gt=entry
        )
        .exclude(verb__in=MEANWHILE)
        .values_list("subject_id", flat=True)
    )
    application = Application.objects.filter(pk__in=since).order_by("reference").first()
    if application is None:
        return None
    return _("Application %(reference)s went on since: its team or the staff took a step.") % {
        "reference": application.reference
    }


registry.movers.append(
    Mover(
        "challenges.application",
        gettext_lazy("applications"),
        sort_out=applications_of_both,
        why_not_back=nothing_happened_since,
    )
)
