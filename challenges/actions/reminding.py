"""Writing what was planned from a call's deadline, to teams and to those who run the call."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Count, F, Prefetch, Q, prefetch_related_objects
from django.utils import translation

from challenges import answers
from challenges.choices import ApplicationState, CallState
from challenges.models import Answer, Application, Call, Collaborator
from challenges.notices.reminder import (
    CHANGES,
    COMPLETE,
    DRAFT,
    TO_TEAMS,
    CallClosed,
    ClosingNeared,
    JurorsWanted,
)
from challenges.reminders import (
    AFTER,
    CHANGED,
    CLOSED,
    KINDS,
    LAST,
    LATEST,
    NEARS,
    RUNGS,
)
from challenges.rules import CALL_RUNNERS
from challenges.workflow.application import answers_by_question
from challenges.workflow.decision import AWAITING
from portal import clock
from portal.actions.reminding import Reminding
from portal.choices import ReminderState, Unwritten
from portal.models import Reminder, came_with, has_rows
from portal.workflow import Step, lock_in_turn
from startups.models import Membership

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from portal.models import User
    from portal.notices import Letter, Notice

COMPLETE_AT = 100
HALF = 50


# -- to teams -------------------------------------------------------------------------------------


def find_applications(due: Sequence[Reminder]) -> dict[UUID, Application]:
    """The applications of reminders, while nobody can move their deadlines or submit them."""
    keys = sorted({one.subject_id for one in due})
    rows = Application.objects.filter(pk__in=keys)
    for call in sorted(set(rows.values_list("call", flat=True))):
        lock_in_turn(Call, call)
    table = connection.ops.quote_name(Application._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE id = ANY(%s) ORDER BY id FOR SHARE",  # noqa: S608 -- no input in it
            [keys],
        )
    found = list(for_reminders(rows))
    ask_what_is_complete(found)
    _note_what_else_is_due(found)
    return {one.pk: one for one in found}


def for_reminders(rows: Any) -> Any:
    """With whom and what the letters ask of an application, and none of its answers."""
    return rows.select_related("call__programme", "startup").prefetch_related(
        Prefetch("startup__memberships", Membership.objects.select_related("user")),
        Prefetch("collaborators", Collaborator.objects.select_related("user")),
    )


def ask_what_is_complete(applications: Sequence[Application]) -> None:
    """Read the answers of those that may be complete: only there they decide about the words."""
    full = [one for one in applications if one.completeness == COMPLETE_AT]
    prefetch_related_objects(
        full,
        Prefetch("answers", Answer.objects.select_related("document")),
        "call__questions",
        "startup__contacts",
    )


def _note_what_else_is_due(applications: Sequence[Application]) -> None:
    """Which rungs of each are due, so that of several due at once only the last is written."""
    rows = (
        Reminder.objects.due()
        .filter(subject_id__in=[one.pk for one in applications])
        .values_list("subject_id", "recipient_id", "version", "kind")
    )
    sent = Reminder.objects.filter(
        subject_id__in=[one.pk for one in applications], state=ReminderState.SENT
    ).values_list("subject_id", "recipient_id", "version", "kind")
    found: dict[UUID, set[tuple[UUID, int, str]]] = defaultdict(set)
    for subject, recipient, version, kind in (*rows, *sent):
        found[subject].add((recipient, version, kind))
    for one in applications:
        one.__dict__["due_now"] = found[one.pk]


def is_ready(application: Application) -> bool:
    """Whether one click submits it: nothing is missing, nor wrong, and somebody can be called."""
    if application.completeness != COMPLETE_AT:
        return False
    if not came_with(application.answers):
        ask_what_is_complete([application])
    lacking = answers.missing_from(application.asked(), answers_by_question(application))
    return not lacking and has_rows(application.startup.contacts)


def writes(application: Application, person: User) -> bool:
    """Whether the person may write it, asked of what was read already."""
    if came_with(application.collaborators):
        helpers = frozenset(one.user_id for one in application.collaborators.all() if one.user_id)
        application.__dict__["collaborators_ids"] = helpers
    return person.is_active and application.has_writer(person)


def why_not_of_team(
    application: Application, reminder: Reminder, now: datetime
) -> Unwritten | None:
    """Why a reminder would not be written at ``now``, if it would not."""
    changed = reminder.kind.startswith(CHANGED)
    # Asked one after the other: the later ones read more.
    hindrances: tuple[tuple[Unwritten, Callable[[], bool]], ...] = (
        (Unwritten.ENDED, lambda: application.call.state != CallState.PUBLISHED),
        (Unwritten.MOVED, lambda: reminder.version != application.deadline_mark),
        (Unwritten.DONE, lambda: not _is_open(application, changed=changed)),
        (Unwritten.LATE, lambda: now >= application.ends),
        (Unwritten.LEFT, lambda: not writes(application, reminder.recipient)),
        (
            Unwritten.INCOMPLETE,
            lambda: KINDS[reminder.kind] == LAST and not changed and not is_ready(application),
        ),
        (Unwritten.OVERTAKEN, lambda: _is_overtaken(application, reminder)),
    )
    return next((why for why, holds in hindrances if holds()), None)


def _is_open(application: Application, *, changed: bool) -> bool:
    """Whether there is still something to submit."""
    if changed:
        submitted = application.state == ApplicationState.SUBMITTED
        return submitted and application.has_unsubmitted_changes
    return application.state == ApplicationState.DRAFT


def _is_overtaken(application: Application, reminder: Reminder) -> bool:
    """Whether a later rung is due as well: after a standstill, or in the evening before."""
    case, _underscore, rung = reminder.kind.partition("_")
    later = RUNGS[RUNGS.index(rung) + 1 :]
    # The last rung speaks to the complete alone; where it says nothing it overtakes nothing.
    said = [one for one in later if one != LAST or case == CHANGED or is_ready(application)]
    due = application.__dict__.get("due_now", frozenset())
    return any((reminder.recipient_id, reminder.version, f"{case}_{one}") in due for one in said)


def said_to_team(application: Application, reader: User, now: datetime) -> dict[str, Any]:
    """What the letter says beside the record itself."""
    seconds = int((application.ends - now).total_seconds())
    with translation.override(reader.language):
        return {"left": clock.time_left(max(seconds, 0))}


def _wanted_by_team(
    application: Application, reminder: Reminder, now: datetime
) -> Mapping[str, Any] | Unwritten:
    why = why_not_of_team(application, reminder, now)
    return why or said_to_team(application, reminder.recipient, now)


def letter_for_team(application: Application, reminder: Reminder) -> Notice:
    """The words: not complete, complete and not submitted, or changed since it was submitted."""
    if reminder.kind.startswith(CHANGED):
        return CHANGES
    return COMPLETE if is_ready(application) else DRAFT


team_reminding = Reminding(
    model=Application,
    letters=dict.fromkeys(KINDS, DRAFT),
    find=lambda key: find_applications([Reminder(subject_id=key)]).get(key),
    wanted=_wanted_by_team,
    find_many=find_applications,
    letter_of=letter_for_team,
)
#: By name, as rows of letters say it.
TEAM_LETTERS = tuple(notice.name for notice in TO_TEAMS)


# -- to those who run the call --------------------------------------------------------------------


def _find_call(key: UUID) -> Call | None:
    lock_in_turn(Call, key)
    return Call.objects.select_related("programme").filter(pk=key).first()


def why_not_of_staff(call: Call, reminder: Reminder, now: datetime) -> Unwritten | None:
    """Why a letter to staff would not be written at ``now``, if it would not."""
    if call.state != CallState.PUBLISHED:
        return Unwritten.ENDED
    if reminder.version != call.deadline_version:
        return Unwritten.MOVED
    if not reminder.recipient.has_role(call.programme_id, *CALL_RUNNERS):
        return Unwritten.LEFT
    late = call.closes_at if reminder.kind == NEARS else call.accepts_until + LATEST
    return Unwritten.LATE if now >= late else None


def said_to_staff(call: Call, reader: User, now: datetime) -> dict[str, Any]:
    """The figures, as they are at ``now``."""
    seconds = int((call.closes_at - now).total_seconds())
    with translation.override(reader.language):
        left = clock.time_left(max(seconds, 0))
    lacking = call.applications.filter(
        state__in=AWAITING, assigned_count__lt=call.reviewers_wanted
    ).count()
    return {"left": left, "counts": counts_of(call, now), "lacking": lacking}


def counts_of(call: Call, now: datetime) -> dict[str, int]:
    """Submitted, and drafts by how far they are; "complete" is by what is required."""
    draft = Q(state=ApplicationState.DRAFT)
    found: dict[str, int] = call.applications.aggregate(
        submitted=Count("pk", filter=~draft & ~Q(state=ApplicationState.WITHDRAWN)),
        complete=Count("pk", filter=draft & Q(completeness=COMPLETE_AT)),
        half=Count("pk", filter=draft & Q(completeness__gte=HALF, completeness__lt=COMPLETE_AT)),
        begun=Count("pk", filter=draft & Q(completeness__lt=HALF)),
        extended=Count(
            "pk", filter=Q(extended_until__gt=F("call__accepts_until"), extended_until__gte=now)
        ),
    )
    return found


def _wanted_by_staff(
    call: Call, reminder: Reminder, now: datetime
) -> Mapping[str, Any] | Unwritten:
    if (why := why_not_of_staff(call, reminder, now)) is not None:
        return why
    said = said_to_staff(call, reminder.recipient, now)
    if reminder.kind == AFTER and not said["lacking"]:
        return Unwritten.DONE
    return said


STAFF_LETTERS: dict[str, Notice] = {
    NEARS: ClosingNeared(),
    CLOSED: CallClosed(),
    AFTER: JurorsWanted(),
}
staff_reminding = Reminding(
    model=Call, letters=STAFF_LETTERS, find=_find_call, wanted=_wanted_by_staff
)


def remind_due(*, limit: int = 500) -> int:
    """Write what is due; whatever was submitted meanwhile is left in peace."""
    return team_reminding.write_due(limit=limit) + staff_reminding.write_due(limit=limit)


def look_at_team_letter(
    reminder: Reminder, now: datetime
) -> tuple[Letter | None, Unwritten | None]:
    """A letter as it would read now, and why it would not be written; in the reader's language."""
    application = for_reminders(Application.objects.filter(pk=reminder.subject_id)).first()
    if application is None:
        return None, Unwritten.ENDED
    ask_what_is_complete([application])
    said = said_to_team(application, reminder.recipient, now)
    letter = _composed(letter_for_team(application, reminder), application, reminder, now, said)
    return letter, why_not_of_team(application, reminder, now)


def look_at_staff_letter(
    call: Call, reminder: Reminder, now: datetime
) -> tuple[Letter | None, Unwritten | None]:
    """Likewise, for those who run the call."""
    said = said_to_staff(call, reminder.recipient, now)
    letter = _composed(STAFF_LETTERS[reminder.kind], call, reminder, now, said)
    return letter, why_not_of_staff(call, reminder, now)


def _composed(
    notice: Notice, record: Any, reminder: Reminder, now: datetime, said: Mapping[str, Any]
) -> Letter:
    data = {"recipient": reminder.recipient, "reminder": str(reminder.pk), **said}
    step: Step[Any] = Step(record=record, actor=None, at=now, data=data)
    return notice.compose(step, reminder.recipient)


def letter_names(kinds: Collection[str]) -> set[str]:
    """How the letters of these kinds of reminders are called in rows."""
    staff = {STAFF_LETTERS[kind].name for kind in kinds if kind in STAFF_LETTERS}
    return {*staff, *(TEAM_LETTERS if set(kinds) & set(KINDS) else ())}
