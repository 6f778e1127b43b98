"""The last seconds before a deadline: hundreds submit, workers are killed, PostgreSQL falls over.

    python3 dev.py bench rush [--startups 500] [--seed 1]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if the portal
kept every promise and the control, which decides by the web server's clock, took late ones.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import django

django.setup()

from bench import _checks as checks  # noqa: E402 -- needs the settings
from bench._checks import percentile  # noqa: E402
from bench._clients import Browser, Click, double, open_pages, press_all  # noqa: E402
from bench._control import environment, make_control, with_database  # noqa: E402
from bench._people import Applicant, make_applicants, make_call, make_ground  # noqa: E402
from bench._server import Chaos, Server  # noqa: E402
from challenges.models import Call  # noqa: E402
from devtools.runs import log_file  # noqa: E402
from portal import clock  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from portal.models import Programme

#: Seconds before and after the deadline in which buttons are pressed.
BEFORE, AFTER = 10.0, 4.0
LATE_SHARE = 0.12
TWICE_SHARE = 0.1
LEAST_KILLS, LEAST_RESTARTS = 10, 2
#: The control's web server is this many seconds behind.
BEHIND = 5.0
CALM_SUBMITS, CALM_PAGES = 40, 160
PROMISES = {
    "lost": "lost after acknowledgement",
    "late": "late by the database's clock",
    "twice": "twice",
    "differ": "receipts that differ",
    "untold": "without their letters",
    "contradicted": "refused and yet received",
    "unsaid": "refused without the sentence",
    "unanswered": "never answered",
    "wrong": "answered wrongly",
    "errors": "answered 500",
}


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def offsets_of(count: int, rng: random.Random) -> list[float]:
    """When each presses: the nearer the deadline the more, and some clearly after it."""
    late = round(count * LATE_SHARE)
    early = [rng.triangular(-BEFORE, -0.05, -BEFORE / 4) for _one in range(count - late)]
    return early + [rng.uniform(0.05, AFTER) for _one in range(late)]


def measure_calm(server: Server, programme: Programme, rng: random.Random) -> dict[str, float]:
    """One submission and one one-query page, each by itself: time, and CPU of web and database."""
    call = make_call(programme, "calm")
    applicants = make_applicants(call, CALM_SUBMITS + 4, rng)
    clicks = open_pages(server.port, applicants, [0.0] * len(applicants))
    reader = Browser(server.port, {})

    def submit(click: Click) -> None:
        page = click.browser.post(click.applicant.check_url, click.form)
        if page.location != click.applicant.receipt_url:
            sys.exit(f"A submission in peace and quiet was answered {page.status}: {page.text}")

    def measure(work: Any, number: int) -> tuple[float, float]:
        before, seconds = server.cpu_seconds(), []
        for index in range(number):
            begin = time.monotonic()
            work(index)
            seconds.append(time.monotonic() - begin)
        return percentile(seconds, 0.5), 1_000 * (server.cpu_seconds() - before) / number

    for click in clicks[CALM_SUBMITS:]:  # the first of everything is slow
        submit(click)
        reader.get("/privacy/")
    submit_ms, submit_cpu = measure(lambda index: submit(clicks[index]), CALM_SUBMITS)
    page_ms, page_cpu = measure(lambda _index: reader.get("/privacy/"), CALM_PAGES)
    return {
        "submit_ms": submit_ms,
        "submit_cpu": submit_cpu,
        "page_ms": page_ms,
        "page_cpu": page_cpu,
        "x": submit_cpu / page_cpu if page_cpu else 0.0,
    }


def set_deadline(call: Call) -> tuple[datetime, float]:
    """Let the call close soon; the instant by the database's clock and by this process's own."""
    now, here = clock.database_now(), time.monotonic()
    deadline = now + timedelta(seconds=BEFORE + 1)
    Call.objects.filter(pk=call.pk).update(closes_at=deadline, accepts_until=deadline)
    return deadline, here + BEFORE + 1


def rush(
    server: Server, call: Call, applicants: Sequence[Applicant], rng: random.Random
) -> tuple[list[Click], datetime, Chaos]:
    """All of them at once, while things fall over."""
    begin = time.monotonic()
    clicks = open_pages(server.port, applicants, offsets_of(len(applicants), rng))
    clicks = double(clicks, TWICE_SHARE, rng)
    say(f"  {len(applicants)} loaded the page {time.monotonic() - begin:.1f} s")
    deadline, here = set_deadline(call)
    chaos = Chaos(server, random.Random(rng.random()), begin=-BEFORE, end=AFTER)
    chaos.start(here)
    press_all(clicks, here, lambda: random.Random(rng.random()))
    chaos.join()
    return clicks, deadline, chaos


def describe(clicks: Sequence[Click], chaos: Chaos) -> dict[str, Any]:
    """The figures of a rush that are no promises."""
    outcomes = Counter(click.outcome for click in clicks if not click.is_second)
    answered = [click.answer_seconds for click in clicks if click.answer_seconds]
    received = [click for click in clicks if click.outcome == "received"]
    last = max((click.offset + click.all_seconds for click in received), default=0.0)
    first = min((click.offset for click in clicks), default=0.0)
    return {
        "received": outcomes["received"],
        "refused": outcomes["refused"],
        "waited": sum(
            1
            for click in clicks
            if click.outcome == "refused" and click.offset < 0 and not click.is_second
        ),
        "twice_clicked": sum(click.is_second for click in clicks),
        "repeated": sum(1 for click in clicks if click.answers.total() > 1),
        "answers": dict(sum((click.answers for click in clicks), Counter())),
        "kills": chaos.kills,
        "restarts": chaos.restarts,
        "p50": percentile(answered, 0.5),
        "p95": percentile(answered, 0.95),
        "p99": percentile(answered, 0.99),
        "whole_p99": percentile([click.all_seconds for click in clicks], 0.99),
        "per_second": outcomes["received"] / max(last - first, 0.1),
    }


def run(options: argparse.Namespace, module: str, log: str, **env: str) -> dict[str, Any]:
    """One rush from an empty database to its figures."""
    rng = random.Random(options.seed)
    path = log_file(log)
    begin = time.monotonic()
    programme = make_ground()
    call = make_call(programme, "rush")
    applicants = make_applicants(call, options.startups, rng)
    say(f"  {len(applicants)} startups with complete drafts {time.monotonic() - begin:.1f} s")
    with Server(module, path, **env) as server:
        calm = {} if options.control else measure_calm(server, programme, rng)
        begin = time.monotonic()
        clicks, deadline, chaos = rush(server, call, applicants, rng)
        say(f"  the rush {time.monotonic() - begin:.1f} s")
        begin = time.monotonic()
        if options.control:
            late, findings = checks.late_ones(call, deadline), checks.Findings()
        else:
            findings = checks.check(clicks, call, deadline, server.port)
            late = []
        say(f"  the checks {time.monotonic() - begin:.1f} s")
    return {
        **describe(clicks, chaos),
        "calm": calm,
        "late_ones": late,
        "findings": dict(findings.counts),
        "examples": findings.examples,
    }


def run_control(options: argparse.Namespace, name: str) -> dict[str, Any]:
    """The same rush against a portal that asks the wrong clock, in a process of its own."""
    env = environment(
        DATABASE_URL=with_database(os.environ["DATABASE_URL"], name),
        BENCH_CLOCK_BEHIND=str(BEHIND),
    )
    words = ["--control", "--seed", str(options.seed), "--startups", str(options.startups)]
    done = subprocess.run(
        [sys.executable, __file__, *words], env=env, stdout=subprocess.PIPE, text=True, check=False
    )
    *lines, last = done.stdout.rstrip().splitlines() or [""]
    say("\n".join(lines))
    if done.returncode:
        sys.exit(f"The control did not run: {last}")
    figures: dict[str, Any] = json.loads(last)
    return figures


def report(options: argparse.Namespace, real: dict[str, Any], control: dict[str, Any]) -> int:
    """Say what came out, the figures in the last line; 0 if every bar holds."""
    found = real["findings"]
    say("\nWhat must be 0:")
    for name, words in PROMISES.items():
        say(f"  {found.get(name, 0):4d}  {words}")
    for example in real["examples"]:
        say(f"        {example}")
    calm = real["calm"]
    say(
        f"\nIn peace: a submission takes {calm['submit_ms']:.0f} ms, {calm['submit_cpu']:.1f} ms of"
        f" CPU; a one-query page {calm['page_ms']:.0f} ms, {calm['page_cpu']:.1f} ms of CPU."
        f"\nIn the rush: {real['twice_clicked']} clicked twice, {real['repeated']} clicks had to be"
        f" repeated (answers {real['answers']}); {real['waited']} pressed in time and were decided"
        f" after the deadline; the slowest hundredth had their answer after"
        f" {real['whole_p99'] / 1000:.1f} s, repetitions included."
        f"\nThe control took {len(control['late_ones'])} late:"
        f" {'; '.join(control['late_ones'][:3]) or 'none'}."
    )
    reasons = [f"{found[name]} {words}" for name, words in PROMISES.items() if found.get(name)]
    if real["kills"] < LEAST_KILLS or real["restarts"] < LEAST_RESTARTS:
        reasons.append(f"only {real['kills']} kills and {real['restarts']} restarts")
    if not (real["received"] and real["refused"] and real["twice_clicked"]):
        reasons.append("the rush had nobody in time, nobody late or nobody who clicked twice")
    if not control["late_ones"]:
        reasons.append("the control took none late, so the bench proves nothing")
    say(
        f"\nrush seed {options.seed}: {options.startups} startups, {real['received']} received,"
        f" {real['refused']} refused, {real['kills']} kills, {real['restarts']} restarts |"
        f" lost {found.get('lost', 0)}, late {found.get('late', 0)}, twice {found.get('twice', 0)},"
        f" differing {found.get('differ', 0)} |"
        f" submit p50 {real['p50']:.0f} p95 {real['p95']:.0f} p99 {real['p99']:.0f} ms,"
        f" {real['per_second']:.0f}/s, {calm['x']:.1f}x a one-query page |"
        f" control late {len(control['late_ones'])} |"
        f" {'FAILED: ' + '; '.join(reasons) if reasons else 'passed'}"
    )
    return 1 if reasons else 0


def main() -> int:
    """The real rush, then the control."""
    parser = argparse.ArgumentParser(prog="dev.py bench rush", description=__doc__)
    parser.add_argument("--startups", type=int, default=500, help="how many submit (500)")
    parser.add_argument("--seed", type=int, default=1, help="decides who, when and what falls over")
    parser.add_argument("--control", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if "BENCH_PG_CTL" not in os.environ:
        sys.exit("This restarts a database: run it as `python3 dev.py bench rush`.")
    if options.control:
        say(json.dumps(run(options, "bench._control_wsgi", "bench-control-web")))
        return 0
    name = make_control(os.environ["DATABASE_OWNER_URL"])
    say(f"The portal (seed {options.seed}):")
    real = run(options, "portal.wsgi", "bench-rush-web")
    say(f"The control, whose web server decides by its own clock, {BEHIND} s behind:")
    return report(options, real, run_control(options, name))


if __name__ == "__main__":
    sys.exit(main())
