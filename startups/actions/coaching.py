"""Verbs of coaching: plan, move, log with what was promised, note privately, confirm, remind."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit, clock, once, outbox
from portal.actions.reminding import Reminding
from portal.models import AnsweredRequest
from portal.workflow import Step, StepRefused, lock_row
from startups.actions.action_item import promise
from startups.choices import MentoringState, SessionState
from startups.models import CoachingSession, Mentor, Mentoring, Place, PrivateNote
from startups.notices.coaching import LogReminded, SessionPlanned, SessionReminded
from startups.workflow.coaching import (
    AFTER,
    BEFORE,
    PLANNED,
    remind_of,
    session_workflow,
    with_both_sides,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from portal.models import Reminder, User


def mentoring_of(place: Place, user: User) -> Mentoring | None:
    """The person's own assignment to the startup, while they hold the role."""
    if not place.has_mentor(user):
        return None
    return (
        place.mentorings.filter(state=MentoringState.ACTIVE, mentor__user=user)
        .select_related("mentor__user", "mentor__programme")
        .first()
    )


@transaction.atomic
def plan_session(
    *,
    place: Place,
    mentor: Mentor,
    starts_at: datetime,
    minutes: int,
    topic: str = "",
    agenda: str = "",
    call_link: str = "",
    by: User,
) -> CoachingSession:
    """Agree on a time; both sides get a letter with the calendar entry.

    The same mentor, startup and instant a second time is the same session.

    Raises:
        StepRefused: not permitted, no mentor of this startup, or the time has passed.
    """
    lock_row(Place, place.pk, "SHARE")
    session = CoachingSession(
        place=place,
        mentor=mentor,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        topic=topic,
        agenda=agenda,
        call_link=call_link,
        planned_by=by,
    )
    if not by.has_perm("startups.plan_coachingsession", session):
        raise StepRefused(_("You may not do this."), permission=True)
    if mentoring_of(place, mentor.user) is None:
        raise StepRefused(
            _("%(mentor)s does not coach this startup now.") % {"mentor": str(mentor)}
        )
    now = clock.database_now()
    if starts_at <= now:
        raise StepRefused(
            _("That time has passed. Choose one that is still to come, or log the session.")
        )
    # The second of two clicks waits here for the first.
    lock_row(Mentor, mentor.pk, "NO KEY UPDATE")
    twin = place.sessions.filter(
        mentor=mentor, starts_at=starts_at, state=SessionState.PLANNED
    ).first()
    if twin is not None:
        return twin
    session.save()
    remind_of(session, now=now)
    step: Step[CoachingSession] = Step(record=session, actor=by, at=now)
    step.entry = audit.record(session, "plan", actor=by, to_state=session.state)
    outbox.tell(SessionPlanned(), step, programme=mentor.programme)
    return session


def change_plan(*, session: CoachingSession, plan: Mapping[str, Any], by: User) -> bool:
    """Another time or link tells both sides; other words alone tell nobody. Whether it moved."""
    moved = any(plan[name] != getattr(session, name) for name in PLANNED)
    session_workflow.perform(session, "move" if moved else "reword", actor=by, data=plan)
    return moved


@transaction.atomic
def log_session(
    *,
    place: Place,
    session: CoachingSession | None,
    log: Mapping[str, Any],
    private_note: str,
    promises: Sequence[Mapping[str, Any]],
    next_at: datetime | None,
    key: UUID,
    by: User,
) -> CoachingSession:
    """Write a session up, with or without a plan; a second click changes nothing.

    Raises:
        StepRefused: not the mentor, still to come, or logged with other words already.
    """
    # The instant of a session without a plan is that of the click, its second one's another.
    told = {name: value for name, value in log.items() if name not in PLANNED}
    content = [str(place.pk), str(session and session.pk), told, promises, private_note, next_at]
    if (earlier := once.first_time(user=by, key=key, content=content)) is not None:
        return CoachingSession.objects.get(pk=earlier.answer)
    if session is None and (same := _logged_in_these_words(place, told, by)) is not None:
        # Back, and sent once more: the page had another key by then, the words are the same.
        AnsweredRequest.objects.filter(user=by, key=key).update(answer=str(same.pk))
        return same
    if session is None:
        session = _without_plan(place, log, by)
    # Read before the step: a rewrite keeps what was promised when it was logged.
    name = "rewrite" if session.state == SessionState.LOGGED else "log"
    step = session_workflow.perform(session, name, actor=by, data=log)
    session = step.record
    note_privately(session=session, text=private_note, by=by)
    for promised in promises:
        promise(place=place, session=session, mentor=session.mentor, by=by, **promised)
    if next_at is not None:
        following = plan_session(
            place=place,
            mentor=session.mentor,
            starts_at=next_at,
            minutes=max(session.planned_minutes, 1),
            call_link=session.call_link or session.mentor.call_link,
            by=by,
        )
        CoachingSession.objects.filter(pk=session.pk).update(next_session=following)
        session.next_session = following
    AnsweredRequest.objects.filter(user=by, key=key).update(answer=str(session.pk))
    return session


