"""What each page costs at 237 and at 10,000 applications, as a multiple of a one-query page.

    python3 dev.py bench pages [--sizes 237,10000] [--rounds 5] [--seed 1]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if every bar
holds and the control, a list that reads every row, is called slow.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

django.setup()

from django.db import connection  # noqa: E402

from bench._bars import judge, print_reads, print_table, sizes_of  # noqa: E402
from bench._control import environment, name_of, owner_session, with_database  # noqa: E402
from bench._meter import (  # noqa: E402
    Client,
    Cost,
    bare_start_seconds,
    cpu_seconds,
    percentile,
    proportional_memory,
    resident_memory,
    rows_read,
)
from bench._pages_wsgi import CONTROL  # noqa: E402
from bench._people import make_ground  # noqa: E402
from bench._pour import history_at_the_end  # noqa: E402
from bench._rows import Ground, make_rows  # noqa: E402
from bench._server import Server, collect_static  # noqa: E402
from bench._walks import Walks  # noqa: E402
from challenges.models import Application  # noqa: E402
from devtools.runs import log_file  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

ONE_QUERY = "/privacy/"
#: How often each is asked in a round, and how often for one figure of p95.
ONE_QUERY_TIMES, TIMES, FEW = 60, 16, 5
#: The line with a count is written behind the last byte of the answer.
LINE_SECONDS = 0.3
CALM_TIMES = 40
#: The best of so many: others' work on the same machine only ever makes a page slower.
CALM_TRIES = 2


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def cpu_of(server: Server, work: Callable[[int], Any], times: int) -> float:
    """Milliseconds of processor for one request, web and database together."""
    workers = server.workers()
    before = cpu_seconds(workers)
    for index in range(times):
        work(index)
    return 1_000 * (cpu_seconds(workers) - before) / times


def times_of(work: Callable[[int], Any], times: int) -> tuple[float, float]:
    """p50 and p95 in milliseconds at one connection: the try that was disturbed least."""
    found = []
    for _one in range(CALM_TRIES):
        seconds = []
        for index in range(times):
            begin = time.perf_counter()
            work(index)
            seconds.append(1_000 * (time.perf_counter() - begin))
        found.append((percentile(seconds, 0.5), percentile(seconds, 0.95)))
    return min(found, key=lambda pair: pair[1] / pair[0])


def measure_cpu(
    server: Server, walks: Walks, rounds: int
) -> tuple[dict[str, Cost], dict[str, float], float]:
    """Each page beside the one-query page, round by round; the median of the multiples."""
    reader = Client(server.port)
    pages = {**walks.readings(), **walks.writings()}
    few = set(walks.writings())
    for work in pages.values():  # the first of everything is slow
        for index in range(4):
            work(index)
    for _index in range(20):
        reader.get(ONE_QUERY)
    base: list[float] = []
    cpu: dict[str, list[float]] = {name: [] for name in pages}
    for _round in range(rounds):
        base.append(cpu_of(server, lambda _index: reader.get(ONE_QUERY), ONE_QUERY_TIMES))
        for name, work in pages.items():
            cpu[name].append(cpu_of(server, work, FEW if name in few else TIMES))
    costs = {name: Cost(cpu_ms=statistics.median(found)) for name, found in cpu.items()}
    multiples = {
        name: statistics.median(mine / one for mine, one in zip(found, base, strict=True))
        for name, found in cpu.items()
    }
    for name, work in walks.readings().items():
        costs[name].p50_ms, costs[name].p95_ms = times_of(work, CALM_TIMES)
    return costs, multiples, statistics.median(base)


def measure_export(server: Server, walks: Walks) -> dict[str, Any]:
    """Seconds to the first and the last byte, and how much the worker grows meanwhile."""
    walks.export()
    before = {pid: resident_memory(pid) for pid in server.workers()}
    answers = [walks.export() for _one in range(3)]
    grown = max(resident_memory(pid) - before.get(pid, 0.0) for pid in server.workers())
    best = min(answers, key=lambda answer: answer.seconds)
    return {
        "seconds": best.seconds,
        "first_byte": min(answer.first_byte for answer in answers),
        "bytes": len(best.body),
        "lines": best.body.count(b"\r\n"),
        "grown_mib": grown,
        "streamed": "content-length" not in best.headers,
    }


def measure_reads(ground: Ground, counts: Path, log: Path, env: dict[str, str]) -> dict[str, Any]:
    """Statements and rows of each page, in a server of its own that counts."""
    counts.write_text("", encoding="utf-8")
    found: dict[str, Any] = {}
    with Server(
        "bench._pages_wsgi", log, **env, BENCH_COUNTS=str(counts), WEB_WORKERS="1"
    ) as server:
        walks = Walks(server.port, ground, spare=True)
        pages: dict[str, Callable[[int], Any]] = {
            ONE_QUERY: lambda _index: Client(server.port).get(ONE_QUERY),
            **walks.readings(),
            **walks.writings(),
            "export as CSV": lambda _index: walks.export(),
            "control": lambda _index: Client(server.port).get(f"{CONTROL}{ground.call.pk}/"),
        }
        for name, work in pages.items():
            if name != "control":  # it takes long enough once
                work(0)
            time.sleep(LINE_SECONDS)
            seen = len(counts.read_text(encoding="utf-8").split())
            rows, _answer = rows_read(lambda work=work: work(1))  # type: ignore[misc]
            time.sleep(LINE_SECONDS)
            lines = counts.read_text(encoding="utf-8").split()[seen:]
            found[name] = {"rows": rows, "statements": [int(line) for line in lines]}
    return found


def measure(count: int, options: argparse.Namespace) -> dict[str, Any]:
    """One size from empty tables to its figures."""
    rng = random.Random(options.seed)
    begin = time.monotonic()
    with history_at_the_end(os.environ["DATABASE_OWNER_URL"]):
        ground = make_rows(make_ground(), count, rng)
    session = owner_session(os.environ["DATABASE_OWNER_URL"])
    with session.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    session.close()
    seeded = time.monotonic() - begin
    log = log_file(f"bench-pages-{count}")
    env = {"DEBUG": "0", "WEB_THREADS": "4", "DELIVER_WITHOUT_WORKER": "0"}
    with tempfile.TemporaryDirectory(prefix="bench-pages-") as folder:
        begin = time.monotonic()
        reads = measure_reads(ground, Path(folder) / "counts", log, env)
    if options.reads:
        return {"count": count, "seeded": seeded, "reads": reads}
    starts, start_cpus, bare = [], [], bare_start_seconds()
    for _one in range(3):
        begin = time.monotonic()
        with Server("portal.wsgi", log, **env) as server:
            starts.append(time.monotonic() - begin)
            start_cpus.append(server.start_cpu_seconds())
    with Server("bench._pages_wsgi", log, **env) as server:
        walks = Walks(server.port, ground)
        costs, multiples, base = measure_cpu(server, walks, options.rounds)
        export = measure_export(server, walks)
        memory = [proportional_memory(pid) for pid in server.workers()]
        control = cpu_of(
            server,
            lambda _index: Client(server.port).get(f"{CONTROL}{ground.call.pk}/"),
            1,
        )
        transfer = sizes_of(server.port, ground.call)
        again = walks.call_again()
    return {
        "count": count,
        "seeded": seeded,
        "base_ms": base,
        "costs": {name: asdict(cost) for name, cost in costs.items()},
        "multiples": multiples,
        "reads": reads,
        "export": export,
        "memory": max(memory, default=0.0),
        "start": min(starts),
        "start_cpu": min(start_cpus),
        "bare": bare,
        "control": control / base,
        "transfer": transfer,
        "again": again,
        "wrong_figures": Application.objects.with_wrong_figures().count(),
    }


def run_size(count: int, options: argparse.Namespace, static: str) -> dict[str, Any]:
    """A size in a database and a process of its own; nothing of it is left."""
    owner = os.environ["DATABASE_OWNER_URL"]
    name = f"{name_of(owner)}_pages_{count}"
    session = owner_session(owner)
    try:
        with session.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{name_of(owner)}"')
        env = environment(
            DATABASE_URL=with_database(os.environ["DATABASE_URL"], name),
            DATABASE_OWNER_URL=with_database(owner, name),
            STATIC_ROOT=static,
            STATIC_MANIFEST="1",
            DEBUG="0",
            DEMO="0",
            STAFF_SECOND_FACTOR="OPTIONAL",
        )
        words = ["--size", str(count), "--seed", str(options.seed), "--rounds", str(options.rounds)]
        words += ["--reads"] if options.reads else []
        done = subprocess.run(
            [sys.executable, __file__, *words],
            env=env,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        *lines, last = done.stdout.rstrip().splitlines() or [""]
        if lines:
            say("\n".join(lines))
        if done.returncode:
            sys.exit(f"{count} applications could not be measured: {last}")
        figures: dict[str, Any] = json.loads(last)
        return figures
    finally:
        with session.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        session.close()


def main() -> int:
    """Both sizes one after the other, then the verdict."""
    parser = argparse.ArgumentParser(prog="dev.py bench pages", description=__doc__)
    parser.add_argument("--sizes", default="237,10000", help="numbers of applications")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of measuring (5)")
    parser.add_argument("--seed", type=int, default=1, help="decides names, levels and texts")
    parser.add_argument("--reads", action="store_true", help="statements and rows only")
    parser.add_argument("--size", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.size:
        print(json.dumps(measure(options.size, options)))
        return 0
    if "DATABASE_OWNER_URL" not in os.environ:
        sys.exit("This makes databases: run it as `python3 dev.py bench pages`.")
    connection.close()
    begin = time.monotonic()
    found = []
    with tempfile.TemporaryDirectory(prefix="bench-static-") as static:
        collect_static(static)
        say(f"static files {time.monotonic() - begin:.1f} s")
        for count in [int(word) for word in options.sizes.split(",")]:
            here = time.monotonic()
            found.append(run_size(count, options, static))
            say(
                f"{count} applications {time.monotonic() - here:.1f} s,"
                f" of it rows {found[-1]['seeded']:.1f} s"
            )
            if not options.reads:
                print_table(found[-1:], say)
    if options.reads:
        return print_reads(found, say)
    if len(found) > 1:
        print_table(found, say)
    return judge(found, time.monotonic() - begin, say)


if __name__ == "__main__":
    sys.exit(main())
