"""A thousand notices while workers are killed, the broker is emptied and killed, PostgreSQL falls.

    python3 dev.py bench notices [--seed 1] [--startups 750]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if no letter
was lost, none was accepted under two Message-IDs, codes overtook ten thousand reminders, and the
control, whose letters are in the broker alone, lost some.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import django

django.setup()

from django.conf import settings  # noqa: E402 -- needs the settings
from django.db import connection  # noqa: E402

from bench._letters import (  # noqa: E402
    Box,
    Expected,
    Writer,
    codes_behind_reminders,
    count_letters,
    settle,
)
from bench._people import make_applicants, make_call, make_ground  # noqa: E402
from bench._storm import Crew, Storm  # noqa: E402
from devtools.runs import log_file  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

STORM_SECONDS = 75.0
#: The pauses between attempts are this much shorter than the portal's own.
FASTER = 10
SETTLE_SECONDS = 240.0
CODES, REMINDERS, CODE_SECONDS = 20, 10_000, 10.0
LEAST = {"kills": 15, "flushes": 3, "broker": 2, "postgres": 3}


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def environment(port: int) -> Mapping[str, str]:
    """What the workers are told: this mail server, shorter pauses, nothing caught in a folder."""
    return {
        **os.environ,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "MAIL_DIR": "",
        "BENCH_FASTER": str(FASTER),
    }


def run(options: argparse.Namespace, folder: Path) -> int:
    """Write, storm, settle, count; then the codes."""
    rng = random.Random(options.seed)
    # Delivery beside the web would hide what the killed workers left behind.
    settings.DELIVER_WITHOUT_WORKER = False
    logging.getLogger("portal.outbox").setLevel(logging.ERROR)  # a hundred times "no worker"
    begin = time.monotonic()
    programme = make_ground()
    call = make_call(programme, "notices")
    applicants = make_applicants(call, options.startups, rng)
    say(f"  {len(applicants)} complete drafts {time.monotonic() - begin:.1f} s")
    with Box(folder / "accepted.sqlite", seed=options.seed) as box:
        crew = Crew(environment(box.port), log_file("bench-notices-workers"))
        with crew:
            writer = Writer(applicants, STORM_SECONDS)
            storm = Storm(crew, random.Random(rng.random()), writer.progress)
            storm.start()
            begin = time.monotonic()
            writer.run()
            storm.join()
            connection.close()  # PostgreSQL fell over under it
            say(
                f"  written in {writer.seconds:.1f} s, {writer.repeated} commits repeated;"
                f" the storm {time.monotonic() - begin:.1f} s"
            )
            expected = Expected.of(writer.done)
            seconds = settle(box, expected, SETTLE_SECONDS)
            found = count_letters(box, expected, writer.control_sent)
            say(f"  settled {seconds:.1f} s after the storm")
            waits, left = codes_behind_reminders(
                box, codes=CODES, reminders=REMINDERS, programme=programme
            )
    return report(options, storm, found, waits, left)


def report(
    options: argparse.Namespace,
    storm: Storm,
    found: dict[str, int],
    waits: list[float],
    left: int,
) -> int:
    """Say what came out, the figures in the last line; 0 if every bar holds."""
    slowest = max(waits, default=float("inf"))
    say(
        f"\nWhat must be 0:\n"
        f"  {found['unwritten']:4d}  submitted and without their inbox notice\n"
        f"  {found['lost']:4d}  lost: written and never accepted by the mail server\n"
        f"  {found['claimed']:4d}  marked as sent and never accepted\n"
        f"  {found['twice']:4d}  accepted under two Message-IDs\n"
        f"\nThe mail server answered “later” {found['temporary']} times, lost {found['answers']}"
        f" answers after accepting, and absorbed {found['repeats']} repeats by their Message-ID:"
        f" without that (plain SMTP has nothing of the kind) {found['doubled']} people would have"
        f" read their letter twice."
        f"\nThe control, with its letters in the broker alone, lost {found['control_lost']} of"
        f" {found['control']}."
        f"\nCodes behind {REMINDERS} reminders: {len(waits)} of {CODES} left, the slowest after"
        f" {slowest:.1f} s, with {left} reminders still waiting at the end."
    )
    reasons = [
        f"{found[name]} {words}"
        for name, words in (
            ("unwritten", "without an inbox notice"),
            ("lost", "lost"),
            ("claimed", "only claimed to be sent"),
            ("twice", "twice"),
        )
        if found[name]
    ]
    happened = {name: getattr(storm, name) for name in LEAST}
    reasons += [f"only {happened[name]} {name}" for name in LEAST if happened[name] < LEAST[name]]
    if not found["repeats"] or not found["temporary"]:
        reasons.append("the mail server had no faults, so nothing was proved")
    if not found["control_lost"]:
        reasons.append("the control lost none, so the bench proves nothing")
    if len(waits) < CODES or slowest > CODE_SECONDS:
        reasons.append(f"a code took {slowest:.1f} s")
    if not left:
        reasons.append("the reminders were gone before the last code, so it overtook nothing")
    say(
        f"\nnotices seed {options.seed}: {found['expected']} notices, {storm.kills} kills,"
        f" {storm.flushes} flushes, {storm.broker} broker stops, {storm.postgres} PostgreSQL"
        f" restarts | lost {found['lost']}, twice {found['twice']}, repeats absorbed"
        f" {found['repeats']} | control lost {found['control_lost']} of {found['control']} |"
        f" codes max {slowest:.1f} s |"
        f" {'FAILED: ' + '; '.join(reasons) if reasons else 'passed'}"
    )
    return 1 if reasons else 0


def main() -> int:
    """One run."""
    parser = argparse.ArgumentParser(prog="dev.py bench notices", description=__doc__)
    parser.add_argument("--startups", type=int, default=750, help="who submit (750: 1,000 letters)")
    parser.add_argument("--seed", type=int, default=1, help="decides what falls over when")
    options = parser.parse_args()
    if "BENCH_PG_CTL" not in os.environ:
        sys.exit("This kills and restarts services: run it as `python3 dev.py bench notices`.")
    say(f"Notices (seed {options.seed}; pauses between attempts are {FASTER} times shorter):")
    with tempfile.TemporaryDirectory(prefix="bench-notices-") as folder:
        return run(options, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
