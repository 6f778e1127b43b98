"""A startup's part of the first page, and what goals and promises contribute elsewhere."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Max, Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from events.choices import EventState
from portal import clock
from portal.choices import Role
from portal.registry import Block, MenuItem, Sentence, Waiting, registry
from startups.actions.action_item import item_reminding
from startups.actions.goal import goal_reminding
from startups.choices import (
    IN_PROGRAMME,
    GoalState,
    MemberRole,
    PlaceState,
    Side,
    Voice,
)
from startups.journey import SENTENCES
from startups.models import ActionItem, CoachingSession, Goal, GoalReview, Pitch, Place
from startups.rules import COHORT_RUNNERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User

WRITERS = [MemberRole.OWNER, MemberRole.EDITOR]
#: From when a report is asked for on the first page, and when staff ask for one that is missing.
ASKED = timedelta(days=14)
MISSING = timedelta(days=3)
#: So many items stand on the first page; the list has all.
SHOWN = 5


def reports_to_give(user: User) -> Iterator[Waiting]:
    """Goals of my startups whose quarter ends and that lack their report, once for each startup."""
    today = timezone.localdate(timezone=user.zone)
    mine = Place.objects.in_programme().filter(
        startup__memberships__user=user, startup__memberships__role__in=WRITERS
    )
    rows = (
        Goal.objects.filter(place__in=mine, state=GoalState.SET, ends_on__lte=today + ASKED)
        .without_report()
        .select_related("place__startup")
        .order_by("ends_on")
    )
    asked: dict[Any, list[Goal]] = {}
    for goal in rows:
        asked.setdefault((goal.place_id, goal.ends_on), []).append(goal)
    for (place, ends_on), goals in asked.items():
        late = ends_on < today
        yield Waiting(
            verb=_("Report"),
            object=ngettext(
                "on %(count)d goal · %(startup)s", "on %(count)d goals · %(startup)s", len(goals)
            )
            % {"count": len(goals), "startup": goals[0].place.startup.name},
            url=reverse("startups:goal-list", args=[place]),
            when=(_("due since %s") if late else _("by %s")) % date_format(ends_on, "D j M Y"),
            tone="lamp" if late else "amber",
            urgency=float((ends_on - today).days * clock.DAY),
        )


def promised(user: User) -> Iterator[Waiting]:
    """What I have promised as a mentor; a startup's own stand in its part of the page."""
    if not user.programmes_as(Role.MENTOR):
        return
    today = timezone.localdate(timezone=user.zone)
    rows = (
        ActionItem.objects.open()
        .filter(side=Side.MENTOR, mentor__user=user, place__in=Place.objects.of_mentor(user))
        .select_related("place__startup")
        .order_by(F("due_on").asc(nulls_last=True), "created_at")
    )
    for item in rows[:10]:
        late = item.due_on is not None and item.due_on < today
        day = date_format(item.due_on, "D j M Y") if item.due_on else ""
        yield Waiting(
            verb=_("Do"),
            object=item.what,
            url=item.get_absolute_url(),
            note=item.place.startup.name,
            when=(_("was due on %s") if late else _("by %s")) % day if day else "",
            tone="lamp" if late else "",
            urgency=float((item.due_on - today).days * clock.DAY) if item.due_on else clock.DAY * 9,
        )


