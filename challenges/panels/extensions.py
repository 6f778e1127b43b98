"""More time: what waits for staff, what is due by the clock, and what the history says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from challenges.actions.extension import COMPLETE, lapse_due
from challenges.choices import DECIDED, ApplicationState, CallState
from challenges.models import Application, Call, Extension, MoreTimeRequest
from challenges.rules import EXTENDERS
from portal import clock
from portal.registry import MenuItem, Sentence, Waiting, registry
from startups.journey import SENTENCES, TOLD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User

SHOWN = 10
#: So long after closing complete drafts are held up to whoever could admit them.
AFTER_CLOSING = timedelta(days=14)
TODAY = clock.DAY


def requests_waiting(user: User) -> Iterator[Waiting]:
    """Teams that asked for more time, the oldest first, with what is known beside it."""
    if not user.programmes_as(*EXTENDERS) and not user.is_superuser:
        return
    rows = (
        MoreTimeRequest.objects.for_staff(user)
        .filter(user.within("application__call__programme", *EXTENDERS))
        .unanswered()
        .select_related("application__call", "application__startup")
    )
    now = clock.database_now()
    for asked in rows[:SHOWN]:
        application, tried = asked.application, asked.facts.get("attempts", [])
        parts = [
            _("%(share)d %% complete") % {"share": asked.facts.get("completeness", 0)},
            _("asked %(age)s ago") % {"age": timesince(asked.created_at, now)},
        ]
        if tried:
            count = sum(attempt["count"] for attempt in tried)
            parts.append(ngettext("%d refused attempt", "%d refused attempts", count) % count)
        yield Waiting(
            verb=_("Answer"),
            object=_("%(startup)s asks for more time: %(call)s")
            % {"startup": application.startup.name, "call": application.call.title},
            url=reverse("admin:challenges_moretimerequest_change", args=[asked.pk]),
            note=" · ".join(parts),
            tone="lamp",
            # Each hour it waits is an hour of the team's.
            urgency=-(now - asked.created_at).total_seconds(),
        )


def extensions_to_confirm(user: User) -> Iterator[Waiting]:
    """Extensions a colleague granted, which end unless somebody else confirms them."""
    if not user.programmes_as(*EXTENDERS) and not user.is_superuser:
        return
    mine = Application.objects.of_applicant(user)
    rows = (
        Extension.objects.waiting()
        .filter(user.within("call__programme", *EXTENDERS))
        .exclude(granted_by=user)
        .exclude(applications__in=mine)
        .select_related("call", "granted_by")
    )
    now = clock.database_now()
    for extension in rows[:SHOWN]:
        left = (extension.confirm_by - now).total_seconds()
        yield Waiting(
            verb=_("Confirm"),
            object=_("an extension of %(who)s: %(call)s")
            % {"who": extension.granted_by.shown_name, "call": extension.call.title},
            url=reverse("admin:challenges_extension_change", args=[extension.pk]),
            note=_("else it ends by itself"),
            when=_("by %(when)s")
            % {
                "when": clock.in_both_zones(
                    extension.confirm_by, extension.call.time_zone, user.time_zone
                )
            },
            tone="amber",
            urgency=left,
        )


def complete_drafts(user: User) -> Iterator[Waiting]:
    """Calls that closed lately with complete drafts nobody submitted, before results are sent."""
    if not user.programmes_as(*EXTENDERS) and not user.is_superuser:
        return
    now = clock.database_now()
    complete = Q(
        Q(applications__extended_until=None) | Q(applications__extended_until__lte=now),
        applications__state=ApplicationState.DRAFT,
        applications__completeness__gte=COMPLETE,
    )
    calls: Any = (
        Call.objects.filter(
            user.within("programme", *EXTENDERS),
            state=CallState.PUBLISHED,
            accepts_until__lte=now,
            accepts_until__gt=now - AFTER_CLOSING,
        )
        .annotate(
            complete=Count("applications", filter=complete),
            decided=Count("applications", filter=Q(applications__state__in=DECIDED)),
        )
        .filter(complete__gt=0, decided=0)
        .order_by("-accepts_until")
    )
    for call in calls[:SHOWN]:
        yield Waiting(
            verb=_("Look at"),
            object=_("%(call)s: %(count)s")
            % {
                "call": call.title,
                "count": ngettext(
                    "%d draft complete, NOT submitted",
                    "%d drafts complete, NOT submitted",
                    call.complete,
                )
                % call.complete,
            },
            url=reverse("admin:challenges_extension_admit", args=[call.pk]),
            tone="amber",
            urgency=TODAY,
        )


registry.staff_waiting += [requests_waiting, extensions_to_confirm, complete_drafts]
registry.due.append(lapse_due)
registry.menu.append(
    MenuItem(
        group="",
        label=gettext_lazy("More time"),
        url_name="admin:challenges_moretimerequest_changelist",
        permission="challenges.view_moretimerequest",
        order=25,
    )
)
registry.facts |= {"extension": "challenges.extension", "request": "challenges.moretimerequest"}
registry.sentences |= {
    f"challenges.{key}": Sentence(text)
    for key, text in {
        "extension:grant": gettext_lazy("{who} gave more time until {until}"),
        "extension:confirm": gettext_lazy("{who} confirmed the extension"),
        "extension:end": gettext_lazy("{who} ended the extension"),
        "extension:lapse": gettext_lazy("{who} ended the extension: nobody confirmed it in time"),
        "application:extend": gettext_lazy("{who} gave this team more time"),
        "application:end-extension": gettext_lazy("{who} took this team’s extra time back"),
        "application:ask-more-time": gettext_lazy("{who} asked for more time"),
        "moretimerequest:grant": gettext_lazy("{who} gave the team more time"),
        "moretimerequest:refuse": gettext_lazy("{who} gave the team no more time"),
    }.items()
}
SENTENCES.update(
    {
        "challenges.application:ask-more-time": gettext_lazy("More time asked for"),
        "challenges.application:extend": gettext_lazy("More time given for an application"),
        "challenges.application:end-extension": gettext_lazy("Extra time ended"),
        "challenges.moretimerequest:grant": gettext_lazy("More time given"),
        "challenges.moretimerequest:refuse": gettext_lazy("No more time given"),
    }
)
TOLD |= {
    "challenges.application:extend",
    "challenges.application:end-extension",
    "challenges.moretimerequest:refuse",
}
