"""The board of a cohort: what each startup and each mentor had, did and still has to do.

Two tables in a fixed number of queries, whatever the number of rows. Nothing here reads what was
written in a session: only that it took place, when, and how long it took.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import (
    Count,
    DateTimeField,
    F,
    IntegerField,
    Max,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce, TruncWeek
from django.utils.translation import gettext as _, gettext_lazy

from portal import clock
from portal.models import ClockNow
from portal.registry import registry
from startups.choices import (
    HELD,
    IN_PROGRAMME,
    TOOK_PART,
    GoalState,
    PlaceState,
    SessionState,
    Verdict,
    Voice,
)
from startups.models import (
    ActionItem,
    CoachingSession,
    DemoDay,
    Goal,
    GoalReview,
    Mentor,
    Mentoring,
    Pitch,
    Place,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from portal.models import User
    from startups.models import Cohort

#: After so many days without a session that took place staff ask what is going on.
NO_CONTACT = timedelta(days=14)
MINUTES = 60
ALL_MINUTES = F("minutes_contact") + F("minutes_preparation") + F("minutes_travel")
#: A goal of which staff have said nothing.
NOT_JUDGED = "none"
VERDICTS: dict[str, tuple[StrOrPromise, str]] = {
    Verdict.ON_TRACK: (Verdict.ON_TRACK.label, "moss"),
    Verdict.AT_RISK: (Verdict.AT_RISK.label, "amber"),
    Verdict.OFF_TRACK: (Verdict.OFF_TRACK.label, "lamp"),
    NOT_JUDGED: (gettext_lazy("No verdict yet"), "fog"),
}


@dataclass
class Line:
    """A startup on the board."""

    place: Any
    now: datetime
    goals: Counter[str]
    pitch: Pitch | None
    has_demo_day: bool
    #: Head and words of the columns that other apps add.
    more: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The startup."""
        return str(self.place.startup.name)

    @property
    def mentors(self) -> list[str]:
        """Who coaches it now."""
        return [str(one.mentor) for one in self.place.active_mentorings]

    @property
    def contact(self) -> float:
        """Hours together."""
        return hours(self.place.minutes_contact)

    @property
    def whole(self) -> float:
        """Hours with preparation and travel."""
        return hours(self.place.minutes_all)

    @property
    def is_in_programme(self) -> bool:
        """Whether somebody is to be in contact with it."""
        return self.place.state in IN_PROGRAMME

    @property
    def no_contact(self) -> bool:
        """Whether nobody met it for so long, or ever since it takes part."""
        begun = self.place.last_contact or self.place.state_changed_at
        return self.is_in_programme and begun < self.now - NO_CONTACT

    @property
    def verdicts(self) -> list[tuple[str, str, int]]:
        """Word, sign and number of goals by verdict, those that occur."""
        return [
            (str(word), tone, self.goals[name])
            for name, (word, tone) in VERDICTS.items()
            if self.goals[name]
        ]

    @property
    def deck(self) -> tuple[str, str]:
        """Whether its deck is in: word and sign."""
        if not self.has_demo_day or self.pitch is None:
            return "", ""
        return (_("in"), "moss") if self.pitch.has_deck else (_("missing"), "amber")

    @property
    def needs_attention(self) -> bool:
        """Whether something is late, silent or off track."""
        worries = self.no_contact or self.place.items_overdue or self.place.to_log
        return self.is_in_programme and bool(worries or self.goals[Verdict.OFF_TRACK])


@dataclass(frozen=True)
class Board:
    """Both tables, and what the pictures are drawn from."""

    cohort: Cohort
    lines: list[Line]
    mentors: list[Any]
    #: Heads of the columns that other apps add.
    more: list[str]
    weeks: list[tuple[datetime, int]]


def hours(minutes: int) -> float:
    """Minutes as hours with one digit."""
    return round(minutes / MINUTES, 1)


def _figure(rows: QuerySet[Any], by: str, what: Any, output: Any = None) -> Any:
    """One figure of the rows that belong to the row outside, in a query of its own."""
    found = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(n=what).values("n")
    if output is not None:
        return Subquery(found, output_field=output)
    return Coalesce(Subquery(found, output_field=IntegerField()), 0)


def of(cohort: Cohort, reader: User, *, group: UUID | None = None, worries: bool = False) -> Board:
    """The board as it stands now, of one group or of those that need attention alone."""
    now = clock.database_now()
    places = _places(cohort, now)
    if group is not None:
        places = [place for place in places if place.group_id == group]
    demo_day = _demo_day(cohort)
    pitches = {one.place_id: one for one in demo_day.pitches.all()} if demo_day else {}
    goals = _goals(cohort)
    lines = [
        Line(place, now, goals.get(place.pk, Counter()), pitches.get(place.pk), bool(demo_day))
        for place in places
    ]
    if worries:
        lines = [line for line in lines if line.needs_attention]
    keys = [line.place.startup_id for line in lines]
    for column in registry.board_columns:
        words = column.words(reader, keys)
        for line in lines:
            line.more.append((str(column.label), words.get(line.place.startup_id, "")))
    mentors = _mentors(cohort)
    if group is not None or worries:
        shown = {one.mentor_id for line in lines for one in line.place.active_mentorings}
        mentors = [mentor for mentor in mentors if mentor.pk in shown]
    more = [str(column.label) for column in registry.board_columns]
    return Board(cohort, lines, mentors, more, _weeks(cohort, [line.place.pk for line in lines]))


