"""Demo Day moved three times, three schedulers at once, over a change of the clocks.

    python3 dev.py bench demo_day [--seed 1] [--zone Europe/Stockholm] [--guests 300]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if every due
letter was written once and accepted once, none for a date that did not hold any more, all calendars
end at the right hour, and the control, which counts in 24 hours and forgets to look, fails.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

# Each letter at its hour: what nights do to them is `bench/reminders.py`'s.
os.environ |= {"QUIET_FROM": "00:00", "QUIET_UNTIL": "00:00"}
django.setup()

from django.conf import settings  # noqa: E402 -- needs the settings
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from bench._calendars import Known, entries_in, read_mail, take  # noqa: E402
from bench._clock import Clock  # noqa: E402
from bench._day import Day, DeckHours, Hours, invite, make_day, next_change  # noqa: E402
from bench._letters_due import count_letters  # noqa: E402
from bench._naive import Naive  # noqa: E402
from bench._people import make_ground  # noqa: E402
from bench._server import ROOT  # noqa: E402
from devtools.runs import die_with_parent, log_file  # noqa: E402
from portal.actions import calendar  # noqa: E402
from portal.choices import OutboxState, ReminderState  # noqa: E402
from portal.models import AuditEntry, ClockNow, OutboxMessage, Reminder  # noqa: E402
from startups.actions.demo_day import move_decks  # noqa: E402
from startups.models import DemoDay  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEDULERS = 3
SETTLE_SECONDS = 300.0
#: The day is moved when so much of a batch is written.
SHARE = 0.2
SAMPLE = 60


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


@dataclass
class Stage:
    """One instant at which letters are due."""

    hours: Hours
    name: str
    #: Whether the day was moved while they were written.
    is_torn: bool = False
    seconds: float = 0.0


@dataclass
class Play:
    """The days as they pass: each instant, and the moves in the middle of three of them."""

    day: Day
    clock: Clock
    naive: Naive
    dates: list[Hours]
    decks: list[DeckHours]
    #: By version: at which of its instants the day is moved to the next one.
    torn: dict[int, str]
    decks_torn: str
    stages: list[Stage] = field(default_factory=list)
    #: By version: until when it held, by the true clock and by the portal's.
    ended: dict[tuple[str, int], tuple[datetime, datetime]] = field(default_factory=dict)
    feeds: dict[Any, str] = field(default_factory=dict)
    known: dict[Any, Known] = field(default_factory=dict)
    wrong_feeds: int = 0
    read_feeds: int = 0
    waits: list[float] = field(default_factory=list)

    def run(self) -> None:
        """From the invitations to the day after."""
        hours, decks = self.dates.pop(0), self.decks.pop(0)
        self.look(hours, self.some_people())
        while True:
            now = self.clock.now()
            ahead = [
                (at, of, name) for of in (hours, decks) for name, at in of.due().items() if at > now
            ]
            if not ahead:
                return
            at, of, name = min(ahead, key=lambda one: one[0])
            self.clock.set(at)
            stage = Stage(of, name)
            self.stages.append(stage)
            begin = time.monotonic()
            moved = of is hours and self.torn.get(hours.version) == name
            if moved:
                hours = self.tear(stage, hours)
            elif of is decks and self.decks and name == self.decks_torn:
                decks = self.tear_decks(stage, decks)
            self.settle()
            stage.seconds = time.monotonic() - begin
            if moved:
                self.look(hours, self.some_people() if self.dates else self.day.everybody)
            say(
                f"  {at:%Y-%m-%d %H:%MZ}  {name:12s} version {of.version}"
                f" {'moved meanwhile' if stage.is_torn else '':15s} {stage.seconds:5.1f} s"
            )

    def some_people(self) -> list[Any]:
        """Sixty or so of all kinds, the same each time."""
        people = self.day.everybody
        return people[:: max(1, len(people) // SAMPLE)]

    def written(self, stage: Stage) -> int:
        """How many of a batch are written."""
        rows = Reminder.objects.filter(
            kind__in=self.day.kinds_of(stage.name),
            version=stage.hours.version,
            state=ReminderState.SENT,
        )
        return rows.count()

    def wait_for_some(self, stage: Stage) -> None:
        """Until the batch is begun and not done."""
        wanted = sum(len(people) for people in self.day.kinds_of(stage.name).values()) * SHARE
        end = time.monotonic() + SETTLE_SECONDS
        while self.written(stage) < wanted and time.monotonic() < end:
            time.sleep(0.01)

    def tear(self, stage: Stage, hours: Hours) -> Hours:
        """Move the day while three schedulers write of the old date."""
        stage.is_torn = True
        self.wait_for_some(stage)
        newer = self.dates.pop(0)
        begin = time.monotonic()
        self.day.move(newer)
        self.waits.append(time.monotonic() - begin)
        now = self.clock.now()
        entry = AuditEntry.objects.about(self.day.event).filter(verb="move").latest("id")
        self.ended["day", hours.version] = (entry.at, now)
        self.naive.plan(newer, [guest.pk for guest in self.day.guests], now)
        return newer

    def tear_decks(self, stage: Stage, decks: DeckHours) -> DeckHours:
        """Move the decks' deadline likewise."""
        stage.is_torn = True
        self.wait_for_some(stage)
        newer = self.decks.pop(0)
        move_decks(
            demo_day=DemoDay.objects.get(pk=self.day.demo_day.pk),
            due_at=newer.starts_at,
            reason="More time.",
            by=self.day.manager,
        )
        entry = AuditEntry.objects.about(self.day.demo_day).filter(verb="move-decks").latest("id")
        self.ended["decks", decks.version] = (entry.at, self.clock.now())
        return newer

    def settle(self) -> None:
        """Until nothing is due and no letter waits."""
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end:
            due = Reminder.objects.due().exists() or OutboxMessage.objects.due().exists()
            if not due:
                return
            time.sleep(0.05)
        say("  something is still due after five minutes")

    def look(self, hours: Hours, people: list[Any]) -> None:
        """Read feeds as calendar programs do, and compare with the date that holds."""
        client = Client()
        uid = f"event-{self.day.event.pk}"
        for person in people:
            if person.pk not in self.feeds:
                token = calendar.make_feed(user=person)
                self.feeds[person.pk] = reverse("calendar-feed", args=[token])
                self.known[person.pk] = Known()
            text = client.get(self.feeds[person.pk], headers={"host": "localhost"}).content.decode()
            known = self.known[person.pk]
            before = known.sequence
            for entry in entries_in(text):
                if entry["uid"].startswith(uid):
                    take(known, entry)
            self.read_feeds += 1
            self.wrong_feeds += not (known.is_at(hours) and known.sequence > before)


