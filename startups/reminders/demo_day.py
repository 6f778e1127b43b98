"""Letters around a Demo Day: planned from its hour and from the decks' deadline, each sent once.

`plan_demo_day` may run at any time and by many at once: a row stands once for each kind, person
and version. `plan_due` runs it where the event or the deadline moved, and each hour for whoever
joined since: asking who is new costs as much as planning, and an hour is the shortest reminder.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _, ngettext

from events.choices import EventState
from events.models import Event
from portal import clock, outbox
from portal.actions.reminding import Reminding
from portal.choices import ReminderState, Role
from portal.models import AuditEntry, ClockNow, Reminder
from portal.workflow import Step, lock_in_turn, lock_row
from startups.choices import TAKEN, MemberRole, MentoringState
from startups.models import DemoDay, Membership, Mentoring, Pitch
from startups.notices.demo_day import (
    DeckDue,
    DemoDayCancelled,
    DemoDayMoved,
    MentorDemoDayReminded,
    MentorThanked,
    StartupDemoDayReminded,
    StartupThanked,
)
from startups.rundown import Slot, rundown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from portal.models import User
    from portal.notices import Notice

STARTUP, MENTOR = "startup", "mentor"
SIDES = (STARTUP, MENTOR)
#: How long before the deadline a deck is asked for, and before the day everybody is reminded.
DECK_DAYS = {"deck_7_days": 7, "deck_3_days": 3, "deck_1_day": 1}
DAYS = {"demo_day_14_days": 14, "demo_day_7_days": 7, "demo_day_1_day": 1}
HOUR, THANKS = "demo_day_1_hour", "demo_day_thanks"
THANKS_AT = time(10)
#: How often those who joined since are planned for.
AGAIN_AFTER = timedelta(hours=1)
#: After this a word of thanks comes too late to be written.
THANKS_UNTIL = timedelta(days=7)
#: Before every instant there is: what is owed is planned although it is due.
ANY_TIME = datetime.min.replace(tzinfo=UTC)

#: Of each side, by place: who is to be told, and for which startup.
People = dict[str, list[tuple["User", "UUID"]]]


def instants_of(event: Event) -> dict[str, datetime]:
    """When each letter about the day is due, the earliest first, on the wall clock of the event."""
    thanks_on = clock.local(event.ends_at, event.zone).date() + timedelta(days=1)
    return {
        **{
            kind: clock.days_before(event.starts_at, event.time_zone, days)
            for kind, days in DAYS.items()
        },
        HOUR: event.starts_at - timedelta(hours=1),
        THANKS: datetime.combine(thanks_on, THANKS_AT, tzinfo=event.zone),
    }


def deck_instants_of(demo_day: DemoDay) -> dict[str, datetime]:
    """When a deck that is missing is asked for."""
    return {
        kind: clock.days_before(demo_day.deck_due_at, demo_day.event.time_zone, days)
        for kind, days in DECK_DAYS.items()
    }


def people_of(demo_day: DemoDay, *, person: User | None = None, ever: bool = False) -> People:
    """Members of the startups that take part, and those who coach them, or one person of them.

    With ``ever`` also who coached them: coaching may end with the Demo Day, before the thanks.
    """
    members = Membership.objects.filter(
        startup__places__cohort=demo_day.cohort_id,
        startup__places__state__in=TAKEN,
        user__is_active=True,
    )
    coaching = Mentoring.objects.filter(
        place__cohort=demo_day.cohort_id,
        place__state__in=TAKEN,
        mentor__user__is_active=True,
        mentor__user__staff_roles__programme=demo_day.cohort.programme_id,
        mentor__user__staff_roles__role=Role.MENTOR,
        mentor__user__staff_roles__ended_at=None,
    )
    if not ever:
        coaching = coaching.filter(state=MentoringState.ACTIVE)
    if person is not None:
        members = members.filter(user=person)
        coaching = coaching.filter(mentor__user=person)
    return {
        STARTUP: [
            (one.user, one.startup_id) for one in members.select_related("user").order_by("pk")
        ],
        MENTOR: [
            (one.mentor.user, one.place.startup_id)
            for one in coaching.select_related("mentor__user", "place").order_by("pk")
        ],
    }


# -- planning -------------------------------------------------------------------------------------


def to_plan() -> Any:
    """Demo Days that moved since they were planned, or were planned some time ago."""
    moved = ~Q(planned_version=F("event__version")) | ~Q(planned_deck_version=F("deck_version"))
    again = Q(planned_at=None) | Q(planned_at__lt=ClockNow() - AGAIN_AFTER)
    published = Q(event__state=EventState.PUBLISHED) & (moved | again)
    cancelled = Q(event__state=EventState.CANCELLED, planned_version__gt=0) & ~Q(
        planned_version=F("event__version")
    )
    return DemoDay.objects.filter(
        published | cancelled, event__ends_at__gt=ClockNow() - timedelta(days=2)
    ).order_by("pk")


def plan_due(*, limit: int = 20) -> int:
    """Plan what moved and whoever joined; answers how many Demo Days were planned."""
    done = 0
    for demo_day in to_plan()[:limit]:
        done += plan_demo_day(demo_day, again=False)
    return done


@transaction.atomic
def plan_demo_day(
    demo_day: DemoDay, *, now: datetime | None = None, again: bool = True, reason: str = ""
) -> bool:
    """Cancel what is outdated, plan what is ahead, tell of a move; whether anything was done.

    Who moves the event holds its row, so this waits and reads what holds afterwards; of several
    that plan, the others wait for the first, and with ``again=False`` find nothing left to do.
    """
    lock_in_turn(Event, demo_day.event_id)
    lock_row(DemoDay, demo_day.pk, "NO KEY UPDATE")
    if not again and not to_plan().filter(pk=demo_day.pk).exists():
        return False
    demo_day = DemoDay.objects.select_related("event__programme", "cohort").get(pk=demo_day.pk)
    event, now = demo_day.event, now or clock.database_now()
    if event.state == EventState.DRAFT:
        return False
    people = people_of(demo_day)
    pitches = list(demo_day.pitches.in_order().select_related("place__cohort"))
    cancelled = event.state == EventState.CANCELLED
    owed = _owed(demo_day, now)
    Reminder.objects.drop(demo_day, but=None if cancelled else event.version)
    if cancelled or demo_day.planned_deck_version != demo_day.deck_version:
        for pitch in pitches:
            Reminder.objects.drop(pitch, but=None if cancelled else demo_day.deck_version)
    if not cancelled:
        _plan_day(demo_day, people, now, owed)
        _plan_decks(demo_day, pitches, now)
    if demo_day.planned_version not in {0, event.version} and not event.is_over(now):
        _tell_of_move(demo_day, people, now, reason)
    DemoDay.objects.filter(pk=demo_day.pk).update(
        planned_version=event.version,
        planned_deck_version=demo_day.deck_version,
        planned_at=ClockNow(),
    )
    return True


def follow_event(verb: str, step: Step[Event]) -> None:
    """The event was published, moved or cancelled: plan anew in the very same transaction."""
    del verb
    for demo_day in DemoDay.objects.filter(event=step.record):
        plan_demo_day(demo_day, now=step.at, reason=step.reason)


def _owed(demo_day: DemoDay, now: datetime) -> set[tuple[str, UUID, datetime]]:
    """What was due already by an earlier version and nobody has written yet."""
    rows = Reminder.objects.about(demo_day).filter(
        state=ReminderState.PLANNED, due_at__lte=now, version__lt=demo_day.event.version
    )
    return set(rows.values_list("kind", "recipient_id", "due_at"))


def _plan_day(
    demo_day: DemoDay, people: People, now: datetime, owed: set[tuple[str, UUID, datetime]]
) -> None:
    """What is ahead; and what is owed, where another link or place left its instant alone."""
    instants, version = instants_of(demo_day.event), demo_day.event.version
    wanted = [
        (f"{kind}_{side}", person, at)
        for side in SIDES
        for person in dict.fromkeys(person for person, _startup in people[side])
        for kind, at in instants.items()
    ]
    Reminder.objects.plan(demo_day, wanted, version=version, now=now)
    late = [(kind, one, at) for kind, one, at in wanted if (kind, one.pk, at) in owed]
    Reminder.objects.plan(demo_day, late, version=version, now=ANY_TIME)


def _plan_decks(demo_day: DemoDay, pitches: list[Pitch], now: datetime) -> None:
    instants = deck_instants_of(demo_day)
    if demo_day.deck_due_at <= now or max(instants.values()) <= now:
        return
    writers: dict[UUID, list[User]] = {}
    for member in Membership.objects.filter(
        startup__in=[pitch.startup_key for pitch in pitches],
        role__in=(MemberRole.OWNER, MemberRole.EDITOR),
        user__is_active=True,
    ).select_related("user"):
        writers.setdefault(member.startup_id, []).append(member.user)
    for pitch in pitches:
        Reminder.objects.plan(
            pitch,
            [
                (kind, person, at)
                for person in writers.get(pitch.startup_key, [])
                for kind, at in instants.items()
            ],
            version=demo_day.deck_version,
            now=now,
        )


def _tell_of_move(demo_day: DemoDay, people: People, now: datetime, reason: str) -> None:
    """To both sides, once for each version; who moved it thrice at once is told of the last."""
    event = demo_day.event
    cancelled = event.state == EventState.CANCELLED
    notice: Notice = DemoDayCancelled() if cancelled else DemoDayMoved()
    verb = "cancel" if cancelled else "move"
    if not reason:
        entry = AuditEntry.objects.about(event).filter(verb=verb).order_by("-id").first()
        reason = entry.reason if entry else ""
    for side in SIDES:
        data = {
            "recipients": list(dict.fromkeys(person for person, _startup in people[side])),
            "as_mentor": side == MENTOR,
            "reason": reason,
        }
        step = Step(record=demo_day, actor=None, at=now, data=data)  # type: ignore[type-var]
        outbox.tell(notice, step, programme=event.programme)


# -- writing --------------------------------------------------------------------------------------


def how_long(instant: datetime, now: datetime) -> str:
    """In 14 days, in 24 hours, in one hour: as a reminder says it, to the nearest."""
    seconds = (instant - now).total_seconds()
    hours = round(seconds / clock.HOUR)
    if hours >= 2 * 24 - 1:
        days = round(seconds / clock.DAY)
        return ngettext("in %d day", "in %d days", days) % days
    if hours >= 1:
        return ngettext("in %d hour", "in %d hours", hours) % hours
    return _("in less than an hour")


def planned_turns(demo_day: DemoDay) -> dict[UUID, tuple[str, datetime]]:
    """By startup: its name, and when its pitch is planned to begin."""
    pitches = list(demo_day.pitches.for_stage())
    begins_at = demo_day.pitches_from
    slots = [Slot(pitch, timedelta(minutes=pitch.length)) for pitch in pitches]
    return {
        turn.key.startup_key: (turn.key.startup.name, turn.planned_at)
        for turn in rundown(slots, begins_at=begins_at, now=begins_at)
    }


def _overtaken(kind: str, instants: Mapping[str, datetime], now: datetime) -> bool:
    """Whether a later reminder is due as well: after a day without a scheduler one is enough."""
    later = list(instants.values())[list(instants).index(kind) + 1 :]
    return bool(later) and later[0] <= now


def _find_day(key: UUID) -> DemoDay | None:
    demo_day = DemoDay.objects.filter(pk=key).only("event").first()
    if demo_day is None:
        return None
    lock_in_turn(Event, demo_day.event_id)
    return DemoDay.objects.select_related("event__programme", "cohort").get(pk=key)


def _day_wanted(demo_day: DemoDay, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
    event = demo_day.event
    kind, _underscore, side = reminder.kind.rpartition("_")
    thanks, instants = kind == THANKS, instants_of(event)
    if reminder.version != event.version or event.state != EventState.PUBLISHED:
        return None
    if thanks and not event.ends_at <= now < event.ends_at + THANKS_UNTIL:
        return None
    if not thanks and event.starts_at <= now:
        return None
    if not thanks and _overtaken(kind, {k: v for k, v in instants.items() if k != THANKS}, now):
        return None
    own = people_of(demo_day, person=reminder.recipient, ever=thanks)[side]
    if not own:
        return None
    turns = planned_turns(demo_day)
    with translation.override(reminder.recipient.language):
        return {
            "left": "" if thanks else how_long(event.starts_at, now),
            "days": 0 if thanks else round((event.starts_at - now) / timedelta(days=1)),
            "turns": [turns[startup] for _person, startup in own if startup in turns],
        }


def _find_pitch(key: UUID) -> Pitch | None:
    pitch = Pitch.objects.filter(pk=key).only("demo_day").first()
    if pitch is None:
        return None
    lock_row(DemoDay, pitch.demo_day_id, "SHARE")
    return Pitch.objects.select_related(
        "demo_day__event__programme", "place__startup", "place__cohort", "deck"
    ).get(pk=key)


def _deck_wanted(pitch: Pitch, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
    demo_day = pitch.demo_day
    wanted = (
        reminder.version == demo_day.deck_version
        and demo_day.event.state == EventState.PUBLISHED
        and pitch.place.state in TAKEN
        and not pitch.has_deck
        and now < demo_day.deck_due_at
        and not _overtaken(reminder.kind, deck_instants_of(demo_day), now)
        and pitch.startup.has_member(reminder.recipient, MemberRole.OWNER, MemberRole.EDITOR)
    )
    if not wanted:
        return None
    with translation.override(reminder.recipient.language):
        return {"left": how_long(demo_day.deck_due_at, now)}


COMES: dict[str, Notice] = {STARTUP: StartupDemoDayReminded(), MENTOR: MentorDemoDayReminded()}
THANKED: dict[str, Notice] = {STARTUP: StartupThanked(), MENTOR: MentorThanked()}

day_reminding = Reminding(
    model=DemoDay,
    letters={
        **{f"{kind}_{side}": COMES[side] for kind in (*DAYS, HOUR) for side in SIDES},
        **{f"{THANKS}_{side}": THANKED[side] for side in SIDES},
    },
    find=_find_day,
    wanted=_day_wanted,
)
deck_reminding = Reminding(
    model=Pitch,
    letters=dict.fromkeys(DECK_DAYS, DeckDue()),
    find=_find_pitch,
    wanted=_deck_wanted,
)


def write_due(*, limit: int = 500) -> int:
    """Write the letters about Demo Days and decks that are due."""
    return day_reminding.write_due(limit=limit) + deck_reminding.write_due(limit=limit)
