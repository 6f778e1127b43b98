"""What waits for staff and jurors, three pictures, and the menu by job."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django_countries import countries

from challenges.choices import AT_WORK, HANDED_IN, AssignmentState, CallState, Phase
from challenges.models import Application, Call, ReviewAssignment
from challenges.rules import APPLICATION_READERS, CALL_READERS, DECIDERS, REVIEW_LEADS
from challenges.workflow.decision import AWAITING
from portal import clock
from portal.choices import Role
from portal.registry import MenuItem, Waiting, registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.models import User

SOON = 7 * clock.DAY
DAYS_SHOWN = 28
BARS_SHOWN = 8
JURY = (Role.REVIEWER, Role.CHAIR)
#: Of a call's applications: fewer people are at work on it than the call wants.
LACKS_JURORS = Q(applications__assigned_count__lt=F("reviewers_wanted"))


def jurors_wanted(user: User) -> Iterable[Waiting]:
    """Calls that are closed and have applications that too few people read."""
    if not user.programmes_as(*REVIEW_LEADS) and not user.is_superuser:
        return
    calls: Any = (
        Call.objects.filter(
            user.within("programme", *REVIEW_LEADS),
            state=CallState.PUBLISHED,
            accepts_until__lte=clock.database_now(),
        )
        .annotate(
            lacking=Count(
                "applications",
                filter=Q(applications__state__in=AWAITING) & LACKS_JURORS,
            )
        )
        .filter(lacking__gt=0)
        .order_by("closes_at")[:10]
    )
    for call in calls:
        yield Waiting(
            verb=_("Assign jurors"),
            object=_("%(call)s: %(count)s")
            % {
                "call": call.title,
                "count": ngettext(
                    "%d application lacks a juror",
                    "%d applications lack a juror",
                    call.lacking,
                )
                % call.lacking,
            },
            url=reverse("admin:challenges_application_changelist")
            + f"?call={call.pk}&reviews=lacking",
            urgency=SOON,
        )


def decisions_waiting(user: User) -> Iterable[Waiting]:
    """Calls whose reviews are in and whose decisions are to be prepared or sent."""
    if not user.programmes_as(*DECIDERS) and not user.is_superuser:
        return
    waiting = Q(applications__state__in=AWAITING)
    calls: Any = (
        Call.objects.filter(
            user.within("programme", *DECIDERS),
            state=CallState.PUBLISHED,
            accepts_until__lte=clock.database_now(),
        )
        .annotate(
            waiting=Count("applications", filter=waiting, distinct=True),
            unread=Count(
                "applications",
                filter=waiting
                & (
                    Q(applications__assigned_count=0)
                    | Q(applications__review_count__lt=F("applications__assigned_count"))
                ),
                distinct=True,
            ),
            prepared=Count(
                "applications__decisions",
                filter=waiting & Q(applications__decisions__sent_at=None),
                distinct=True,
            ),
        )
        .filter(waiting__gt=0)
        .order_by("results_on", "closes_at")[:10]
    )
    today = timezone.localdate()
    for call in calls:
        if call.prepared < call.waiting and call.unread and not call.prepared:
            continue  # the jury still reads
        days = (call.results_on - today).days if call.results_on else None
        ready = call.prepared >= call.waiting
        if ready and not user.has_perm("challenges.send_results", call):
            continue
        yield Waiting(
            verb=_("Send the results") if ready else _("Prepare decisions"),
            object=_("%(call)s: %(done)d of %(all)d prepared")
            % {"call": call.title, "done": call.prepared, "all": call.waiting},
            url=reverse("admin:challenges_application_ranking", args=[call.pk]),
            when=_("promised for %(day)s") % {"day": date_format(call.results_on, "D j M Y")}
            if call.results_on
            else "",
            tone="lamp" if days is not None and days < 0 else "ink",
            urgency=days * clock.DAY if days is not None else SOON,
        )


def closing_soon(user: User) -> Iterable[Waiting]:
    """Calls I run that close within a week, with how many drafts are not submitted."""
    keys = user.programmes_as(Role.MANAGER, Role.COORDINATOR)
    if not keys and not user.is_superuser:
        return
    now = clock.database_now()
    calls: Any = (
        Call.objects.filter(
            user.within("programme", Role.MANAGER, Role.COORDINATOR),
            state=CallState.PUBLISHED,
            opens_at__lte=now,
            closes_at__gt=now,
            closes_at__lte=now + timedelta(seconds=SOON),
        )
        .with_counts()
        .annotate(
            complete=Count(
                "applications",
                filter=Q(applications__state="draft", applications__completeness=100),
            )
        )
        .order_by("closes_at")
    )
    for call in calls:
        seconds = (call.closes_at - now).total_seconds()
        yield Waiting(
            verb=_("Look at drafts"),
            object=_("%(call)s closes soon: %(count)s")
            % {
                "call": call.title,
                "count": ngettext(
                    "%d draft not submitted", "%d drafts not submitted", call.draft_count
                )
                % call.draft_count,
            },
            url=reverse("admin:challenges_application_changelist") + f"?call={call.pk}&state=draft",
            note=_("%(complete)d of them complete · %(submitted)d submitted · %(left)s")
            % {
                "complete": call.complete,
                "submitted": call.submitted_count,
                "left": clock.time_left(int(seconds)),
            },
            when=clock.in_both_zones(call.closes_at, call.time_zone, user.time_zone),
            tone="amber",
            urgency=seconds,
        )


def calls_to_publish(user: User) -> Iterable[Waiting]:
    """Calls that are written and not published; late once the day they were to open is over."""
    if not user.programmes_as(Role.MANAGER, Role.COORDINATOR) and not user.is_superuser:
        return
    now = clock.database_now()
    drafts = Call.objects.filter(
        user.within("programme", Role.MANAGER, Role.COORDINATOR), state=CallState.DRAFT
    ).select_related("programme")
    for call in drafts.order_by("opens_at")[:10]:
        may = user.has_perm("challenges.publish_call", call)
        seconds = (call.opens_at - now).total_seconds()
        yield Waiting(
            verb=_("Finish and publish") if may else _("Finish"),
            object=call.title,
            url=reverse("admin:challenges_call_change", args=[call.pk]),
            note=_("Draft of a call, seen by staff only"),
            when=_("opens %(when)s")
            % {"when": clock.in_both_zones(call.opens_at, call.time_zone, user.time_zone)},
            tone="lamp" if seconds < 0 else "amber" if seconds < SOON else "ink",
            urgency=seconds,
        )


def calls_under_way(user: User) -> Iterable[Waiting]:
    """Open and upcoming calls of one's programmes, with the counts for who reads applications."""
    if not user.programmes_as(*CALL_READERS) and not user.is_superuser:
        return
    calls: Any = Call.objects.visible_to(user).still_ahead().with_phase().with_counts()
    counting = user.programmes_as(*APPLICATION_READERS)
    for call in calls.order_by("closes_at")[:10]:
        counts = _("%(submitted)d submitted · %(drafts)s") % {
            "submitted": call.submitted_count,
            "drafts": ngettext("%d draft", "%d drafts", call.draft_count) % call.draft_count,
        }
        ahead = call.phase == Phase.UPCOMING
        instant = call.opens_at if ahead else call.closes_at
        yield Waiting(
            verb=str(call.phase.label),
            object=call.title,
            url=call.get_absolute_url(),
            note=counts if user.is_superuser or call.programme_id in counting else "",
            when=(_("opens %(when)s") if ahead else _("closes %(when)s"))
            % {"when": clock.in_both_zones(instant, call.time_zone, user.time_zone)},
        )