def without_contact(cohorts: Iterable[Cohort]) -> Counter[UUID]:
    """How many startups of each cohort nobody met for two weeks."""
    last = Coalesce(
        _figure(CoachingSession.objects.held(), "place", Max("ends_at"), DateTimeField()),
        "state_changed_at",
    )
    silent = Place.objects.in_programme().filter(cohort__in=list(cohorts)).annotate(last=last)
    silent = silent.filter(last__lt=ClockNow() - NO_CONTACT)
    return Counter(silent.values_list("cohort_id", flat=True))


def _places(cohort: Cohort, now: datetime) -> list[Any]:
    sessions, items = CoachingSession.objects.all(), ActionItem.objects.open()
    held = sessions.filter(state__in=HELD)
    planned = sessions.filter(state=SessionState.PLANNED)
    today = clock.local(now, cohort.zone).date()
    active = Mentoring.objects.active().select_related("mentor__user")
    return list(
        Place.objects.filter(cohort=cohort, state__in=TOOK_PART)
        .select_related("startup", "group")
        .prefetch_related(Prefetch("mentorings", active, to_attr="active_mentorings"))
        .annotate(
            held=_figure(held, "place", Count("pk")),
            planned=_figure(planned.filter(ends_at__gt=now), "place", Count("pk")),
            to_log=_figure(planned.filter(ends_at__lte=now), "place", Count("pk")),
            minutes_contact=_figure(held, "place", Sum("minutes_contact")),
            minutes_all=_figure(held, "place", Sum(ALL_MINUTES)),
            last_contact=_figure(held, "place", Max("ends_at"), DateTimeField()),
            items_open=_figure(items, "place", Count("pk")),
            items_overdue=_figure(items.filter(due_on__lt=today), "place", Count("pk")),
        )
        .order_by("group__name", "startup__legal_name")
    )


def _mentors(cohort: Cohort) -> list[Any]:
    sessions = CoachingSession.objects.filter(place__cohort=cohort)
    held = sessions.filter(state__in=HELD)
    active = Mentoring.objects.active()
    here = Q(mentorings__place__cohort=cohort) & ~Q(
        mentorings__place__state__in=[PlaceState.REFUSED, PlaceState.ENDED]
    )
    rows: list[Any] = list(
        Mentor.objects.filter(here | Q(sessions__place__cohort=cohort))
        .distinct()
        .select_related("user")
        .annotate(
            startups=_figure(active.filter(place__cohort=cohort), "mentor", Count("pk")),
            everywhere=_figure(active, "mentor", Count("pk")),
            held=_figure(held, "mentor", Count("pk")),
            planned=_figure(sessions.ahead(), "mentor", Count("pk")),
            to_log=_figure(sessions.to_log(), "mentor", Count("pk")),
            contact=_figure(held, "mentor", Sum("minutes_contact")),
            whole=_figure(held, "mentor", Sum(ALL_MINUTES)),
        )
        .order_by("user__email")
    )
    for mentor in rows:
        mentor.hours_contact, mentor.hours_whole = hours(mentor.contact), hours(mentor.whole)
    return rows


def _goals(cohort: Cohort) -> dict[UUID, Counter[str]]:
    """How many goals of each startup stand at which verdict, by the latest word of staff."""
    said = GoalReview.objects.filter(goal=OuterRef("pk"), voice=Voice.STAFF).exclude(verdict="")
    latest = Subquery(said.order_by("-created_at").values("verdict")[:1])
    found: dict[UUID, Counter[str]] = {}
    goals = Goal.objects.filter(place__cohort=cohort).exclude(state=GoalState.DROPPED)
    for place, verdict in goals.annotate(verdict=latest).values_list("place_id", "verdict"):
        found.setdefault(place, Counter())[verdict or NOT_JUDGED] += 1
    return found


def _demo_day(cohort: Cohort) -> DemoDay | None:
    """The one to come, or the latest, with its pitches."""
    days = DemoDay.objects.filter(cohort=cohort).order_by("-event__starts_at")
    pitches = Pitch.objects.select_related("deck")
    return days.prefetch_related(Prefetch("pitches", pitches)).first()


def _weeks(cohort: Cohort, places: list[UUID]) -> list[tuple[datetime, int]]:
    """How many sessions took place in each week, weeks without any included."""
    rows = CoachingSession.objects.held().filter(place__in=places).order_by()
    counts = dict(
        rows.annotate(week=TruncWeek("starts_at", tzinfo=cohort.zone))
        .values_list("week")
        .annotate(n=Count("pk"))
    )
    if not counts:
        return []
    week, last, found = min(counts), max(counts), []
    while week <= last:
        found.append((week, counts.get(week, 0)))
        # By the wall clock of the zone: a week over a change of the hour is a week.
        week = clock.instant_in(
            cohort.time_zone, week.replace(tzinfo=None) + timedelta(days=7)
        ).astimezone(cohort.zone)
    return found
