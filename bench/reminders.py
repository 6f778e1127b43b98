"""Ten thousand drafts, a deadline moved three times, three schedulers at once, six zones.

    python3 dev.py bench reminders [--seed 1] [--drafts 10000] [--others 40]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if every due
letter was written and sent once, none for a deadline that did not hold any more, none after it,
none at night, each at the hour that the walls show; and if the control, which counts in 24 hours
and forgets to look, fails.
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
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

django.setup()

from django.conf import settings  # noqa: E402 -- needs the settings
from django.db import transaction  # noqa: E402

from bench._clock import Clock  # noqa: E402
from bench._naive import Naive  # noqa: E402
from bench._people import make_ground  # noqa: E402
from bench._reminders import (  # noqa: E402
    EVENING,
    MORNING,
    READERS,
    ZONES,
    Track,
    deadlines_around,
    is_night,
    make_track,
)
from bench._server import ROOT  # noqa: E402
from challenges import reminders  # noqa: E402
from challenges.actions.reminding import TEAM_LETTERS  # noqa: E402
from challenges.choices import ApplicationState  # noqa: E402
from challenges.models import Application  # noqa: E402
from devtools.runs import die_with_parent, log_file  # noqa: E402
from portal.choices import OutboxState, ReminderState  # noqa: E402
from portal.models import AuditEntry, OutboxMessage, Reminder, User  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEDULERS = 3
SETTLE_SECONDS = 900.0
#: The deadline is moved when so much of a batch is written.
SHARE = 0.15
#: After the first rung of the last deadline so many are done, and are left in peace.
SUBMITTED = 0.9
#: So many people of the first call are the control's.
CONTROLLED = 200
#: So many drafts are planned one by one, to compare.
ONE_BY_ONE = 100
#: Where readers of the other calls live, beside the call's own zone.
FAR = "America/Los_Angeles"
#: A letter that was being handed over at that moment is not called back.
IN_FLIGHT = timedelta(seconds=1)


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


@dataclass
class Stage:
    """One instant at which letters are due, with whom each should tell of which rung."""

    track: Track
    version: int
    told: dict[Any, str]
    is_torn: bool = False
    seconds: float = 0.0


@dataclass
class Play:
    """The days as they pass."""

    tracks: list[Track]
    clock: Clock
    naive: Naive
    stages: list[Stage] = field(default_factory=list)
    #: By call and version: until when it held, by the true clock and by the portal's.
    ended: dict[tuple[Any, int], tuple[datetime, datetime]] = field(default_factory=dict)
    moves: list[tuple[int, float]] = field(default_factory=list)
    #: By call: after which instant the next is looked for.
    since: dict[Any, datetime] = field(default_factory=dict)
    #: By call: the entries of its moves, in order.
    moved: dict[Any, list[AuditEntry]] = field(default_factory=lambda: defaultdict(list))
    #: By call: who is to be told of the last of them.
    everybody: dict[Any, set[Any]] = field(default_factory=dict)
    spared: int = 0

    def run(self) -> None:
        """From the first rung to the last deadline.

        The clock runs on meanwhile, and one instant may come a minute after the other: what is next
        is reckoned from the last one, or from the move, and never from what time it is by then.
        """
        begin = self.clock.now()
        self.since = {track.call.pk: begin for track in self.tracks}
        while True:
            ahead = [
                (at, track)
                for track in self.tracks
                for at, _rung in track.ahead(self.since[track.call.pk])[:1]
            ]
            if not ahead:
                return
            at, _track = min(ahead, key=lambda one: one[0])
            self.clock.set(at)
            for one in self.tracks:
                if any(when == at for when, _rung in one.ahead(at - timedelta(microseconds=1))):
                    self.since[one.call.pk] = at
                    self.act(one, at)

    def act(self, track: Track, at: datetime) -> None:
        """One instant of one call: its letters, and the move in the middle of a few."""
        deadline = track.deadline
        stage = Stage(track, deadline.version, track.told_at(at))
        self.stages.append(stage)
        begin = time.monotonic()
        if stage.told and track.torn.get(deadline.version) in set(stage.told.values()):
            self.tear(stage)
        self.settle()
        stage.seconds = time.monotonic() - begin
        say(
            f"  {at:%Y-%m-%d %H:%MZ}  {deadline.zone:20s} version {deadline.version}"
            f" {len(stage.told):6d} readers {'moved meanwhile' if stage.is_torn else '':15s}"
            f" {stage.seconds:6.1f} s"
        )
        if not stage.is_torn and "14_days" in stage.told.values():
            self.submit_some(track, stage)

    def tear(self, stage: Stage) -> None:
        """Move the deadline while three schedulers write of the old one."""
        stage.is_torn, track = True, stage.track
        rows = Reminder.objects.filter(
            subject_id__in=list(stage.told),
            version=stage.version,
            state=ReminderState.SENT,
        )
        wanted = len(stage.told) * SHARE
        end = time.monotonic() + 30
        while rows.count() < wanted and time.monotonic() < end:
            time.sleep(0.02)
        begin = time.monotonic()
        track.move()
        self.moves.append((len(track.teams), time.monotonic() - begin))
        now = self.since[track.call.pk] = self.clock.now()
        entry = AuditEntry.objects.about(track.call).filter(verb="move-deadline").latest("id")
        self.ended[track.call.pk, stage.version] = (entry.at, now)
        self.moved[track.call.pk].append(entry)
        if track is self.tracks[0]:
            if track.current < len(track.deadlines) - 1:
                # Of the big call only the last move is told: the first two cost minutes.
                Reminder.objects.about(track.call).filter(
                    kind=reminders.MOVED, version=entry.pk, state=ReminderState.PLANNED
                ).update(state=ReminderState.CANCELLED)
            people = [team.person for team in track.teams[:CONTROLLED]]
            self.naive.plan(track.deadline, people, now)  # type: ignore[arg-type]

    def submit_some(self, track: Track, stage: Stage) -> None:
        """Most are done: each drops its own reminders."""
        done = [team for team in track.teams if team.application in stage.told]
        done = done[: int(len(done) * SUBMITTED)]
        keys = {team.application for team in done}
        Application.objects.filter(pk__in=keys).update(state=ApplicationState.WITHDRAWN)
        for application in Application.objects.filter(pk__in=keys):
            reminders.drop(application)
        track.teams = [team for team in track.teams if team.application not in keys]

    def settle(self) -> None:
        """Until nothing is due and no letter waits."""
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end:
            if not (Reminder.objects.due().exists() or OutboxMessage.objects.due().exists()):
                return
            time.sleep(0.1)
        say("  something is still due")


def schedulers(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Processes that sweep, each as beat and its worker do."""
    log = log_file("bench-reminders-schedulers")
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


