"""What happened in the batch: sessions and their notes, what was promised, goals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from procurement.demo.cohort import MENTOR, luck_of, quarter
from procurement.demo.source import key
from startups.choices import GoalState, ItemState, SessionState, Side, Verdict, Voice
from startups.models import ActionItem, CoachingSession, Goal, GoalReview, PrivateNote
from startups.workflow import action_item, coaching, goal as goals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from procurement.demo.cohort import Batch, Taking
    from procurement.demo.history import Trail
    from startups.models import Mentor

#: Days from today on which a startup meets its first mentor, and its second one.
DAYS, DAYS_OF_SECOND, AHEAD = (-39, -28, -16, -5), (-21, -9), 4
#: Of the startups in their order: not met for weeks; one that did not come; one that cancelled.
QUIET, NO_SHOW, CANCELLED = {7, 11}, 4, 9
MET_BEFORE = -20
#: Who never confirms, and after how many days everybody else has.
FORGETFUL, CONFIRMED_AFTER = 8, 7
PREPARATION = (0, 15, 15, 30)
LENGTHS = (45, 60, 60, 75)
HOURS = (9, 10, 11, 14, 15, 16)
#: So many days after a session is done what was promised, and how seldom it is done late.
DUE, DONE, LATE_EVERY = 11, 9, 7
GOALS_EACH = 2
#: What staff say of goals, in turn; nothing yet of the last.
VERDICTS = (
    *(Verdict.ON_TRACK, Verdict.AT_RISK, Verdict.ON_TRACK, Verdict.ON_TRACK),
    *(Verdict.OFF_TRACK, Verdict.ON_TRACK, None),
)
SHARES = {
    Verdict.ON_TRACK: Decimal("0.7"),
    Verdict.AT_RISK: Decimal("0.4"),
    Verdict.OFF_TRACK: Decimal("0.1"),
}


@dataclass
class _Work:
    """Rows gathered before they are stored."""

    batch: Batch
    trail: Trail
    sessions: list[CoachingSession] = field(default_factory=list)
    notes: list[PrivateNote] = field(default_factory=list)
    items: list[ActionItem] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    words: list[GoalReview] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.batch.moment.now

    def meet(self, taking: Taking, number: int) -> None:
        """All sessions of one startup."""
        first, *more = taking.mentors
        days = [one + number % 4 for one in DAYS]
        if number in QUIET:
            days = [one for one in days if one < MET_BEFORE]
        for turn, day in enumerate(days):
            self.hold(taking, first, number, turn, day)
        for mentor in more:
            for turn, day in enumerate(DAYS_OF_SECOND, start=4):
                self.hold(taking, mentor, number, turn, day + number % 3)
        if number not in QUIET and first.user.email != f"{MENTOR}@example.org":
            self.plan(taking, first, number, day=AHEAD + number % 7)

    def session(
        self, taking: Taking, mentor: Mentor, number: int, turn: int, starts_at: datetime
    ) -> tuple[CoachingSession, Mapping[str, Any]]:
        """A planned session with what it is about."""
        luck = luck_of(taking, "session", str(turn), mentor.user.email)
        talks = self.batch.words["talk"]
        talk = talks[(number * 3 + turn) % len(talks)]
        # Its plan was made when the one before ended, never before the batch began.
        planned_at = max(starts_at - timedelta(days=9, hours=2), taking.place.state_changed_at)
        planned_at = min(planned_at + timedelta(hours=5), starts_at, self.now)
        session = CoachingSession(
            id=key("session", taking.company.key, mentor.user.email, str(turn)),
            created_at=planned_at,
            state_changed_at=planned_at,
            place=taking.place,
            mentor=mentor,
            topic=talk["topic"],
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=luck.choice(LENGTHS)),
            call_link=mentor.call_link,
            planned_by=mentor.user,
        )
        self.sessions.append(session)
        self.trail.add(
            session, "plan", at=planned_at, actor=mentor.user, to_state=SessionState.PLANNED
        )
        return session, talk

    def plan(
        self,
        taking: Taking,
        mentor: Mentor,
        number: int,
        *,
        day: int,
        hour: int = 10,
        turn: int = 7,
        starts_at: datetime | None = None,
    ) -> CoachingSession:
        """One that is ahead, or that waits for its log."""
        at = starts_at or self.batch.at(mentor.user.zone, day, hour)
        session, talk = self.session(taking, mentor, number, turn, at)
        session.agenda = f"1. {talk['startup']}\n2. What to do about: {talk['topic'].lower()}"
        if number == CANCELLED:
            session.state = SessionState.CANCELLED
            session.plan_version = 2
            session.state_changed_at = self.now - timedelta(hours=20)
            self.trail.add(
                session,
                "cancel",
                at=session.state_changed_at,
                actor=taking.owner,
                reason="Our office moves that day.",
                from_state=SessionState.PLANNED,
                to_state=SessionState.CANCELLED,
            )
        return session

    def hold(self, taking: Taking, mentor: Mentor, number: int, turn: int, day: int) -> None:
        """One that is over: written up, confirmed, or nobody came."""
        luck = luck_of(taking, "log", str(turn), mentor.user.email)
        starts_at = self.batch.at(mentor.user.zone, day, luck.choice(HOURS))
        session, talk = self.session(taking, mentor, number, turn, starts_at)
        logged_at = session.ends_at + timedelta(minutes=luck.randint(8, 600))
        session.state_changed_at = logged_at
        if number == NO_SHOW and turn == len(DAYS) - 2:
            session.state = SessionState.NO_SHOW
            self._tell(session, "miss", logged_at, SessionState.PLANNED)
            return
        session.state = SessionState.LOGGED
        session.logged_at = logged_at
        session.discussed, session.advice = talk["discussed"], talk["advice"]
        session.shared_note = talk["note"]
        session.minutes_contact = session.planned_minutes + luck.choice((-10, 0, 0, 5))
        session.minutes_preparation = luck.choice(PREPARATION)
        self._tell(session, "log", logged_at, SessionState.PLANNED)
        if day <= -CONFIRMED_AFTER and number != FORGETFUL:
            session.state = SessionState.CONFIRMED
            session.confirmed_at = session.state_changed_at = logged_at + timedelta(
                hours=luck.randint(3, 60)
            )
            session.confirmed_by = taking.owner
            self._tell(session, "confirm", session.confirmed_at, SessionState.LOGGED)
        if talk["private"]:
            self.notes.append(
                PrivateNote(
                    id=key("private", str(session.pk)),
                    created_at=logged_at,
                    session=session,
                    author=mentor.user,
                    text=talk["private"],
                )
            )
        self.promise(session, talk, number + turn)

    def _tell(
        self, session: CoachingSession, verb: str, at: datetime, before: SessionState
    ) -> None:
        self.trail.add(
            session,
            verb,
            at=at,
            actor=session.confirmed_by if verb == "confirm" else session.mentor.user,
            from_state=before,
            to_state=session.state,
            facts={"minutes": session.minutes} if verb == "log" else {},
        )

    def promise(self, session: CoachingSession, talk: Mapping[str, Any], number: int) -> None:
        """What each side took on, done unless it is recent or somebody is late."""
        assert session.logged_at is not None
        due_on = session.starts_at.date() + timedelta(days=DUE)
        done_at = session.logged_at + timedelta(days=DONE, hours=number % 24)
        for side in Side.values:
            if not talk[side]:
                continue
            is_done = done_at < self.now and number % LATE_EVERY != 0
            item = ActionItem(
                id=key("item", str(session.pk), side),
                created_at=session.logged_at,
                state_changed_at=done_at if is_done else session.logged_at,
                place=session.place,
                session=session,
                mentor=session.mentor if side == Side.MENTOR else None,
                what=talk[side],
                side=side,
                due_on=due_on,
                state=ItemState.DONE if is_done else ItemState.OPEN,
            )
            self.items.append(item)
            self.trail.add(item, "promise", at=session.logged_at, actor=session.mentor.user)
            if is_done:
                who = session.mentor.user if side == Side.MENTOR else session.place.answered_by
                item.done_at, item.done_by = done_at, who
                self.trail.add(
                    item,
                    "finish",
                    at=done_at,
                    actor=who,
                    from_state=ItemState.OPEN,
                    to_state=ItemState.DONE,
                )

    # -- goals ------------------------------------------------------------------------------------

    def aim(self, taking: Taking, number: int) -> None:
        """The goals of the quarter with what each side said of them."""
        rows = self.batch.words["goal"]
        begun = taking.place.state_changed_at
        starts_on, ends_on = quarter(self.batch.cohort.starts_on)
        for order in range(GOALS_EACH):
            row = rows[(number + order * 3) % len(rows)]
            set_at = begun + timedelta(days=4, hours=order + number % 5)
            goal = Goal(
                id=key("goal", taking.company.key, str(order)),
                created_at=set_at,
                state_changed_at=set_at,
                place=taking.place,
                starts_on=starts_on,
                ends_on=ends_on,
                title=row["title"],
                measure=row["measure"],
                baseline=Decimal(row["baseline"]),
                target=Decimal(row["target"]),
            )
            self.goals.append(goal)
            self.trail.add(goal, "set", at=set_at, actor=taking.owner, to_state=GoalState.SET)
            verdict = VERDICTS[(number * GOALS_EACH + order) % len(VERDICTS)]
            self.speak(taking, goal, row, verdict, begun + timedelta(days=29, hours=number % 9))

    def speak(
        self,
        taking: Taking,
        goal: Goal,
        row: Mapping[str, Any],
        verdict: Verdict | None,
        at: datetime,
    ) -> None:
        """The startup's report, the mentor's view, the staff's verdict, a few days apart."""
        if verdict is None:
            return
        start = goal.baseline or Decimal(0)
        value = (start + (goal.target - start) * SHARES[verdict]).quantize(Decimal(1))
        said: list[tuple[str, Voice, Any, int, dict[str, Any]]] = [
            ("report", Voice.STARTUP, taking.owner, 0, {"value": value, "text": row["report"]}),
            ("judge", Voice.STAFF, self.batch.manager, 5, {"verdict": verdict}),
        ]
        if row["comment"]:
            mentor = taking.mentors[0].user
            said.insert(1, ("comment", Voice.MENTOR, mentor, 2, {"text": row["comment"]}))
        for verb, voice, who, days, columns in said:
            then = at + timedelta(days=days)
            self.words.append(
                GoalReview(
                    id=key("word", str(goal.pk), voice),
                    created_at=then,
                    goal=goal,
                    voice=voice,
                    by=who,
                    **columns,
                )
            )
            facts = {"verdict": verdict} if voice == Voice.STAFF else {}
            self.trail.add(goal, verb, at=then, actor=who, facts=facts)

    def store(self) -> None:
        """Store everything in the order in which it refers to each other."""
        CoachingSession.objects.bulk_create(self.sessions)
        PrivateNote.objects.bulk_create(self.notes)
        ActionItem.objects.bulk_create(self.items)
        Goal.objects.bulk_create(self.goals)
        GoalReview.objects.bulk_create(self.words)
        for session in self.sessions:
            if session.state == SessionState.PLANNED:
                coaching.remind_of(session, now=self.now)
        for item in self.items:
            if item.state == ItemState.OPEN and item.due_on and item.due_on >= self.now.date():
                action_item.remind_of(item, now=self.now)
        for goal in self.goals:
            goals.remind_of(goal, now=self.now)


