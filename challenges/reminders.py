"""Reminders of a deadline: rows planned from it, planned anew when it moves, dropped when met.

A call may have ten thousand drafts, so what each person of each of them should be told, and when,
is written and mended by one statement for all. It may run at any time and by many at once: a row
stands once for each kind, person and version, and one that somebody writes at this moment is passed
by. Rows that are due already are never touched.
"""

# ruff: noqa: S608 -- the statements are put together from constants, values are handed over apart
from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Q

from challenges.choices import CallState
from challenges.models import Application, Call, Collaborator
from challenges.rules import CALL_RUNNERS
from portal import clock, quiet
from portal.choices import OutboxState, ReminderState, Unwritten, WhyNot
from portal.models import ClockNow, Heartbeat, OutboxMessage, Reminder, User
from portal.workflow import lock_in_turn
from startups.choices import MemberRole
from startups.models import Membership

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

#: Before the deadline, the earliest first: days by the call's wall clock, then hours.
DAYS = {"14_days": 14, "7_days": 7, "3_days": 3, "1_day": 1}
HOURS = {"3_hours": 3, "1_hour": 1}
RUNGS = (*DAYS, *HOURS)
#: Told to what is complete and not submitted; for anything else it comes too late to be of use.
LAST = "1_hour"
#: A draft, and a submission with changes that are not submitted.
DRAFT, CHANGED = "draft", "changed"
KINDS = {f"{case}_{rung}": rung for case in (DRAFT, CHANGED) for rung in RUNGS}

#: To those who run the call: a week before it closes, as it closes, and on the day after.
NEARS, CLOSED, AFTER = "call_7_days", "call_closed", "call_1_day_after"
STAFF_KINDS = (NEARS, CLOSED, AFTER)
#: After this a letter about a call that closed has been overtaken by work.
LATEST = timedelta(days=7)

#: How often those who joined, changed a submission or moved to another zone are planned for.
AGAIN_AFTER = timedelta(minutes=10)
PLANNER = "plan-reminders"


def nominal(rung: str, ends: datetime, zone: str) -> datetime:
    """When a rung of the ladder is, whoever reads it."""
    if rung in DAYS:
        return clock.days_before(ends, zone, DAYS[rung])
    return ends - timedelta(hours=HOURS[rung])


def instants(ends: datetime, zone: str, reader_zone: str, now: datetime) -> dict[str, datetime]:
    """What is ahead of the ladder for a reader there, each outside of their night if it can be."""
    found = {rung: nominal(rung, ends, zone) for rung in RUNGS}
    moved = {
        rung: quiet.awake(at, reader_zone, before=ends, now=now)
        for rung, at in found.items()
        if at > now
    }
    return {rung: at for rung, at in moved.items() if at > now}


def nominal_for_staff(call: Call) -> dict[str, datetime]:
    """When those who run the call are written to, wherever they are."""
    over = call.accepts_until
    return {
        NEARS: clock.days_before(call.closes_at, call.time_zone, 7),
        CLOSED: over,
        AFTER: clock.days_before(over, call.time_zone, -1),
    }


def staff_instants(call: Call, reader_zone: str) -> dict[str, datetime]:
    """The same for a reader there: none of these is worth anybody's night."""
    before = {NEARS: call.closes_at}
    return {
        kind: quiet.awake(at, reader_zone, before=before.get(kind))
        for kind, at in nominal_for_staff(call).items()
    }


# -- statements -----------------------------------------------------------------------------------

_names = {
    "reminder": Reminder._meta.db_table,
    "outbox": OutboxMessage._meta.db_table,
    "application": Application._meta.db_table,
    "call": Call._meta.db_table,
    "user": User._meta.db_table,
    "membership": Membership._meta.db_table,
    "collaborator": Collaborator._meta.db_table,
}
SUBJECT = Application._meta.label_lower