def charts(user: User) -> Iterable[tuple[str, Any]]:
    """Applications per day, by country, and how far the reviews are."""
    if not user.programmes_as(*CALL_READERS) and not user.is_superuser:
        return
    now = clock.database_now()
    calls = list(
        Call.objects.visible_to(user)
        .filter(state=CallState.PUBLISHED, opens_at__lte=now)
        .order_by("-closes_at")[:20]
    )
    if not calls:
        return
    handed_in = Application.objects.filter(call__in=calls, state__in=HANDED_IN)
    yield "days", days_chart(handed_in)
    yield "bars", countries_chart(handed_in)
    if user.programmes_as(*REVIEW_LEADS, Role.APPROVER) or user.is_superuser:
        found = reviews_chart(user, calls)
        if found["bars"]:
            yield "bars", found


def days_chart(applications: Any) -> dict[str, Any]:
    """Submitted applications a day, the last four weeks."""
    today = timezone.localdate()
    first = today - timedelta(days=DAYS_SHOWN - 1)
    counts = dict(
        applications.filter(submitted_at__date__gte=first)
        .annotate(day=TruncDate("submitted_at"))
        .values_list("day")
        .annotate(count=Count("pk"))
        .order_by("day")
    )
    top = max(counts.values(), default=0)
    days = [first + timedelta(days=number) for number in range(DAYS_SHOWN)]
    return {
        "title": _("Applications per day"),
        "unit": _("submitted"),
        "note": _("The last four weeks, all calls you see. By your time zone."),
        "days": [
            (
                date_format(day, "j M"),
                counts.get(day, 0),
                round(100 * counts.get(day, 0) / top) if top else 0,
            )
            for day in days
        ]
        if top
        else [],
    }


