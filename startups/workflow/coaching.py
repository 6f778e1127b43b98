"""The life of a coaching session, on one screen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from portal.models import ClockNow, Reminder
from portal.workflow import Step, Transition, Workflow
from startups.choices import SessionState
from startups.models import CoachingSession
from startups.notices.coaching import (
    SessionCancelled,
    SessionLogged,
    SessionMissed,
    SessionMoved,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

#: How long before the session both sides are reminded, and after it the mentor of the log.
BEFORE = {"session_1_day": timedelta(hours=24), "session_1_hour": timedelta(hours=1)}
AFTER = {"log_1_day": timedelta(hours=24), "log_3_days": timedelta(hours=72)}
PLANNED = ("starts_at", "ends_at", "call_link")
WORDS = ("topic", "agenda")
LOGGED = (
    "starts_at",
    "ends_at",
    "discussed",
    "advice",
    "shared_note",
    "minutes_contact",
    "minutes_preparation",
    "minutes_travel",
)


def with_both_sides(rows: QuerySet[CoachingSession]) -> QuerySet[CoachingSession]:
    """With what rules, reminders and letters read of it."""
    return rows.select_related(
        "place__startup",
        "place__cohort__programme",
        "place__group",
        "mentor__user",
        "mentor__programme",
    )


def to_a_time_ahead(step: Step[CoachingSession]) -> StrOrPromise | None:
    """What is planned is still to come."""
    if "starts_at" not in step.data or step.data["starts_at"] > step.at:
        return None
    return _("That time has passed. Choose one that is still to come, or log the session.")


def once_it_began(step: Step[CoachingSession]) -> StrOrPromise | None:
    """Nobody writes up what has not taken place."""
    if step.data.get("starts_at", step.record.starts_at) <= step.at:
        return None
    return _("This session is still to come. Log it when it has taken place.")


def as_it_was_read(step: Step[CoachingSession]) -> StrOrPromise | None:
    """Whoever confirms has read these very words."""
    logged_at = step.record.logged_at
    seen = step.data.get("seen")
    if seen is None or (logged_at is not None and seen == logged_at.isoformat()):
        return None
    return _("The mentor changed the log meanwhile. Read it once more, then confirm.")


def plan_of(step: Step[CoachingSession]) -> dict[str, Any]:
    """The new time and link, with a version of their own."""
    columns = {name: step.data[name] for name in (*PLANNED, *WORDS) if name in step.data}
    return columns | {"plan_version": step.record.plan_version + 1}


def words_of(step: Step[CoachingSession]) -> dict[str, Any]:
    """What the session is about; its time stays."""
    return {name: step.data[name] for name in WORDS if name in step.data}


def next_version(step: Step[CoachingSession]) -> dict[str, Any]:
    """Calendars take the newer entry."""
    return {"plan_version": step.record.plan_version + 1}


def log_of(step: Step[CoachingSession]) -> dict[str, Any]:
    """What took place, and when it was written up last."""
    columns = {name: step.data[name] for name in LOGGED if name in step.data}
    columns["logged_at"] = ClockNow()
    if columns.get("starts_at", step.record.starts_at) != step.record.starts_at:
        columns["plan_version"] = step.record.plan_version + 1
    return columns


def who_confirmed(step: Step[CoachingSession]) -> dict[str, Any]:
    """Who, and when by the database's clock."""
    return {"confirmed_at": ClockNow(), "confirmed_by": step.actor}


def say_how_long(step: Step[CoachingSession]) -> None:
    """Minutes for the trail; no word of what was said."""
    step.facts["minutes"] = step.record.minutes


def remind_of(session: CoachingSession, *, now: datetime) -> None:
    """Plan the reminders of a session's time; those of an earlier time fall away."""
    mentor = session.mentor.user
    due = [
        (kind, person, session.starts_at - distance)
        for person in session.people()
        for kind, distance in BEFORE.items()
    ]
    due += [(kind, mentor, session.ends_at + distance) for kind, distance in AFTER.items()]
    Reminder.objects.drop(session, but=session.plan_version)
    Reminder.objects.plan(session, due, version=session.plan_version, now=now)


def remind_anew(step: Step[CoachingSession]) -> None:
    """Of the new time alone."""
    remind_of(step.record, now=step.at)


def remind_no_more(step: Step[CoachingSession]) -> None:
    """It is written up or will not take place."""
    Reminder.objects.drop(step.record)


session_workflow: Workflow[CoachingSession] = Workflow(
    CoachingSession,
    Transition(
        name="move",
        label=_("Move the session"),
        permission="startups.plan_coachingsession",
        sources={SessionState.PLANNED},
        target=None,
        guards=(to_a_time_ahead,),
        changes=plan_of,
        effects=(remind_anew,),
        notices=(SessionMoved(),),
        reads=with_both_sides,
        needs_data=True,
    ),
    Transition(
        name="reword",
        label=_("Change the agenda"),
        permission="startups.plan_coachingsession",
        sources={SessionState.PLANNED},
        target=None,
        changes=words_of,
        reads=with_both_sides,
        internal=True,
    ),
    Transition(
        name="cancel",
        label=_("Cancel the session"),
        permission="startups.cancel_coachingsession",
        sources={SessionState.PLANNED},
        target=SessionState.CANCELLED,
        changes=next_version,
        effects=(remind_no_more,),
        notices=(SessionCancelled(),),
        reads=with_both_sides,
        needs_reason=True,
        destructive=True,
    ),
    Transition(
        name="log",
        label=_("Log the session"),
        permission="startups.log_coachingsession",
        sources={SessionState.PLANNED, SessionState.NO_SHOW},
        target=SessionState.LOGGED,
        guards=(once_it_began,),
        changes=log_of,
        effects=(remind_no_more, say_how_long),
        notices=(SessionLogged(),),
        reads=with_both_sides,
        needs_data=True,
        primary=True,
    ),
    Transition(
        name="rewrite",
        label=_("Change the log"),
        permission="startups.log_coachingsession",
        sources={SessionState.LOGGED},
        target=None,
        guards=(once_it_began,),
        changes=log_of,
        effects=(say_how_long,),
        reads=with_both_sides,
        needs_data=True,
    ),
    Transition(
        name="miss",
        label=_("Nobody came"),
        permission="startups.log_coachingsession",
        sources={SessionState.PLANNED},
        target=SessionState.NO_SHOW,
        guards=(once_it_began,),
        effects=(remind_no_more,),
        notices=(SessionMissed(),),
        reads=with_both_sides,
    ),
    Transition(
        name="confirm",
        label=_("Confirm"),
        permission="startups.confirm_coachingsession",
        sources={SessionState.LOGGED},
        target=SessionState.CONFIRMED,
        guards=(as_it_was_read,),
        changes=who_confirmed,
        reads=with_both_sides,
        primary=True,
    ),
)
