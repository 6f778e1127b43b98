"""A thousand submissions decided within 50 ms of their deadline, many of them behind a row lock.

    python3 dev.py bench deadline [--trials 1000] [--seed 1]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if no decision
was wrong and both naive ways of deciding, run beside it, took late ones.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter, deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import django

django.setup()

import time_machine  # noqa: E402 -- needs the settings
from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from bench._late import Locker, Naive, sleep_until  # noqa: E402
from bench._people import make_applicants, make_call, make_ground  # noqa: E402
from bench._trial import NEAR, Trial, margin_of  # noqa: E402
from challenges.actions.application import submit_application  # noqa: E402
from challenges.actions.extension import grant_extension  # noqa: E402
from challenges.models import Application, Call  # noqa: E402
from challenges.workflow.application import application_workflow, while_open  # noqa: E402
from portal import clock  # noqa: E402
from portal.choices import Role  # noqa: E402
from portal.models import ProgrammeStaff, User  # noqa: E402
from portal.workflow import StepRefused  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from portal.workflow import Step

#: Aimed at a little nearer, since nobody hits a millisecond on a shared machine.
AIM = 0.035
BLOCKED_SHARE, EXTENDED_SHARE = 0.4, 0.4
HALF = 0.5
#: Each process believes another day; each of its threads has calls of its own.
WEB_CLOCKS = (timedelta(days=1), timedelta(days=-1))
THREADS = 2
#: So many tries for each trial that is to count, where the machine is busy with other things.
TRIES = 8
NAIVE_TRIALS = 150
#: A submission that is to wait for a lock starts so long before it is let go.
EARLY = 0.15

_deciding = threading.local()


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def noting_the_instant(step: Step[Application]) -> Any:
    """The portal's own guard; the instant it decides by is kept for the comparison."""
    _deciding.at = step.at
    return while_open(step)


def lately(seconds: list[float]) -> float:
    """The median of the last few."""
    return statistics.median(seconds[-9:])


def listen_in() -> None:
    """Keep the instant of each decision; nothing about deciding is another."""
    steps = application_workflow.transitions
    steps["submit"] = replace(
        steps["submit"],
        guards=tuple(
            noting_the_instant if guard is while_open else guard for guard in steps["submit"].guards
        ),
    )


class Worker:
    """One thread: submits draft after draft, each at its own last moment."""

    def __init__(self, options: argparse.Namespace, number: int, stage: dict[str, Any]) -> None:
        self.rng = random.Random(f"{options.seed}/{number}")
        self.open = Call.objects.get(pk=stage["open"])
        self.closed = Call.objects.get(pk=stage["closed"])
        self.manager = User.objects.get(pk=stage["manager"])
        self.drafts = {
            False: deque(stage["drafts_open"]),
            True: deque(stage["drafts_closed"]),
        }
        self.wanted, self.most = options.each, options.each * TRIES
        self.locker = Locker(os.environ["DATABASE_OWNER_URL"])
        self.leads, self.grants = [0.06], [0.15]
        #: From letting go of a lock to the deciding statement, and from that to the stamp.
        self.lags, self.gaps = [0.01], [0.02]
        self.trials: list[Trial] = []
        self.aside = 0

    @property
    def lead(self) -> float:
        """How long it takes here and now from asking to the deciding statement."""
        return lately(self.leads)

    def run(self) -> None:
        """Until enough were near enough."""
        try:
            near, tries = 0, 0
            while near < self.wanted and tries < self.most:
                tries += 1
                trial = self.try_one()
                if trial is None:
                    self.aside += 1
                    continue
                self.trials.append(trial)
                near += trial.is_near
        finally:
            self.locker.close()
            connections.close_all()

    def try_one(self) -> Trial | None:
        """One draft; ``None`` where there was no time left to aim."""
        is_extended = self.rng.random() < EXTENDED_SHARE
        draft = self.drafts[is_extended].popleft()
        trial = self.aim(draft, is_extended=is_extended)
        if trial is None or trial.answer:
            self.drafts[is_extended].append(draft)  # still a draft, so it may try again
        return trial

    def aim(self, draft: UUID, *, is_extended: bool) -> Trial | None:
        """One draft at its deadline; ``None`` where there was no time left."""
        is_blocked = self.rng.random() < BLOCKED_SHARE
        try:
            deadline = self.set_deadline(draft, is_extended=is_extended)
        except StepRefused:
            return None  # granting took longer than the time it gave
        application = Application.objects.select_related("call__programme").get(pk=draft)
        by = User.objects.get(pk=application.started_by_id)
        # So that as many are stamped just before it as are refused just after it.
        offset = self.rng.uniform(-AIM - lately(self.gaps), AIM)
        aim = deadline + timedelta(seconds=offset)
        start = aim - timedelta(seconds=self.lead)
        release = aim - timedelta(seconds=lately(self.lags))
        if is_blocked:
            start -= timedelta(seconds=EARLY)
            table, key = self.rng.choice(
                [
                    ("challenges_application", draft),
                    ("challenges_call", application.call_id),
                ]
            )
            change = self.rng.random() < HALF
            if not self.locker.hold(table, key, until=release, change=change):
                return None
        if clock.database_now() >= start:
            self.locker.wait()
            return None
        sleep_until(start)
        trial = self.submit(application, by, deadline)
        trial.is_blocked, trial.is_extended = is_blocked, is_extended
        self.locker.wait()
        self.learn(trial, release)
        return trial

    def learn(self, trial: Trial, release: datetime) -> None:
        """How long things take here and now, to aim better."""
        if trial.at is None:
            return
        if trial.is_blocked:
            self.lags.append((trial.at - release).total_seconds())
        else:
            self.leads.append((trial.at - trial.began).total_seconds())
        if trial.row.submitted_at is not None:
            self.gaps.append((trial.row.submitted_at - trial.at).total_seconds())
        elif trial.at < trial.deadline:  # it was too late at the stamp: that takes longer
            self.gaps.append((trial.ended - trial.at).total_seconds())

    def set_deadline(self, draft: UUID, *, is_extended: bool) -> datetime:
        """The call's, moved there; or the team's own, granted as staff do it."""
        ahead = self.lead + EARLY + 0.1 + (2 * lately(self.grants) if is_extended else 0)
        begin = clock.database_now()
        deadline = begin + timedelta(seconds=ahead)
        if not is_extended:
            Call.objects.filter(pk=self.open.pk).update(closes_at=deadline, accepts_until=deadline)
            return deadline
        extension = grant_extension(
            call=self.closed,
            applications=[draft],
            until=deadline,
            reason="A power cut.",
            by=self.manager,
        )
        self.grants.append((clock.database_now() - begin).total_seconds())
        return extension.until

    def submit(self, application: Application, by: User, deadline: datetime) -> Trial:
        """As a request does it, and what became of it."""
        _deciding.at, answer = None, ""
        began = clock.database_now()
        try:
            submit_application(
                application=application,
                key=uuid.UUID(int=self.rng.getrandbits(128), version=4),
                terms_version=application.call.terms_version,
                by=by,
            )
        except StepRefused as refusal:
            answer = str(refusal)
        ended = clock.database_now()
        row = Application.objects.get(pk=application.pk)
        return Trial(deadline, False, False, began, ended, _deciding.at, answer, row)  # noqa: FBT003


