"""What calls contribute to the home page, a programme's page, a startup's page and the sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, gettext_lazy

from challenges.actions.application import remind_due
from challenges.choices import ApplicationState
from challenges.models import Application, Call
from portal import clock
from portal.registry import Block, Waiting, registry
from startups.journey import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.models import User

SOON = 3 * clock.DAY


def board(**wanted: Any) -> list[Call]:
    """Open and upcoming calls, by when they close."""
    calls = Call.objects.public().for_board().still_ahead().filter(**wanted)
    return list(calls.order_by("closes_at")[:20])


def home_block(request: Any) -> Block:
    """The departure board."""
    del request
    return Block("challenges/_home_calls.html", {"calls": board()}, order=10)


def programme_block(request: Any, programme: Any) -> Block:
    """The programme's own calls."""
    del request
    return Block("challenges/_home_calls.html", {"calls": board(programme=programme)}, order=10)


def drafts_waiting(user: User) -> Iterable[Waiting]:
    """Drafts whose deadline is ahead, and changes that were not submitted."""
    applications = Application.objects.of_applicant(user).select_related(
        "call__programme", "startup"
    )
    now = clock.database_now()
    for application in applications.filter(
        state__in=[ApplicationState.DRAFT, ApplicationState.SUBMITTED],
        call__accepts_until__gt=now,
        call__state="published",
    ):
        if application.state == ApplicationState.SUBMITTED:
            if not application.has_unsubmitted_changes:
                continue
            verb = _("Submit the changes")
        elif application.completeness == 100:  # noqa: PLR2004 -- per cent
            verb = _("Submit")
        else:
            verb = _("Go on writing")
        call = application.call
        seconds = (call.closes_at - now).total_seconds()
        yield Waiting(
            verb=verb,
            object=f"{call.title} · {application.startup.name}",
            url=application.get_absolute_url(),
            when=_("by %(when)s")
            % {"when": clock.in_both_zones(call.closes_at, call.time_zone, user.time_zone)},
            tone="amber" if seconds < SOON else "ink",
            urgency=seconds,
        )


def startup_block(startup: Any, user: User) -> Block:
    """The startup's applications, for whoever may see them."""
    applications = (
        Application.objects.visible_to(user)
        .filter(startup=startup)
        .select_related("call__programme", "startup")
        .order_by("-created_at")
    )
    return Block(
        "challenges/_startup_applications.html",
        {"applications": list(applications), "member": startup.has_member(user)},
        order=10,
    )


registry.home.append(home_block)
registry.programme_page.append(programme_block)
registry.waiting.append(drafts_waiting)
registry.startup_page.append(startup_block)
registry.due.append(remind_due)

SENTENCES.update(
    {
        f"{Application._meta.label_lower}:{verb}": words
        for verb, words in {
            "start": gettext_lazy("Application started"),
            "submit": gettext_lazy("Application submitted"),
            "amend": gettext_lazy("New version of an application submitted"),
            "withdraw": gettext_lazy("Application withdrawn"),
            "restore": gettext_lazy("Withdrawal undone"),
            "let-staff-look": gettext_lazy("Staff may look at a draft"),
            "stop-staff-looking": gettext_lazy("Staff may no longer look at a draft"),
            "attach-file": gettext_lazy("File added to an application"),
            "remove-file": gettext_lazy("File removed from an application"),
            "add-partner": gettext_lazy("Partner added to an application"),
            "remove-partner": gettext_lazy("Partner removed from an application"),
            "invite-helper": gettext_lazy("Helper invited to an application"),
            "begin-to-help": gettext_lazy("Helper joined an application"),
            "decline-help": gettext_lazy("Invitation to help declined"),
            "end-help": gettext_lazy("Help with an application ended"),
            "select": gettext_lazy("Selected"),
            "reserve": gettext_lazy("Put on the reserve list"),
            "not-select": gettext_lazy("Not selected"),
            "rule-out": gettext_lazy("Found ineligible"),
        }.items()
    }
)