#: Each application in question, and the writers of each: owners, editors, and who helps with it.
OPEN = """
    open_one AS (
        SELECT a.id, a.startup_id, c.time_zone, c.programme_id,
               GREATEST(c.closes_at, a.extended_until) AS ends,
               c.deadline_version + a.extension_version AS mark,
               CASE WHEN a.state = 'draft' THEN 'draft' ELSE 'changed' END AS about
        FROM {application} a JOIN {call} c ON c.id = a.call_id
        WHERE {scope} AND c.state = 'published' AND (
            a.state = 'draft' OR (a.state = 'submitted' AND a.edited_at > a.submitted_at)
        )
    ),
    reader AS MATERIALIZED (
        SELECT o.*, u.id AS person, u.time_zone AS zone FROM open_one o
        JOIN {membership} m ON m.startup_id = o.startup_id AND m.role = ANY(%(roles)s)
        JOIN {user} u ON u.id = m.user_id AND u.is_active
        WHERE o.ends > %(now)s {of_person}
        UNION
        SELECT o.*, u.id, u.time_zone FROM open_one o
        JOIN {collaborator} h ON h.application_id = o.id
        JOIN {user} u ON u.id = h.user_id AND u.is_active
        WHERE o.ends > %(now)s {of_person}
    )"""
#: What each reader should be told, and when; the instants are reckoned beforehand, zone by zone.
WANTED = (
    OPEN
    + """,
    rung AS (
        SELECT * FROM unnest(
            %(ends)s::timestamptz[], %(here)s::text[], %(zones)s::text[],
            %(rungs)s::text[], %(at)s::timestamptz[]
        ) AS one (ends, here, zone, rung, at)
    ),
    wanted AS (
        SELECT r.id AS application, r.person, r.programme_id, r.mark,
               r.about || '_' || g.rung AS kind, g.at
        FROM reader r JOIN rung g ON g.ends = r.ends AND g.here = r.time_zone AND g.zone = r.zone
    )"""
)
ZONES = f"WITH {OPEN} SELECT DISTINCT ends, time_zone, zone FROM reader"
#: Rows that stand at another instant, or were cancelled ahead of their time and hold again.
MEND = f"""
    WITH {WANTED},
    mine AS (
        SELECT p.id, w.at FROM {{reminder}} p
        JOIN wanted w ON p.subject_id = w.application AND p.recipient_id = w.person
             AND p.kind = w.kind AND p.version = w.mark
        WHERE p.subject_type = %(subject)s AND p.due_at > %(now)s
          AND (p.state = 'cancelled' OR (p.state = 'planned' AND p.due_at <> w.at))
        FOR UPDATE OF p SKIP LOCKED
    )
    UPDATE {{reminder}} p SET due_at = mine.at, state = 'planned', why_not = ''
    FROM mine WHERE p.id = mine.id"""
ADD = f"""
    WITH {WANTED}
    INSERT INTO {{reminder}} (
        id, kind, subject_type, subject_id, programme_id, recipient_id, version, due_at, state
    )
    SELECT gen_random_uuid(), kind, %(subject)s, application, programme_id, person, mark, at,
           'planned'
    FROM wanted ORDER BY application, person, kind
    ON CONFLICT DO NOTHING"""
#: What does not hold any more, with why. Who writes a row at this moment finds that out itself.
DROP = f"""
    WITH {OPEN},
    gone AS (
        SELECT p.id,
               CASE WHEN c.state <> 'published' THEN 'ended'
                    WHEN GREATEST(c.closes_at, a.extended_until) <= %(now)s THEN 'late'
                    WHEN p.version <> c.deadline_version + a.extension_version THEN 'moved'
                    WHEN o.id IS NULL OR p.kind NOT LIKE o.about || '\\_%%' THEN 'done'
                    ELSE 'left' END AS why
        FROM {{reminder}} p
        JOIN {{application}} a ON a.id = p.subject_id
        JOIN {{call}} c ON c.id = a.call_id
        LEFT JOIN open_one o ON o.id = a.id
        LEFT JOIN reader r ON r.id = o.id AND r.person = p.recipient_id
        WHERE {{scope}} AND p.subject_type = %(subject)s AND p.state = 'planned' AND (
            r.person IS NULL OR p.version <> o.mark OR p.kind NOT LIKE o.about || '\\_%%'
        )
        FOR UPDATE OF p SKIP LOCKED
    )
    UPDATE {{reminder}} p SET state = 'cancelled', why_not = gone.why
    FROM gone WHERE p.id = gone.id"""