def countries_chart(applications: Any) -> dict[str, Any]:
    """Where applicants are registered."""
    counts: Counter[str] = Counter(
        dict(
            applications.values_list("startup__country")
            .annotate(count=Count("pk"))
            .order_by("-count")
        )
    )
    common = counts.most_common(BARS_SHOWN)
    rest = sum(counts.values()) - sum(count for _code, count in common)
    top = max([rest, *counts.values()])
    bars = [
        (str(countries.name(code) or code), count, round(100 * count / top))
        for code, count in common
    ]
    if rest:
        bars.append((_("all others"), rest, round(100 * rest / top)))
    return {
        "title": _("By country of registration"),
        "unit": _("applications"),
        "note": _("Submitted applications of all calls you see."),
        "label_head": _("Country"),
        "bars": bars,
    }


def reviews_chart(user: User, calls: list[Call]) -> dict[str, Any]:
    """How far the reviews of each call are."""
    rows = (
        ReviewAssignment.objects.filter(
            user.within("application__call__programme", *REVIEW_LEADS, Role.APPROVER),
            application__call__in=calls,
            state__in=AT_WORK,
        )
        .values("application__call__title")
        .annotate(total=Count("pk"), done=Count("pk", filter=Q(state=AssignmentState.DONE)))
        .order_by("application__call__title")
    )
    return {
        "title": _("Progress of reviews"),
        "unit": _("done of all"),
        "note": _("Reviews submitted of those assigned."),
        "label_head": _("Call"),
        "bars": [
            (
                row["application__call__title"],
                f"{row['done']}/{row['total']}",
                round(100 * row["done"] / row["total"]),
                "moss" if row["done"] == row["total"] else "tide",
            )
            for row in rows
        ],
    }


def my_reviews(user: User) -> int:
    """How many reviews wait for me; no query for who is on no jury."""
    if not user.programmes_as(*JURY):
        return 0
    return ReviewAssignment.objects.visible_to(user).waiting_for(user).count()


#: What most of the work is comes first, without a title over it.
WORK = ""

registry.staff_waiting += [jurors_wanted, decisions_waiting, closing_soon, calls_to_publish]
registry.under_way.append(calls_under_way)
registry.charts.append(charts)
registry.menu += [
    MenuItem(
        group=WORK,
        label=gettext_lazy("Calls"),
        url_name="admin:challenges_call_changelist",
        permission="challenges.view_call",
        order=10,
    ),
    MenuItem(
        group=WORK,
        label=gettext_lazy("Applications"),
        url_name="admin:challenges_application_changelist",
        permission="challenges.view_application",
        order=20,
    ),
    MenuItem(
        group=WORK,
        label=gettext_lazy("Reviews"),
        url_name="admin:challenges_reviewassignment_changelist",
        permission="challenges.view_reviewassignment",
        order=30,
        count=my_reviews,
    ),
    MenuItem(
        group=WORK,
        label=gettext_lazy("Ranking and selection"),
        url_name="admin:challenges_application_rankings",
        permission="challenges.view_decision",
        order=40,
    ),
    MenuItem(
        group=WORK,
        label=gettext_lazy("Decisions"),
        url_name="admin:challenges_decision_changelist",
        permission="challenges.view_decision",
        order=41,
    ),
    MenuItem(
        group=gettext_lazy("Letters"),
        label=gettext_lazy("Letters to many"),
        url_name="admin:challenges_circular_changelist",
        permission="challenges.view_circular",
        order=55,
    ),
]