def goals_to_judge(user: User) -> Iterator[Waiting]:
    """For whoever runs the cohort: reports without a verdict since, and missing reports."""
    if not user.has_role(None, *COHORT_RUNNERS):
        return
    today = timezone.localdate(timezone=user.zone)
    goals = (
        Goal.objects.filter(
            user.within("place__cohort__programme", *COHORT_RUNNERS),
            state=GoalState.SET,
            place__state__in=IN_PROGRAMME,
        )
        .exclude(place__startup__in=user.memberships.values("startup"))
        .select_related("place__startup")
        .order_by("ends_on")
    )
    reported = Max("reviews__created_at", filter=Q(reviews__voice=Voice.STARTUP))
    judged = Max("reviews__created_at", filter=Q(reviews__voice=Voice.STAFF))
    rows = goals.annotate(reported=reported, judged=judged)
    since = Q(judged=None) | Q(judged__lt=F("reported"))
    waiting: Any = rows.filter(since, reported__isnull=False)[:10]
    for goal in waiting:
        yield Waiting(
            verb=_("Judge"),
            object=f"{goal.title} · {goal.place.startup.name}",
            url=goal.get_absolute_url(),
            when=_("reported on %s") % date_format(timezone.localtime(goal.reported), "j M Y"),
        )
    late = goals.filter(ends_on__lte=today - MISSING).without_report()
    for goal in late[:10]:
        yield Waiting(
            verb=_("Ask for"),
            object=_("the report on %(goal)s · %(startup)s")
            % {"goal": goal.title, "startup": goal.place.startup.name},
            url=goal.get_absolute_url(),
            when=_("due since %s") % date_format(goal.ends_on, "D j M Y"),
            tone="lamp",
            urgency=float((goal.ends_on - today).days * clock.DAY),
        )


def startups_home(request: Any) -> Block | None:
    """Next session, what is to do, goals, deadlines: one part for each place of my startups."""
    user = request.user
    if not user.is_authenticated or not user.memberships.exists():
        return None
    places = list(
        Place.objects.filter(
            startup__in=user.memberships.values("startup"),
            state__in=[*IN_PROGRAMME, PlaceState.INVITED],
        )
        .select_related("startup", "cohort")
        .order_by("cohort__starts_on", "pk")
    )
    if not places:
        return None
    writes = set(user.memberships.filter(role__in=WRITERS).values_list("startup_id", flat=True))
    parts = [
        {"place": place, "may_finish": place.startup_id in writes, **part}
        for place, part in zip(places, _parts(places, user), strict=True)
    ]
    today = timezone.localdate(timezone=user.zone)
    return Block("startups/_home_startup.html", {"parts": parts, "today": today}, order=-20)


def _parts(places: list[Place], user: User) -> Iterator[dict[str, Any]]:
    """What stands in each part, read for all of them at once."""
    sessions = list(
        CoachingSession.objects.ahead()
        .filter(place__in=places)
        .select_related("mentor__user")
        .order_by("starts_at")
    )
    items = list(
        ActionItem.objects.open()
        .filter(place__in=places, side=Side.STARTUP)
        .order_by(F("due_on").asc(nulls_last=True), "created_at")
    )
    words = Prefetch("reviews", GoalReview.objects.order_by("-created_at"))
    goals = list(
        Goal.objects.filter(place__in=places, state=GoalState.SET)
        .order_by("ends_on", "created_at")
        .prefetch_related(words)
    )
    pitches = list(
        Pitch.objects.filter(
            place__in=places, deck=None, demo_day__event__state=EventState.PUBLISHED
        ).select_related("demo_day__event")
    )
    now = clock.database_now()
    for place in places:
        mine = [item for item in items if item.place_id == place.pk]
        own_goals = [goal for goal in goals if goal.place_id == place.pk]
        session = next((one for one in sessions if one.place_id == place.pk), None)
        yield {
            "session": session,
            "session_when": session
            and clock.in_both_zones(session.starts_at, session.mentor_zone, user.time_zone),
            "items": mine[:SHOWN],
            "more": max(len(mine) - SHOWN, 0),
            "goals": [_goal_line(goal) for goal in own_goals],
            "deadlines": _deadlines(
                place,
                own_goals,
                [one for one in pitches if one.place_id == place.pk],
                user,
                now=now,
            ),
        }


def _goal_line(goal: Goal) -> dict[str, Any]:
    reviews = list(goal.reviews.all())
    value = next((one.value for one in reviews if one.value is not None), None)
    return {
        "goal": goal,
        "latest": value,
        "share": goal.share_of(goal.baseline if value is None else value),
        "verdict": next((one for one in reviews if one.verdict), None),
    }