def one_by_one(track: Track) -> float:
    """Seconds to plan a draft as one would at first: its own statements for each."""
    keys = [team.application for team in track.teams[:ONE_BY_ONE]]
    applications = Application.objects.filter(pk__in=keys).select_related("call", "startup")
    begin = time.monotonic()
    with transaction.atomic():
        for application in applications:
            now = track.deadline.starts_at - timedelta(days=20)
            Reminder.objects.drop(application)
            rows = [
                (f"draft_{rung}", person, at)
                for person in application.startup.writers()
                for rung, at in reminders.instants(
                    application.ends, track.deadline.zone, person.time_zone, now
                ).items()
            ]
            Reminder.objects.plan(application, rows, version=99, now=now)
        transaction.set_rollback(True)
    return (time.monotonic() - begin) / len(keys)


def count_letters(play: Play) -> dict[str, int]:
    """What was written and sent against what the walls say, reader by reader."""
    rows = {
        str(row.pk): row
        for row in Reminder.objects.filter(subject_type=Application._meta.label_lower)
    }
    calls = dict(Application.objects.values_list("pk", "call"))
    zones = dict(User.objects.values_list("pk", "time_zone"))
    found: Counter[str] = Counter()
    written: dict[tuple[Any, int, str], int] = defaultdict(int)
    for letter in OutboxMessage.objects.filter(notice__in=TEAM_LETTERS).only(
        "dedup_key", "created_at", "sent_at", "state", "recipient_id"
    ):
        row = rows[letter.dedup_key.split(":")[1]]
        rung = row.kind.partition("_")[2]
        written[row.subject_id, row.version, rung] += 1
        found["letters"] += 1
        found["held"] += letter.state == OutboxState.HELD_BACK
        found["waiting"] += letter.state == OutboxState.PENDING
        deadlines = _deadlines_of(play, calls[row.subject_id])
        ends = deadlines[row.version - 1].starts_at
        found["late"] += bool(letter.sent_at) and letter.sent_at >= ends
        found["night"] += bool(letter.sent_at) and is_night(
            letter.sent_at, zones[letter.recipient_id]
        )
        if (ended := play.ended.get((calls[row.subject_id], row.version))) is not None:
            really, shown = ended
            found["outdated"] += letter.created_at > really
            found["read_outdated"] += bool(letter.sent_at) and letter.sent_at > shown + IN_FLIGHT
    for row in rows.values():
        deadline = _deadlines_of(play, calls[row.subject_id])[row.version - 1]
        rung = row.kind.partition("_")[2]
        found["hour"] += row.due_at != deadline.due(rung, zones[row.recipient_id])
    expected: dict[tuple[Any, int, str], bool] = {}
    for stage in play.stages:
        for application, rung in stage.told.items():
            key = (application, stage.version, rung)
            expected[key] = expected.get(key, False) or stage.is_torn
    for key, is_torn in expected.items():
        found["missing"] += written.get(key, 0) == 0 and not is_torn
        found["spared"] += written.get(key, 0) == 0 and is_torn
    for key, count in written.items():
        found["twice"] += count > 1
        found["undue"] += key not in expected
    found.update(count_moves(play))
    return found