#: Letters that are written and have not left, those for the letter of the day among them.
HOLD = """
    WITH gone AS (
        SELECT l.id FROM {outbox} l JOIN {application} a ON a.id = l.subject_id
        WHERE {scope} AND l.subject_type = %(subject)s AND l.notice = ANY(%(notices)s)
          AND l.state IN ('pending', 'digest') AND l.digest_id IS NULL
        FOR UPDATE OF l SKIP LOCKED
    )
    UPDATE {outbox} l SET state = 'held_back', why_not = 'outdated'
    FROM gone WHERE l.id = gone.id"""
#: Both for one application that is done: submitting runs this, so it is one statement.
DONE = """
    WITH planned AS (
        SELECT id FROM {reminder}
        WHERE subject_id = %(key)s AND subject_type = %(subject)s AND state = 'planned'
        FOR UPDATE SKIP LOCKED
    ),
    dropped AS (
        UPDATE {reminder} p SET state = 'cancelled', why_not = %(why)s
        FROM planned WHERE p.id = planned.id
    ),
    written AS (
        SELECT id FROM {outbox}
        WHERE subject_id = %(key)s AND subject_type = %(subject)s AND notice = ANY(%(notices)s)
          AND state IN ('pending', 'digest') AND digest_id IS NULL
        FOR UPDATE SKIP LOCKED
    )
    UPDATE {outbox} l SET state = 'held_back', why_not = 'outdated'
    FROM written WHERE l.id = written.id"""
#: The letters that speak of a deadline (`challenges.notices.reminder`), by name.
NOTICES = ["draft_reminded", "complete_draft_reminded", "changes_reminded"]
#: What tells of a moved deadline (`challenges.notices.call`).
MOVED = "deadline_moved"
SCOPES = {
    "call": "a.call_id = %(key)s",
    "application": "a.id = %(key)s",
    "person": "c.closes_at > %(now)s - interval '60 days'",
}


def _run(statement: str, scope: str, **values: Any) -> list[Any]:
    """One of the statements above; no word of them comes from outside."""
    of_person = "AND u.id = %(key)s" if scope == "person" else ""
    text = statement.format(**_names, scope=SCOPES[scope], of_person=of_person)
    roles = [MemberRole.OWNER.value, MemberRole.EDITOR.value]
    with connection.cursor() as cursor:
        cursor.execute(text, {"subject": SUBJECT, "notices": NOTICES, "roles": roles, **values})
        return cursor.fetchall() if cursor.description else []


def _plan(scope: str, key: UUID, now: datetime) -> None:
    """Bring the rows of a call, an application or a person into line with what holds now."""
    if scope == "application":
        _plan_rows(scope, key, now)
        return
    # Where statistics are old the planner expects one row and compares ten thousand with ten
    # thousand, one by one: half a minute. Joined by their hashes they take as long as they are.
    _set_joins("off")
    _plan_rows(scope, key, now)
    _set_joins("DEFAULT")