def _logged_in_these_words(
    place: Place, told: Mapping[str, Any], by: User
) -> CoachingSession | None:
    """A session without a plan that the mentor wrote up in exactly these words within a day."""
    if not told.get("discussed"):
        return None
    lately = clock.database_now() - timedelta(days=1)
    logged = CoachingSession.objects.held().filter(
        place=place, mentor__user=by, logged_at__gt=lately, plan_version=1, **told
    )
    return logged.first()


def _without_plan(place: Place, log: Mapping[str, Any], by: User) -> CoachingSession:
    """The row of a session that nobody had planned, to be logged in the same transaction."""
    mentoring = mentoring_of(place, by)
    if mentoring is None:
        raise StepRefused(_("You do not coach this startup now."), permission=True)
    return CoachingSession.objects.create(
        place=place,
        mentor=mentoring.mentor,
        starts_at=log["starts_at"],
        ends_at=log["ends_at"],
        planned_by=by,
    )


@transaction.atomic
def note_privately(*, session: CoachingSession, text: str, by: User) -> None:
    """Keep what only its author and the programme lead read; an empty one goes.

    No entry of the trail: that a note exists is nobody's to know.
    """
    if session.mentor.user_id != by.pk:
        raise StepRefused(_("You may not do this."), permission=True)
    if text:
        PrivateNote.objects.update_or_create(
            session=session, defaults={"text": text}, create_defaults={"text": text, "author": by}
        )
    else:
        PrivateNote.objects.filter(session=session, author=by).delete()


def read_private_note(*, session: CoachingSession, by: User) -> PrivateNote | None:
    """The note for its author or the lead, whose looking is written down first; else nothing."""
    note = (
        PrivateNote.objects.visible_to(by)
        .filter(session=session)
        .select_related("author", "session__place__cohort")
        .first()
    )
    if note is None or not by.has_perm("startups.view_privatenote", note):
        return None
    if note.author_id != by.pk:
        audit.read(note, "read-private-note", by=by, facts={"session": str(session.pk)})
    return note


# -- reminders --------------------------------------------------------------------------------


def _find(key: UUID) -> CoachingSession | None:
    lock_row(CoachingSession, key, "SHARE")
    return with_both_sides(CoachingSession.objects.filter(pk=key)).first()


def _wanted(
    session: CoachingSession, reminder: Reminder, now: datetime
) -> Mapping[str, Any] | None:
    """Whether it still holds, for somebody who still takes part."""
    if session.state != SessionState.PLANNED or reminder.version != session.plan_version:
        return None
    person = reminder.recipient
    is_mentor = person.pk == session.mentor.user_id
    if reminder.kind not in BEFORE:
        # After a standstill of the scheduler the later one alone is written.
        outdated = reminder.kind == "log_1_day" and now >= session.ends_at + AFTER["log_3_days"]
        asked = is_mentor and person.has_perm("startups.log_coachingsession", session)
        return {} if asked and not outdated else None
    soon = reminder.kind == "session_1_hour"
    if not soon and now > session.starts_at - BEFORE["session_1_hour"]:
        return None
    takes_part = (
        session.place.has_mentor(person)
        if is_mentor
        else person.has_perm("startups.confirm_coachingsession", session)
    )
    if not takes_part or session.starts_at <= now:
        return None
    return {"soon": soon}


session_reminding = Reminding(
    model=CoachingSession,
    letters={
        "session_1_day": SessionReminded(),
        "session_1_hour": SessionReminded(),
        "log_1_day": LogReminded(),
        "log_3_days": LogReminded(),
    },
    find=_find,
    wanted=_wanted,
)