def count_moves(play: Play) -> Counter[str]:
    """What was told of the moves themselves: the last one once to everybody, none overtaken."""
    found: Counter[str] = Counter()
    for call, entries in play.moved.items():
        told: Counter[Any] = Counter()
        for number, entry in enumerate(entries):
            letters = OutboxMessage.objects.filter(
                notice=reminders.MOVED, dedup_key__startswith=f"{reminders.MOVED}:{entry.pk}:"
            )
            if number == len(entries) - 1:
                told.update(letters.values_list("recipient", flat=True))
                found["waiting"] += letters.exclude(state=OutboxState.SENT).count()
            else:
                found["outdated"] += letters.filter(created_at__gt=entries[number + 1].at).count()
        found["told"] += sum(told.values())
        found["untold"] += len(play.everybody[call] ^ set(told))
        found["told_twice"] += sum(count > 1 for count in told.values())
    return found


def _deadlines_of(play: Play, call: Any) -> list[Any]:
    return next(track.deadlines for track in play.tracks if track.call.pk == call)


MUST_BE_NONE = {
    "missing": "due and never written",
    "twice": "written twice",
    "undue": "written that were not due",
    "untold": "not told of the last move, or told without being concerned",
    "told_twice": "told twice of the last move",
    "outdated": "written for a deadline that did not hold any more",
    "read_outdated": "handed over more than a second after their deadline had ceased to hold",
    "late": "handed over after their deadline",
    "night": "handed over in their reader's night",
    "hour": "planned for another hour than the one on the walls",
    "waiting": "still waiting at the end",
}