def work(options: argparse.Namespace) -> None:
    """One process with its own idea of the time; its figures in one line."""
    stages = json.loads(sys.stdin.read())
    settings.DELIVER_WITHOUT_WORKER = False  # letters wait; this is about decisions
    logging.disable(logging.WARNING)
    listen_in()
    web_clock = datetime.now(UTC) + WEB_CLOCKS[options.process]
    with time_machine.travel(web_clock, tick=True):
        workers = [
            Worker(options, options.process * THREADS + number, stage)
            for number, stage in enumerate(stages)
        ]
        threads = [threading.Thread(target=worker.run) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        off = (datetime.now(UTC) - clock.database_now()).total_seconds()
    trials = [trial for worker in workers for trial in worker.trials]
    near = [trial for trial in trials if trial.is_near]
    after = [margin for trial in near if trial.answer and (margin := margin_of(trial)) >= 0]
    before = [
        (trial.deadline - trial.row.submitted_at).total_seconds() * 1_000
        for trial in near
        if trial.row.submitted_at
    ]
    say(
        json.dumps(
            {
                "trials": len(trials),
                "aside": sum(worker.aside for worker in workers),
                "near": len(near),
                "accepted": sum(1 for trial in near if not trial.answer),
                "refused": sum(1 for trial in near if trial.answer),
                "blocked": sum(trial.is_blocked for trial in near),
                "extended": sum(trial.is_extended for trial in near),
                "both": sum(trial.is_extended and trial.is_blocked for trial in near),
                "by_the_wall": sum(
                    1 for trial in trials if trial.answer and trial.at and margin_of(trial) < 0
                ),
                "last_accepted": min(before, default=None),
                "first_refused": min(after, default=None),
                "off_hours": off / clock.HOUR,
                "wrong": [wrong for trial in trials if (wrong := trial.wrong())],
            }
        )
    )


def make_stages(options: argparse.Namespace) -> Iterator[list[dict[str, Any]]]:
    """For each process and thread a call that closes again and again, and one that is closed."""
    programme, rng = make_ground(), random.Random(options.seed)
    manager = User.objects.create_user("manager@example.org", given_name="Manager")
    ProgrammeStaff.objects.create(user=manager, programme=programme, role=Role.MANAGER)
    for process in range(len(WEB_CLOCKS)):
        stages = []
        for number in range(THREADS):
            name = f"{process}-{number}"
            is_open, closed = make_call(programme, f"open-{name}"), make_call(programme, name)
            past = clock.database_now() - timedelta(hours=1)
            drafts = {
                call.pk: [str(one.application) for one in make_applicants(call, size, rng)]
                for call, size in (
                    (is_open, int(options.each * 0.8) + 9),
                    (closed, int(options.each * 0.6) + 9),
                )
            }
            Call.objects.filter(pk=closed.pk).update(closes_at=past, accepts_until=past)
            stages.append(
                {
                    "open": str(is_open.pk),
                    "closed": str(closed.pk),
                    "manager": str(manager.pk),
                    "drafts_open": drafts[is_open.pk],
                    "drafts_closed": drafts[closed.pk],
                }
            )
        yield stages


def run_processes(options: argparse.Namespace) -> list[dict[str, Any]]:
    """All at once; their figures."""
    words = ["--seed", str(options.seed), "--each", str(options.each)]
    running = []
    for number, stages in enumerate(make_stages(options)):
        process = subprocess.Popen(
            [sys.executable, __file__, *words, "--process", str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append((process, json.dumps(stages)))
    found: list[dict[str, Any]] = [{} for _one in running]

    def talk(number: int) -> None:
        process, stages = running[number]
        out, _none = process.communicate(stages)
        if process.returncode:
            found[number] = {"broken": process.returncode}
        else:
            found[number] = json.loads(out.strip().splitlines()[-1])

    threads = [threading.Thread(target=talk, args=[number]) for number in range(len(running))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def report(
    options: argparse.Namespace, found: list[dict[str, Any]], naive: Naive, seconds: float
) -> int:
    """Say what came out, the figures in the last line; 0 if every bar holds."""
    total = Counter[str]()
    for one in found:
        total.update({name: count for name, count in one.items() if isinstance(count, int)})
    wrong = [sentence for one in found for sentence in one.get("wrong", [])]
    margins = {
        name: min((one[name] for one in found if one.get(name) is not None), default=float("nan"))
        for name in ("last_accepted", "first_refused")
    }
    clocks = ", ".join(f"{one.get('off_hours', 0):+.1f} h" for one in found)
    say(
        f"\n{total['trials']} submissions, {total['near']} of them decided within"
        f" {NEAR.total_seconds() * 1_000:.0f} ms of the deadline ({total['aside']} more began too"
        f" late to aim); web clocks wrong by {clocks}."
        f"\nOf the near ones {total['accepted']} accepted, {total['refused']} refused;"
        f" {total['blocked']} behind a row lock, {total['extended']} under an own extension,"
        f" {total['both']} both. The last accepted was {margins['last_accepted']:.3f} ms before,"
        f" the first refused {margins['first_refused']:.3f} ms after;"
        f" {total['by_the_wall']} were stopped by the database's own wall."
        f"\nNaive, of {naive.trials} each: now() took {naive.late_by_now} late; one conditional"
        f" UPDATE took {naive.late_by_update} late, {naive.stamped_early} of them stamped before"
        " the deadline."
    )
    for sentence in wrong[:5]:
        say(f"  {sentence}")
    reasons = [f"{len(wrong)} wrong decisions"] if wrong else []
    if any("broken" in one for one in found):
        reasons.append("a process broke")
    if total["near"] < options.trials:
        reasons.append(f"only {total['near']} of {options.trials} were near enough")
    if total["blocked"] < total["near"] * 0.28:
        reasons.append(f"only {total['blocked']} were behind a lock")
    if not (total["accepted"] and total["refused"] and total["both"]):
        reasons.append("not every kind of decision occurred")
    if not naive.late_by_now or not naive.late_by_update:
        reasons.append("a naive way took none late, so the bench proves nothing")
    say(
        f"\ndeadline seed {options.seed}: {total['near']} decisions within ±50 ms, {seconds:.0f} s,"
        f" {total['blocked']} behind a lock, {total['extended']} under extensions |"
        f" wrong {len(wrong)} | naive: now() {naive.late_by_now}, one UPDATE {naive.late_by_update}"
        f" of {naive.trials} late | {'FAILED: ' + '; '.join(reasons) if reasons else 'passed'}"
    )
    return 1 if reasons else 0


def main() -> int:
    """The portal in two processes with wrong clocks, and beside it what must fail."""
    parser = argparse.ArgumentParser(prog="dev.py bench deadline", description=__doc__)
    parser.add_argument("--trials", type=int, default=1_000, help="how many must be near (1000)")
    parser.add_argument("--seed", type=int, default=1, help="decides offsets, locks and kinds")
    parser.add_argument("--each", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--process", type=int, default=-1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.each = options.each or -(-options.trials // (len(WEB_CLOCKS) * THREADS))
    if options.process >= 0:
        work(options)
        return 0
    if User.objects.exists():
        sys.exit("This needs an empty database: run it as `python3 dev.py bench deadline`.")
    begin = time.monotonic()
    naive = Naive(os.environ["DATABASE_OWNER_URL"], NAIVE_TRIALS, random.Random(options.seed))
    beside = threading.Thread(target=naive.run)
    beside.start()
    found = run_processes(options)
    beside.join()
    return report(options, found, naive, time.monotonic() - begin)


if __name__ == "__main__":
    sys.exit(main())
