"""What waits for a team: drafts by their deadline, refused files; and what is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from challenges.actions.reminding import TEAM_LETTERS
from challenges.choices import ApplicationState, CallState
from challenges.models import Answer, Application, Replacement
from portal import clock
from portal.choices import DocumentState
from portal.registry import Waiting, registry
from startups.choices import MemberRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from portal.models import User

SOON = 3 * clock.DAY
COMPLETE = 100
SHOWN = 10
#: Letters about what waits here by itself; the inbox need not remind of them a second time.
SHOWN_HERE = {*TEAM_LETTERS, "file_refused", "message_received", "reviews_assigned"}


def still_writable(now: datetime) -> Q:
    """Applications whose answers can be changed at ``now``, their own extension included."""
    return Q(
        Q(call__accepts_until__gt=now) | Q(extended_until__gt=now),
        call__state=CallState.PUBLISHED,
        state__in=[ApplicationState.DRAFT, ApplicationState.SUBMITTED],
    )


def _roles(user: User) -> dict[UUID, str]:
    return dict(user.memberships.values_list("startup_id", "role"))


def _what_to_do(application: Application, roles: Mapping[UUID, str]) -> tuple[str, str] | None:
    """The verb for this person, with how far it is; nothing for who only reads or is done."""
    # Who is not a member helps with this one application, and helpers write but never submit.
    role = roles.get(application.startup_id, "helper")
    may_submit = role == MemberRole.OWNER or (
        role == MemberRole.EDITOR and application.startup.editors_may_submit
    )
    if role == MemberRole.VIEWER:
        return None
    if application.is_submitted:
        if not application.has_unsubmitted_changes:
            return None
        note = _("The version of %(when)s counts until you submit the changes") % {
            "when": clock.in_words(application.submitted_at, application.call.time_zone)
            if application.submitted_at
            else ""
        }
        return (_("Submit the changes") if may_submit else _("Have the changes submitted")), note
    if application.completeness < COMPLETE:
        return _("Go on writing"), _("%(share)d %% complete") % {"share": application.completeness}
    note = _("Complete, NOT submitted")
    if may_submit:
        return _("Submit"), note
    return _("Ask an owner to submit"), note


def drafts_waiting(user: User) -> Iterable[Waiting]:
    """Drafts whose deadline is ahead, and changes that were not submitted."""
    now = clock.database_now()
    applications = list(
        Application.objects.of_applicant(user)
        .filter(still_writable(now))
        .select_related("call__programme", "startup")
    )
    if not applications:
        return
    roles = _roles(user)
    for application in applications:
        if (found := _what_to_do(application, roles)) is None:
            continue
        verb, note = found
        call = application.call
        ends = max(call.closes_at, application.extended_until or call.closes_at)
        seconds = (ends - now).total_seconds()
        left = clock.time_left(int(seconds)) if seconds > 0 else _("closed, still accepted")
        yield Waiting(
            verb=verb,
            object=f"{call.title} · {application.startup.name}",
            url=application.get_absolute_url(),
            note=f"{note} · {left}",
            when=_("by %(when)s")
            % {"when": clock.in_both_zones(ends, call.time_zone, user.time_zone)},
            tone="amber" if seconds < SOON or application.completeness == COMPLETE else "ink",
            urgency=seconds,
        )


def refused_files(user: User) -> Iterable[Waiting]:
    """Files that our check refused and that can still be replaced."""
    now = clock.database_now()
    writable = Application.objects.of_applicant(user).filter(still_writable(now))
    refused = Answer.objects.filter(
        application__in=writable, document__state=DocumentState.REFUSED
    ).select_related("application__call", "document")
    # Those of what was submitted have a day and a page of their own (`panels.files`).
    refused = refused.exclude(document__in=Replacement.objects.still_open(now).values("refused"))
    for answer in refused[:SHOWN]:
        application = answer.application
        if answer.document is None:
            continue
        yield Waiting(
            verb=_("Replace"),
            object=_("%(file)s, refused by our check · %(call)s")
            % {"file": answer.document.name, "call": application.call.title},
            url=f"{application.get_absolute_url()}check/",
            # The published deadline, or the team's own: the grace is for staff to know.
            when=_("by %(when)s")
            % {
                "when": clock.in_both_zones(
                    application.ends, application.call.time_zone, user.time_zone
                )
            },
            tone="lamp",
            urgency=(application.ends - now).total_seconds() - clock.DAY,
        )


def applications_under_way(user: User) -> Iterable[Waiting]:
    """What was submitted and waits for others: received, in review, with the next news."""
    sent = (
        Application.objects.of_applicant(user)
        .awaiting_decision()
        .select_related("call", "startup")
        .order_by("call__results_on", "-submitted_at")
    )
    for application in sent[:SHOWN]:
        call = application.call
        yield Waiting(
            verb=application.public_state,
            object=f"{call.title} · {application.startup.name}",
            url=application.get_absolute_url(),
            note=_("Nothing more to do · %(reference)s") % {"reference": application.reference},
            when=_("next news by %(day)s") % {"day": date_format(call.news_by, "D j M Y")}
            if call.news_by
            else "",
        )


registry.waiting += [drafts_waiting, refused_files]
registry.under_way.append(applications_under_way)
registry.shown_by_themselves |= SHOWN_HERE
