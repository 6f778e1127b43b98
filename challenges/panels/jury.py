"""What waits for a juror: how many of how many, by when, how long, and which one is next."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

from challenges.choices import AT_WORK, UNFINISHED
from challenges.models import Review, ReviewAssignment
from challenges.rules import REVIEW_LEADS
from portal import clock
from portal.choices import Role
from portal.registry import Waiting, registry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from portal.models import User

SOON = 7 * clock.DAY
JURY = (Role.REVIEWER, Role.CHAIR)
STILL_TO_REVIEW = Q(state__in=UNFINISHED)
QUEUE = "admin:challenges_reviewassignment_changelist"
#: A review that took longer was left and taken up again, and says nothing of the pace.
ONE_SITTING = 2 * clock.HOUR
ENOUGH = 3
LATELY = 30


def days_to(day: date | None) -> int | None:
    """How many days until then; negative when it is over."""
    return (day - timezone.localdate()).days if day else None


def left_in_days(days: int) -> str:
    """In words: 3 days left, today, 2 days late."""
    if days < 0:
        return ngettext("%d day late", "%d days late", -days) % -days
    if days == 0:
        return _("today")
    return ngettext("%d day left", "%d days left", days) % days


def by_day(day: date) -> str:
    """By Fri 27 Nov 2026, with the days left."""
    days = (day - timezone.localdate()).days
    return _("by %(day)s (%(left)s)") % {
        "day": date_format(day, "D j M Y"),
        "left": left_in_days(days),
    }


def tone_of(days: int | None) -> str:
    """Late is red, a date is amber, no date is neither."""
    if days is None:
        return "ink"
    return "lamp" if days < 0 else "amber"


def minutes_a_review(user: User) -> float | None:
    """How long this juror takes, from the reviews done in one sitting; nothing from too few."""
    times = (
        Review.objects.filter(assignment__reviewer=user, submitted_at__isnull=False)
        .order_by("-submitted_at")
        .values_list("created_at", "submitted_at")[:LATELY]
    )
    took = [(end - begun).total_seconds() for begun, end in times if end]
    counted = [seconds for seconds in took if clock.MINUTE <= seconds <= ONE_SITTING]
    return median(counted) / clock.MINUTE if len(counted) >= ENOUGH else None


def about(minutes: float) -> str:
    """About 40 min, about 3 h: as exact as an estimate is."""
    if minutes < 90:  # noqa: PLR2004 -- minutes
        return _("about %d min at your pace") % max(5, round(minutes / 5) * 5)
    return _("about %d h at your pace") % round(minutes / 60)


def reviews_waiting(user: User) -> Iterable[Waiting]:
    """My reviews, a line for each call."""
    if not user.programmes_as(*JURY):
        return
    mine = ReviewAssignment.objects.visible_to(user).filter(reviewer=user)
    rows = list(
        mine.filter(state__in=AT_WORK)
        .order_by()
        .values("application__call__title", "application__call")
        .annotate(
            total=Count("pk"),
            left=Count("pk", filter=STILL_TO_REVIEW),
            due=Min("due_on", filter=STILL_TO_REVIEW),
        )
        .filter(left__gt=0)
        .order_by("due")
    )
    if not rows:
        return
    begun_first = ("application__call_id", "-state", "due_on", "created_at")
    following: dict[UUID, UUID] = dict(
        mine.filter(STILL_TO_REVIEW)
        .order_by(*begun_first)
        .distinct("application__call_id")
        .values_list("application__call_id", "pk")
    )
    pace = minutes_a_review(user)
    # Only who leads reviews has others' in the list, and so a filter for their own.
    query = "?work=todo" + ("&whose=mine" if user.programmes_as(*REVIEW_LEADS) else "")
    for row in rows:
        days = days_to(row["due"])
        done = row["total"] - row["left"]
        note = _("%(done)d of %(total)d done") % {"done": done, "total": row["total"]}
        following_key = following.get(row["application__call"])
        yield Waiting(
            verb=_("Review"),
            object=_("%(call)s: %(count)s")
            % {
                "call": row["application__call__title"],
                "count": ngettext("%d application left", "%d applications left", row["left"])
                % row["left"],
            },
            url=reverse(QUEUE) + query,
            note=f"{note} · {about(pace * row['left'])}" if pace else note,
            when=by_day(row["due"]) if row["due"] else "",
            tone=tone_of(days),
            urgency=days * clock.DAY if days is not None else SOON,
            more_url=reverse("admin:challenges_reviewassignment_review", args=[following_key])
            if following_key
            else "",
            more_label=_("Open the next one"),
        )


def reviews_late(user: User) -> Iterable[Waiting]:
    """Others' reviews that are late, a line for each call that I lead."""
    if not user.programmes_as(*REVIEW_LEADS) and not user.is_superuser:
        return
    rows: Any = (
        ReviewAssignment.objects.filter(
            STILL_TO_REVIEW,
            user.within("application__call__programme", *REVIEW_LEADS),
            application__call__state="published",
            due_on__lt=timezone.localdate(),
        )
        .exclude(reviewer=user)
        .order_by()
        .values("application__call__title", "application__call")
        .annotate(late=Count("pk"), jurors=Count("reviewer", distinct=True), since=Min("due_on"))
        .order_by("since")[:10]
    )
    for row in rows:
        yield Waiting(
            verb=_("See who is late"),
            object=_("%(call)s: %(count)s")
            % {
                "call": row["application__call__title"],
                "count": ngettext("%d review", "%d reviews", row["late"]) % row["late"],
            },
            url=reverse(QUEUE) + "?work=todo",
            note=ngettext("from %d juror", "from %d jurors", row["jurors"]) % row["jurors"],
            when=_("due since %(day)s") % {"day": date_format(row["since"], "D j M Y")},
            tone="lamp",
            urgency=-clock.DAY,
        )


def reviews_under_way(user: User) -> Iterable[Waiting]:
    """How far the juries are that I lead."""
    if not user.programmes_as(*REVIEW_LEADS) and not user.is_superuser:
        return
    rows: Any = (
        ReviewAssignment.objects.filter(
            user.within("application__call__programme", *REVIEW_LEADS),
            state__in=AT_WORK,
            application__call__state="published",
        )
        .order_by()
        .values("application__call__title", "application__call")
        .annotate(
            total=Count("pk"),
            left=Count("pk", filter=STILL_TO_REVIEW),
            due=Min("due_on", filter=STILL_TO_REVIEW),
        )
        .filter(left__gt=0)
        .order_by("due")[:10]
    )
    for row in rows:
        yield Waiting(
            verb=_("In review"),
            object=str(row["application__call__title"]),
            url=reverse(QUEUE),
            note=_("%(done)d of %(total)d reviews in")
            % {"done": row["total"] - row["left"], "total": row["total"]},
            when=by_day(row["due"]) if row["due"] else "",
        )


registry.staff_waiting += [reviews_waiting, reviews_late]
registry.under_way.append(reviews_under_way)