def _deadlines(
    place: Place, goals: list[Goal], pitches: list[Pitch], user: User, *, now: datetime
) -> list[tuple[str, str, str]]:
    """What is due by when: the offer, the deck, the quarter; the nearest first."""
    zone = place.cohort.time_zone
    found: list[tuple[datetime, str, str, str]] = []
    if place.state == PlaceState.INVITED:
        url = place.answer_path or place.get_absolute_url()
        when = clock.in_both_zones(place.answer_by, zone, user.time_zone)
        found.append((place.answer_by, _("Answer the offer"), when, url))
    for pitch in pitches:
        event, until = pitch.demo_day.event, pitch.deck_until()
        when = clock.in_both_zones(until, event.time_zone, user.time_zone)
        found.append((until, _("Hand in the deck"), when, pitch.demo_day.get_absolute_url()))
    for ends_on in sorted({goal.ends_on for goal in goals}):
        at = datetime.combine(ends_on, time(23, 59), place.cohort.zone)
        url = reverse("startups:goal-list", args=[place.pk])
        found.append((at, _("Report on the quarter"), date_format(ends_on, "D j M Y"), url))
    return [(label, when, url) for at, label, when, url in sorted(found) if at > now]


registry.home.append(startups_home)
registry.waiting += [reports_to_give, promised]
registry.staff_waiting.append(goals_to_judge)
registry.due += [goal_reminding.write_due, item_reminding.write_due]
registry.shown_by_themselves |= {"goal_report_due", "action_item_due"}
registry.facts |= {"verdict": "startups.goalreview.verdict"}
registry.menu.append(
    MenuItem(
        group=gettext_lazy("Cohorts"),
        label=gettext_lazy("Goals"),
        url_name="admin:startups_goal_changelist",
        permission="startups.judge_goal",
        order=63,
    )
)

#: What a startup and its mentors read in the timeline, and what staff read in the history.
SAID = {
    "goal:set": (gettext_lazy("A goal was set"), gettext_lazy("{who} set the goal")),
    "goal:change": (
        gettext_lazy("A goal was written anew"),
        gettext_lazy("{who} changed the goal"),
    ),
    "goal:report": (
        gettext_lazy("Reported on a goal"),
        gettext_lazy("{who} reported on the goal"),
    ),
    "goal:comment": (
        gettext_lazy("The mentor gave a view on a goal"),
        gettext_lazy("{who} gave a view on the goal"),
    ),
    "goal:judge": (
        gettext_lazy("Verdict on a goal: {verdict}"),
        gettext_lazy("{who} gave a verdict: {verdict}"),
    ),
    "goal:meet": (gettext_lazy("A goal was met"), gettext_lazy("{who} noted the goal as met")),
    "goal:miss": (
        gettext_lazy("A goal was not met"),
        gettext_lazy("{who} noted the goal as not met"),
    ),
    "goal:drop": (gettext_lazy("A goal was dropped"), gettext_lazy("{who} dropped the goal")),
    "actionitem:promise": (
        gettext_lazy("Something to do was agreed"),
        gettext_lazy("{who} wrote down what is to do"),
    ),
    "actionitem:finish": (
        gettext_lazy("Something to do was done"),
        gettext_lazy("{who} said that it is done"),
    ),
    "actionitem:undo": (
        gettext_lazy("Something to do is open again"),
        gettext_lazy("{who} said that it is not done after all"),
    ),
    "actionitem:move": (
        gettext_lazy("Something to do was moved to {due_on}"),
        gettext_lazy("{who} moved the day to {due_on}"),
    ),
    "actionitem:drop": (
        gettext_lazy("Something to do was dropped"),
        gettext_lazy("{who} dropped it"),
    ),
}
SENTENCES |= {f"startups.{key}": mine for key, (mine, _staff) in SAID.items()}
registry.sentences |= {f"startups.{key}": Sentence(staff) for key, (_mine, staff) in SAID.items()}
