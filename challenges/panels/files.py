"""Refused files of submitted applications: what waits for teams, and what staff see of lapses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from challenges.choices import ReplacementState
from challenges.models import Replacement
from challenges.rules import CALL_RUNNERS
from challenges.workflow.replacement import STILL_READ
from portal import clock
from portal.registry import Waiting, registry
from startups.choices import MemberRole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.models import User

SHOWN = 10
#: How long staff are told of a file that nobody replaced.
TOLD_FOR = timedelta(days=7)


def files_to_replace(user: User) -> Iterable[Waiting]:
    """Refused files that can still be replaced, each with its own end."""
    now = clock.database_now()
    open_ones = (
        Replacement.objects.of_applicant(user)
        .still_open(now)
        .filter(
            application__state__in=STILL_READ,
            # A newer version was submitted without the file: nothing waits any more.
            revision=F("application__revision_count"),
        )
        .exclude(
            application__startup__in=user.memberships.filter(role=MemberRole.VIEWER).values(
                "startup"
            )
        )
        .select_related("application__call", "refused")
        .order_by("open_until")
    )
    for replacement in open_ones[:SHOWN]:
        call = replacement.application.call
        seconds = (replacement.open_until - now).total_seconds()
        yield Waiting(
            verb=_("Replace"),
            object=_("%(file)s, refused by our check · %(call)s")
            % {"file": replacement.refused.name, "call": call.title},
            url=replacement.get_absolute_url(),
            when=_("by %(when)s")
            % {"when": clock.in_both_zones(replacement.open_until, call.time_zone, user.time_zone)},
            note=clock.time_left(int(seconds)),
            tone="lamp",
            urgency=seconds - clock.DAY,
        )


def files_not_replaced(user: User) -> Iterable[Waiting]:
    """For who runs the call: files that were refused and whose day passed."""
    if not user.programmes_as(*CALL_RUNNERS) and not user.is_superuser:
        return
    lapsed = (
        Replacement.objects.filter(
            user.within("application__call__programme", *CALL_RUNNERS),
            state=ReplacementState.LAPSED,
            application__state__in=STILL_READ,
            state_changed_at__gt=clock.database_now() - TOLD_FOR,
        )
        .select_related("application__call", "refused")
        .order_by("-state_changed_at")
    )
    for replacement in lapsed[:SHOWN]:
        application = replacement.application
        yield Waiting(
            verb=_("Look"),
            object=_("%(file)s was refused and not replaced · %(reference)s, %(call)s")
            % {
                "file": replacement.refused.name,
                "reference": application.reference,
                "call": application.call.title,
            },
            url=reverse("admin:challenges_application_change", args=[application.pk]),
            when=_("since %(when)s")
            % {"when": clock.in_words(replacement.open_until, application.call.time_zone)},
            tone="amber",
            urgency=clock.DAY,
        )


registry.waiting.append(files_to_replace)
registry.staff_waiting.append(files_not_replaced)
registry.shown_by_themselves.add("file_reminded")