def _set_joins(nested: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL enable_nestloop TO {nested}; SET LOCAL jit TO {nested}")


def _plan_rows(scope: str, key: UUID, now: datetime) -> None:
    rungs = [
        (ends, here, zone, rung, at)
        for ends, here, zone in _run(ZONES, scope, key=key, now=now)
        for rung, at in instants(ends, here, zone, now).items()
    ]
    names = ("ends", "here", "zones", "rungs", "at")
    columns = zip(*rungs, strict=True) if rungs else ((),) * len(names)
    ladder = {name: list(column) for name, column in zip(names, columns, strict=True)}
    if scope != "person":
        _run(DROP, scope, key=key, now=now)
    if rungs:
        _run(MEND, scope, key=key, now=now, **ladder)
        _run(ADD, scope, key=key, now=now, **ladder)


# -- verbs ----------------------------------------------------------------------------------------


@transaction.atomic
def plan(application: Application, *, now: datetime) -> None:
    """Plan what is still ahead for one application: a row for each writer and rung."""
    _plan("application", application.pk, now)


def drop(application: Application, *, why: Unwritten = Unwritten.DONE) -> None:
    """Cancel what is planned and hold back what has not left: the work is done or given up."""
    _run(DONE, "application", key=application.pk, why=why.value)


@transaction.atomic
def plan_anew(call: Call, *, now: datetime) -> None:
    """After a call was published, moved or cancelled: hold back what is outdated, and plan."""
    _run(HOLD, "call", key=call.pk)
    _plan("call", call.pk, now)
    open_ = call.state == CallState.PUBLISHED
    # Of staff's letters only: what is planned of the promised day of news follows that day.
    Reminder.objects.filter(kind__in=STAFF_KINDS).drop(
        call, but=call.deadline_version if open_ else None
    )
    _hold_back_moves(call)
    if open_:
        _plan_for_staff(call, now)


def _hold_back_moves(call: Call) -> None:
    """Letters of the move before that have not left: one of this move follows to the same."""
    waiting = OutboxMessage.objects.about(call).filter(notice=MOVED, state=OutboxState.PENDING)
    OutboxMessage.objects.filter(
        pk__in=waiting.select_for_update(skip_locked=True).values("pk")
    ).update(state=OutboxState.HELD_BACK, why_not=WhyNot.OUTDATED)


def plan_for_person(person: User) -> None:
    """Their nights are others now: what is planned for them moves along."""
    with transaction.atomic():
        now = clock.database_now()
        _plan("person", person.pk, now)
    for call in _calls_to_plan().filter(
        programme__in=person.programmes_as(*CALL_RUNNERS), state=CallState.PUBLISHED
    ):
        with transaction.atomic():
            _plan_for_staff(call, now)


def plan_due() -> int:
    """For the sweep: those who joined, changed what they had submitted, or moved house."""
    if not _is_my_turn():
        return 0
    planned = 0
    for call in _calls_to_plan():
        with transaction.atomic():
            # Whoever moves the deadline waits, or is done: never two instants of one version.
            lock_in_turn(Call, call.pk)
            found = Call.objects.get(pk=call.pk)
            now = clock.database_now()
            _plan("call", found.pk, now)
            if found.state == CallState.PUBLISHED:
                _plan_for_staff(found, now)
        planned += 1
    return planned


def _is_my_turn() -> bool:
    """Whether it is time again; of several schedulers one plans."""
    rows = Heartbeat.objects.filter(name=PLANNER)
    if rows.filter(at__lte=ClockNow() - AGAIN_AFTER).update(at=ClockNow()):
        return True
    if rows.exists():
        return False
    return bool(Heartbeat.objects.get_or_create(name=PLANNER)[1])


def _calls_to_plan() -> Any:
    """Calls with a deadline ahead, be it one team's own, or with a letter to staff ahead."""
    extended = Application.objects.filter(extended_until__gt=ClockNow()).values("call")
    return Call.objects.filter(
        Q(accepts_until__gt=ClockNow() - timedelta(days=2)) | Q(pk__in=extended),
        state=CallState.PUBLISHED,
    ).order_by("pk")


def _plan_for_staff(call: Call, now: datetime) -> None:
    people = list(User.objects.holding(*CALL_RUNNERS, programme=call.programme_id, at=now))
    due = [
        (kind, person, at)
        for person in people
        for kind, at in staff_instants(call, person.time_zone).items()
        if at > now
    ]
    Reminder.objects.plan(call, due, version=call.deadline_version, now=now)
    ahead = Reminder.objects.about(call).filter(version=call.deadline_version, due_at__gt=now)
    wanted = {(kind, person.pk): at for kind, person, at in due}
    for reminder in ahead.exclude(state=ReminderState.SENT).select_for_update(skip_locked=True):
        at = wanted.get((reminder.kind, reminder.recipient_id))
        if at is None or (reminder.state == ReminderState.PLANNED and reminder.due_at == at):
            continue
        reminder.state, reminder.why_not, reminder.due_at = ReminderState.PLANNED, "", at
        reminder.save(update_fields=["state", "why_not", "due_at"])