def schedulers(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Processes that sweep, each as beat and its worker do."""
    log = log_file("bench-demo-day-schedulers")
    log.write_bytes(b"")
    env = {**os.environ, "MAIL_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    for _number in range(SCHEDULERS):
        with log.open("ab") as target:
            yield subprocess.Popen(
                [sys.executable, "-m", "bench._scheduler"],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- before any thread
            )


def dates_around(zone: str, change: datetime) -> tuple[list[Hours], list[DeckHours]]:
    """Four dates and two deadlines; most are reminded of on the other side of the change."""

    def at(days: int, hour: int, minute: int = 0) -> datetime:
        day = change.replace(hour=hour, minute=minute, tzinfo=None)
        return day + timedelta(days=days)

    walls = [at(2, 14), at(10, 10), at(5, 16, 30), at(20, 9)]
    deck_walls = [at(1, 18), at(4, 18)]
    return (
        [Hours(number, wall, zone) for number, wall in enumerate(walls, start=1)],
        [DeckHours(number, wall, zone) for number, wall in enumerate(deck_walls, start=1)],
    )


def run(options: argparse.Namespace, folder: Path) -> int:
    """Set the stage, let the days pass, count."""
    rng = random.Random(options.seed)
    settings.DELIVER_WITHOUT_WORKER = False
    logging.getLogger("portal").setLevel(logging.ERROR)
    begin = time.monotonic()
    change = next_change(options.zone, datetime.now(tz=UTC) + timedelta(days=30))
    dates, decks = dates_around(options.zone, change)
    all_dates = list(dates)
    owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    clock = Clock(owner)
    clock.set(change - timedelta(days=20))
    say(f"  the clocks in {options.zone} change on {change:%d %B %Y}; it is {clock.now():%d %B}")
    counts = {"startups": options.startups, "mentors": options.mentors}
    day = make_day(make_ground(), dates[0], decks[0], rng, counts)
    invite(day, rng, options.guests)
    naive = Naive(owner, SCHEDULERS)
    naive.plan(dates[0], [guest.pk for guest in day.guests], clock.now())
    say(f"  {len(day.everybody)} people {time.monotonic() - begin:.1f} s")
    play = Play(
        day=day,
        clock=clock,
        naive=naive,
        dates=dates,
        decks=decks,
        torn={1: "7_days", 2: "7_days", 3: "1_day"},
        decks_torn="deck_3_days",
    )
    processes = list(schedulers(folder))
    try:
        play.settle()
        play.run()
    finally:
        for process in processes:
            process.kill()
            process.wait()
        naive.stop()
    last = all_dates[-1]
    mailed = read_mail(folder, f"event-{day.event.pk}")
    found = count_letters(play, mailed)
    found["feeds"] = play.wrong_feeds
    found["mailed"] = sum(not known.is_at(last) for known in mailed.calendars.values())
    found["late"] = mailed.late
    found["waiting"] = OutboxMessage.objects.filter(
        state=OutboxState.PENDING, available_at__lte=ClockNow()
    ).count()
    code = report(options, play, found, naive.judge(all_dates), len(mailed.calendars))
    clock.close()
    return code


MUST_BE_NONE = {
    "missing": "due and never written",
    "twice": "written twice",
    "undue": "written that were not due",
    "outdated": "written for a date that did not hold any more",
    "read_outdated": "handed over more than a second after their date had ceased to hold",
    "hour": "planned for another hour than the one on the wall",
    "untold": "moves somebody was not told of, or twice",
    "lost": "written and not accepted by the mail server",
    "copies": "accepted twice",
    "waiting": "still waiting at the end",
    "feeds": "feeds with another hour, name or number than the day's",
    "mailed": "calendars filled by mail that end at another hour",
    "late": "mailed entries with a lower number than the one before",
}


def report(
    options: argparse.Namespace,
    play: Play,
    found: dict[str, int],
    control: dict[str, int],
    by_mail: int,
) -> int:
    """Say what came out, the figures in the last line; 0 if every bar holds."""
    say("\nWhat must be 0:")
    for name, words in MUST_BE_NONE.items():
        say(f"  {found[name]:4d}  {words}")
    whole = [stage for stage in play.stages if not stage.is_torn]
    letters = sum(play.written(stage) for stage in whole)
    seconds = sum(stage.seconds for stage in whole)
    say(
        f"\n{found['letters']} reminders, {found['torn']} of them in batches in which the day was"
        f" moved ({found['spared']} were not written any more, {found['held']} were held back);"
        f" {play.read_feeds} feeds read, {by_mail} calendars filled by mail.\n"
        f"The control: {control['letters']} letters, {control['outdated']} for a date that did not"
        f" hold any more, {control['hour']} at another hour, {control['twice']} jobs done twice."
    )
    reasons = [f"{found[name]} {words}" for name, words in MUST_BE_NONE.items() if found[name]]
    if not found["spared"]:
        reasons.append("each batch was done before the day was moved, so nothing was raced")
    if not (control["outdated"] and control["hour"]):
        reasons.append("the control did not fail, so the bench proves nothing")
    moves = sum(1 for what, _version in play.ended if what == "day")
    if moves != 3:
        reasons.append(f"moved {moves} times")
    say(
        f"\ndemo_day seed {options.seed} {options.zone}: {len(play.day.everybody)} people,"
        f" {moves} moves (the slowest {max(play.waits):.2f} s), {found['letters']} reminders"
        f" | twice {found['twice']}, outdated {found['outdated']}, missing {found['missing']},"
        f" wrong hours {found['hour'] + found['feeds'] + found['mailed']}"
        f" | control outdated {control['outdated']}, wrong hours {control['hour']},"
        f" twice {control['twice']} of {control['letters']}"
        f" | {letters / seconds if seconds else 0:.0f} letters a second written and accepted |"
        f" {'FAILED: ' + '; '.join(reasons) if reasons else 'passed'}"
    )
    return 1 if reasons else 0


def main() -> int:
    """One run."""
    parser = argparse.ArgumentParser(prog="dev.py bench demo_day", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="who lives in which zone")
    parser.add_argument("--zone", default="Europe/Stockholm", help="where the day takes place")
    parser.add_argument("--guests", type=int, default=300)
    parser.add_argument("--startups", type=int, default=17)
    parser.add_argument("--mentors", type=int, default=20)
    options = parser.parse_args()
    if "BENCH_PG_CTL" not in os.environ:
        sys.exit("This sets its database's clock: run it as `python3 dev.py bench demo_day`.")
    say(f"Demo Day (seed {options.seed}, {SCHEDULERS} schedulers):")
    with tempfile.TemporaryDirectory(prefix="bench-demo-day-") as folder:
        return run(options, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