def load(batch: Batch, trail: Trail) -> None:
    """Store two months of coaching."""
    work = _Work(batch, trail)
    for number, taking in enumerate(batch.takings):
        work.meet(taking, number)
        work.aim(taking, number)
    _of_the_mentor(work)
    work.store()


def _of_the_mentor(work: _Work) -> None:
    """What the mentor of the demonstration finds: tomorrow, today, and one to write up."""
    numbered = list(enumerate(work.batch.takings))
    own = [
        (number, taking)
        for number, taking in numbered
        if taking.mentors[0].user.email == f"{MENTOR}@example.org"
    ]
    half_hour = timedelta(minutes=30)
    soon = work.now + timedelta(hours=2)
    soon += half_hour - timedelta(
        minutes=soon.minute % 30, seconds=soon.second, microseconds=soon.microsecond
    )
    for order, (number, taking) in enumerate(own):
        mentor = taking.mentors[0]
        if order == 0:
            at = work.batch.moment.instant("+1d 15:00", mentor.user.time_zone)
            work.plan(taking, mentor, number, day=1, starts_at=at)
        elif order == 1:
            work.plan(taking, mentor, number, day=0, starts_at=soon)
        else:
            at = work.batch.moment.instant("-1d 14:00", mentor.user.time_zone)
            work.plan(taking, mentor, number, day=-1, starts_at=at)
