"""What calls contribute to the home page, a programme's page, a startup's page and the sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from challenges.actions.files import file_reminding, lapse_due, tell_of_refused_file
from challenges.actions.reminding import remind_due
from challenges.models import Application, Call
from challenges.reminders import plan_due, plan_for_person
from portal.registry import Block, registry
from startups.journey import SENTENCES, TOLD, UNTOLD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User


def board(**wanted: Any) -> list[Call]:
    """Open and upcoming calls, by when they close."""
    calls = Call.objects.public().for_board().still_ahead().filter(**wanted)
    return list(calls.order_by("closes_at")[:20])


def home_block(request: Any) -> Block | None:
    """The departure board, for who may apply; staff who do not read their own calls instead."""
    user = request.user
    if user.is_authenticated and user.is_staff and not user.memberships.exists():
        return None
    return Block("challenges/_home_calls.html", {"calls": board()}, order=10)


def programme_block(request: Any, programme: Any) -> Block:
    """The programme's own calls."""
    del request
    return Block("challenges/_home_calls.html", {"calls": board(programme=programme)}, order=10)


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


def public_pages() -> Iterator[str]:
    """The board, and each published call."""
    yield reverse("challenges:call-list")
    calls = Call.objects.public().order_by("-published_at").only("slug")
    yield from (call.get_absolute_url() for call in calls)


registry.home.append(home_block)
registry.sitemap.append(public_pages)
registry.programme_page.append(programme_block)
registry.startup_page.append(startup_block)
registry.due += [plan_due, remind_due]
registry.at_new_zone.append(plan_for_person)
registry.due += [file_reminding.write_due, lapse_due]
registry.refused_files.append(tell_of_refused_file)

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
            "refuse-file": gettext_lazy("File of an application refused by our check"),
            "replace-file": gettext_lazy("Refused file replaced"),
            "not-replace-file": gettext_lazy("Refused file not replaced in time"),
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
            "start-review": gettext_lazy("Application in review"),
        }.items()
    }
)
# What staff do to an application, where its letter or its page says it at once. Who reviews, and
# what they say of it, is told to nobody here.
TOLD |= (
    {
        f"{Application._meta.label_lower}:{verb}"
        for verb in ("start-review", "select", "reserve", "not-select", "rule-out", "refuse-file")
    }
    | {f"{Application._meta.label_lower}:not-replace-file"}
    | {"challenges.message:write"}
)
# The application's own entries say it: replacing a file is told once.
UNTOLD |= {"challenges.reviewassignment", "challenges.review", "challenges.replacement"}