def report(
    options: argparse.Namespace, play: Play, control: dict[str, int], each: float, plan: float
) -> int:
    """Say what came out, the figures in the last line; 0 if every bar holds."""
    found = count_letters(play)
    say("\nWhat must be 0:")
    for name, words in MUST_BE_NONE.items():
        say(f"  {found[name]:6d}  {words}")
    size, slowest = max(play.moves, key=lambda one: one[1])
    whole = [stage for stage in play.stages if not stage.is_torn and len(stage.told) > SCHEDULERS]
    letters = sum(len(stage.told) for stage in whole)
    seconds = sum(stage.seconds for stage in whole)
    ratio = each * size / slowest
    say(
        f"\n{found['letters']} letters; where the deadline was moved meanwhile {found['spared']}"
        f" were not written any more and {found['held']} were held back.\n"
        f"{found['told']} letters told of a last move.\n"
        f"The slowest move: {slowest:.1f} s for {size} drafts and a row for a letter to each;"
        f" planned one by one the drafts alone would have taken {each * size:.0f} s, {ratio:.1f}"
        " times as long."
        f" Planning all anew when nothing changed: {plan:.2f} s.\n"
        f"The control: {control['letters']} letters, {control['outdated']} for a deadline that"
        f" did not hold any more, {control['hour']} at another hour, {control['twice']} jobs"
        " done twice."
    )
    reasons = [f"{found[name]} {words}" for name, words in MUST_BE_NONE.items() if found[name]]
    if not found["spared"]:
        reasons.append("each batch was done before the deadline was moved, so nothing was raced")
    if not (control["outdated"] and control["hour"]):
        reasons.append("the control did not fail, so the bench proves nothing")
    if len(play.moves) != 3 * len(play.tracks):
        reasons.append(f"moved {len(play.moves)} times")
    say(
        f"\nreminders seed {options.seed}: {options.drafts} drafts and {options.others} in each of"
        f" {len(ZONES) - 1} other zones, {len(play.moves)} moves (the slowest {slowest:.1f} s,"
        f" 1/{ratio:.0f} of one by one), {found['letters']} letters"
        f" | missing {found['missing']}, twice {found['twice']}, outdated"
        f" {found['outdated'] + found['read_outdated']}, late {found['late']}, untold of a move"
        f" {found['untold'] + found['told_twice']}, at night {found['night']}, wrong hours"
        f" {found['hour']}"
        f" | control outdated {control['outdated']}, wrong hours {control['hour']}"
        f" | {letters / seconds if seconds else 0:.0f} letters a second written and sent |"
        f" {'FAILED: ' + '; '.join(reasons) if reasons else 'passed'}"
    )
    return 1 if reasons else 0


def run(options: argparse.Namespace, folder: Path) -> int:
    """Set the stage, let the days pass, count."""
    rng = random.Random(options.seed)
    settings.DELIVER_WITHOUT_WORKER = False
    settings.QUIET_FROM, settings.QUIET_UNTIL = EVENING, MORNING
    logging.getLogger("portal").setLevel(logging.ERROR)
    begin = time.monotonic()
    owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    clock = Clock(owner)
    after = clock.now() + timedelta(days=30)
    first = min(deadlines_around(zone, after)[0].starts_at for zone in ZONES)
    clock.set(first - timedelta(days=22))
    programme = make_ground()
    sizes = [options.drafts, *[options.others] * (len(ZONES) - 1)]
    tracks = [
        make_track(programme, zone, size, rng, after, READERS if zone == ZONES[0] else (zone, FAR))
        for zone, size in zip(ZONES, sizes, strict=True)
    ]
    naive = Naive(owner, SCHEDULERS)
    controlled = [team.person for team in tracks[0].teams[:CONTROLLED]]
    naive.plan(tracks[0].deadline, controlled, clock.now())  # type: ignore[arg-type]
    each, again = one_by_one(tracks[0]), time.monotonic()
    with transaction.atomic():
        reminders.plan_anew(tracks[0].call, now=clock.now())
    plan = time.monotonic() - again
    say(f"  {sum(sizes)} drafts, readers in {len(READERS)} zones {time.monotonic() - begin:.1f} s")
    play = Play(tracks, clock, naive)
    play.everybody = {one.call.pk: {team.person for team in one.teams} for one in tracks}
    deadlines = list(tracks[0].deadlines)
    processes = list(schedulers(folder))
    try:
        play.settle()
        play.run()
    finally:
        for process in processes:
            process.kill()
            process.wait()
        naive.stop()
    code = report(options, play, naive.judge(deadlines), each, plan)  # type: ignore[arg-type]
    clock.close()
    return code


def main() -> int:
    """One run."""
    parser = argparse.ArgumentParser(prog="dev.py bench reminders", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="who lives in which zone")
    parser.add_argument("--drafts", type=int, default=10_000, help="of the first call")
    parser.add_argument("--others", type=int, default=40, help="of each of the other calls")
    options = parser.parse_args()
    if "BENCH_PG_CTL" not in os.environ:
        sys.exit("This sets its database's clock: run it as `python3 dev.py bench reminders`.")
    say(f"Reminders (seed {options.seed}, {SCHEDULERS} schedulers):")
    with tempfile.TemporaryDirectory(prefix="bench-reminders-") as folder:
        return run(options, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
