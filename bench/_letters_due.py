"""Counting what was written and accepted against what should have been, person by person."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bench._day import DECK_DAYS
from portal.choices import OutboxState, ReminderState
from portal.models import OutboxMessage, Reminder

if TYPE_CHECKING:
    from bench._calendars import Mailed
    from bench.demo_day import Play

#: What tells people of a move, once for each.
MOVED = ("event_moved", "demo_day_moved")
#: A letter that was being handed over at that moment is not called back.
IN_FLIGHT = timedelta(seconds=1)


def _what(kind: str) -> str:
    return "decks" if kind in DECK_DAYS else "day"


def count_letters(play: Play, mailed: Mailed) -> dict[str, int]:
    """By the rows of reminders and letters, and by what the mail server accepted."""
    reminders = {str(one.pk): one for one in Reminder.objects.all()}
    written: dict[tuple[str, int, Any], list[OutboxMessage]] = defaultdict(list)
    told: Counter[tuple[Any, str]] = Counter()
    found: Counter[str] = Counter()
    for letter in OutboxMessage.objects.defer("html", "text", "calendar"):
        accepted = mailed.copies[str(letter.pk)]
        found["lost"] += accepted == 0 and letter.state == OutboxState.SENT
        found["copies"] += accepted > 1
        found["held"] += letter.state == OutboxState.HELD_BACK
        if letter.notice in MOVED:
            told[letter.recipient_id, letter.notice] += 1
        key = letter.dedup_key.split(":")[1]
        if key not in reminders:
            continue
        reminder = reminders[key]
        written[reminder.kind, reminder.version, reminder.recipient_id].append(letter)
        ended = play.ended.get((_what(reminder.kind), reminder.version))
        if ended is not None:
            really, shown = ended
            found["outdated"] += letter.created_at > really
            found["read_outdated"] += bool(letter.sent_at) and letter.sent_at > shown + IN_FLIGHT
    _compare(play, written, found)
    torn = {
        (kind, stage.hours.version)
        for stage in play.stages
        if stage.is_torn
        for kind in play.day.kinds_of(stage.name)
    }
    found["spared"] = sum(
        1
        for one in reminders.values()
        if one.state == ReminderState.CANCELLED and (one.kind, one.version) in torn
    )
    due = {
        (kind, stage.hours.version): stage.hours.due()[stage.name]
        for stage in play.stages
        for kind in play.day.kinds_of(stage.name)
    }
    found["hour"] = sum(
        one.due_at != due[one.kind, one.version]
        for one in reminders.values()
        if (one.kind, one.version) in due
    )
    moves = sum(1 for what, _version in play.ended if what == "day")
    for people, notice in (
        (play.day.guests, "event_moved"),
        ([*play.day.members, *play.day.mentors], "demo_day_moved"),
    ):
        found["untold"] += sum(told[person.pk, notice] != moves for person in people)
    names = ("missing", "twice", "undue", "outdated", "read_outdated", "hour", "untold", "lost")
    rest = ("copies", "held", "letters", "torn", "spared")
    return {name: found[name] for name in (*names, *rest)}


def _compare(
    play: Play,
    written: dict[tuple[str, int, Any], list[OutboxMessage]],
    found: Counter[str],
) -> None:
    """Each person once at each instant that passed; in a torn batch at most once."""
    expected: dict[tuple[str, int, Any], bool] = {
        (kind, stage.hours.version, person.pk): stage.is_torn
        for stage in play.stages
        for kind, people in play.day.kinds_of(stage.name).items()
        for person in people
    }
    for key, is_torn in expected.items():
        count = len(written.get(key, ()))
        found["missing"] += count == 0 and not is_torn
        found["torn"] += count if is_torn else 0
    for key, letters in written.items():
        found["letters"] += len(letters)
        found["twice"] += len(letters) > 1
        found["undue"] += key not in expected
