"""The commands of dev.py and the words they understand."""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from devtools import checks, chromium, locking, processes
from devtools.console import Failure, hide_progress, say, step
from devtools.environment import clean_environment, ensure_python, set_up
from devtools.locks import lock, set_up_lock, try_lock
from devtools.paths import LOCAL, PYTHON, ROOT
from devtools.services import Site
from devtools.supervisor import Supervisor, request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType
    from typing import IO

    from devtools.supervisor import Verb


_DEMO = "demo"
_MOST_TEST_RUNS = 8
# Django's commands that make or change tables, and so belong to the role that owns them.
_OWNER_COMMANDS = {"migrate", "createcachetable", "flush", "dbshell", "sqlmigrate", "pgtrigger"}


class _Signals:
    """Turns every wish to stop into one KeyboardInterrupt, and a second one into haste."""

    def __init__(self) -> None:
        self.supervisor: Supervisor | None = None
        self.was_asked = False

    def install(self) -> None:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._handle)

    def _handle(self, _sign: int, _frame: FrameType | None) -> None:
        if not self.was_asked:
            self.was_asked = True
            raise KeyboardInterrupt
        if self.supervisor is not None:
            self.supervisor.hurry = True


_signals = _Signals()


@contextmanager
def _running(site: Site) -> Iterator[Supervisor]:
    """Run the site's services for the time of the block, and stop them however it ends."""
    supervisor = Supervisor(site.folder / "requests")
    _signals.supervisor = supervisor
    try:
        site.start(supervisor)
        yield supervisor
    finally:
        _signals.was_asked = True
        supervisor.stop_all()
        site.close()


def demo(options: argparse.Namespace) -> int:
    """Run the portal with its demonstration programme until Ctrl-C."""
    begin = time.monotonic()
    say("Setting up the portal in this folder; the log of each step is in .local/log.")
    held = lock(LOCAL / "demo.lock", "dev.py demo")
    port = processes.choose_port(options.port)
    set_up("run")
    site = Site(_DEMO, durable=True)
    if options.reset:
        site.erase()
    site.prepare(**_demo_environment(port))
    with _running(site) as supervisor:
        processes.make_ready(site)
        with step("demonstration data"):
            processes.load_demo(site)
        with step("web, worker, scheduler"):
            web = processes.start_portal(site, supervisor, port)
            accounts = processes.accounts(site)
            supervisor.wait(web)
        say(f"  all {time.monotonic() - begin:.1f} s\n")
        say(accounts)
        say(f"\nThe portal runs at {site.env['SITE_URL']}/ (Ctrl-C stops it)")
        try:
            supervisor.watch()
        except KeyboardInterrupt:
            say()
            with step("stopping"):
                supervisor.stop_all()
    held.close()
    return 0


def _demo_environment(port: int) -> dict[str, str]:
    url = f"http://localhost:{port}"
    return {
        "DEMO": "1",
        "SITE_URL": url,
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "CSRF_TRUSTED_ORIGINS": url,
        # Whoever tries the demonstration has no second factor for its invented people.
        "STAFF_SECOND_FACTOR": "optional",
    }


def _free_site(prefix: str, command: str, *, durable: bool) -> tuple[Site, IO[str]]:
    """A site that no other run of this clone uses, its data kept for the next run."""
    for number in range(1, _MOST_TEST_RUNS + 1):
        site = Site(f"{prefix}-{number}", durable=durable)
        held = try_lock(site.lock_file, command)
        if held is not None:
            return site, held
    message = (
        f"In this clone {_MOST_TEST_RUNS} runs of `{command}` are under way: wait for one of them."
    )
    raise Failure(message)


def test(options: argparse.Namespace) -> int:
    """Run every check and every test."""
    begin = time.monotonic()
    chosen = set(options.only.split(",")) if options.only else None
    set_up("test")
    site, held = _free_site("test", "dev.py test", durable=False)
    site.with_redis = False
    arguments, is_complete = _browser_arguments(site, chosen, without=options.no_browser)
    workers = options.workers or os.environ.get("PYTEST_WORKERS")
    if not workers and not options.rest and (os.cpu_count() or 1) > 1:
        # The whole suite is long enough for two; a few tests are not.
        workers = "2"
    if workers:
        arguments += ["-n", workers]
    results: dict[str, bool] = {}
    code, closing = 0, ""
    with _running(site) as supervisor:
        for name in ("MEDIA_ROOT", "MAIL_DIR"):
            os.makedirs(site.env[name], exist_ok=True)  # noqa: PTH103 -- the environment holds texts
        with step("static files"):
            processes.collect_static(site)
        every = checks.all_checks(site)
        _refuse_unknown(chosen, [check.name for check in every])
        wanted = [check for check in every if chosen is None or check.name in chosen]
        results |= checks.run_checks(wanted, supervisor.tick)
        if chosen is None or checks.TESTS in chosen:
            tests_begin = time.monotonic()
            code, closing = checks.run_tests([*arguments, *options.rest], site.env, supervisor.tick)
            results[checks.TESTS] = code == 0
            seconds = time.monotonic() - tests_begin
            say(f"  {checks.TESTS} … {'FAILED' if code else 'ok'} {seconds:.1f} s")
    held.close()
    return _summary(results, begin, is_complete=is_complete, closing=closing, code=code)


def _refuse_unknown(chosen: set[str] | None, names: Sequence[str]) -> None:
    unknown = (chosen or set()) - {*names, checks.TESTS}
    if unknown:
        known = ", ".join([*names, checks.TESTS])
        message = f"No check is called {', '.join(sorted(unknown))}: there are {known}."
        raise Failure(message)


def _browser_arguments(
    site: Site, chosen: set[str] | None, *, without: bool
) -> tuple[list[str], bool]:
    """Pytest's arguments for the browser tests, and whether these will run if they must."""
    browser = None
    is_wanted = not without and os.environ.get("BROWSER") != "0"
    runs_tests = chosen is None or checks.TESTS in chosen
    if is_wanted and runs_tests:
        with step("chromium"):
            browser = chromium.find_or_install()
    # Settings of the caller's own portal must not bend the tests.
    neutral = {"DEMO": "0", "SITE_URL": "http://localhost:8000"}
    site.prepare(**neutral, **({"CHROME": browser} if browser else {}))
    for name in (
        "EMAIL_URL",
        "DEFAULT_FROM_EMAIL",
        "SITE_NAME",
        "TRUSTED_PROXY_COUNT",
        "FILES",
        "METRICS_TOKEN",
        "PGBOUNCER",
    ):
        site.env.pop(name, None)
    if browser or not runs_tests:
        return [], True
    if is_wanted:
        say(f"  No Chromium here, so the browser tests do not run: {chromium.HOW_TO_GET}.")
    is_complete = not is_wanted or os.environ.get("CI", "").lower() not in {"1", "true"}
    return ["-m", "not browser"], is_complete


def _summary(
    results: dict[str, bool], begin: float, *, is_complete: bool, closing: str, code: int
) -> int:
    failed = [name for name, passed in results.items() if not passed]
    say()
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    if not is_complete:
        say("FAILED: the browser tests did not run and CI is set")
    passed = len(results) - len(failed)
    say(f"{passed} of {len(results)} checks passed in {time.monotonic() - begin:.1f} s")
    if checks.TESTS in results:
        say(checks.closing_line(code, closing))
    return 1 if failed or not is_complete else 0


def bench(options: argparse.Namespace) -> int:
    """Run one of the benches against services of its own, with fresh data."""
    script = ROOT / "bench" / f"{options.name}.py"
    if not re.fullmatch(r"\w+", options.name) or not script.is_file():
        names = sorted(path.stem for path in (ROOT / "bench").glob("[!_]*.py"))
        message = f"There is no bench {options.name}: there are {', '.join(names) or 'none yet'}."
        raise Failure(message)
    # Some bring a mail server, or make up requests: what the tests use.
    set_up("test")
    site, held = _free_site("bench", f"dev.py bench {options.name}", durable=True)
    site.erase()
    site.prepare(DEMO="0", SITE_URL="http://localhost:8000", ALLOWED_HOSTS="localhost,127.0.0.1")
    control = [sys.executable, str(ROOT / "dev.py"), "control", site.name]
    site.env["BENCH_PG_CTL"] = json.dumps([*control, "postgres"])
    site.env["BENCH_REDIS_STOP"] = json.dumps([*control, "redis", "stop"])
    site.env["BENCH_REDIS_START"] = json.dumps([*control, "redis", "start"])
    with _running(site) as supervisor:
        processes.make_ready(site)
        site.env["PYTHONPATH"] = str(ROOT)
        code = supervisor.run([PYTHON, script, *options.rest], site.env)
    site.erase()
    held.close()
    return code


def manage(options: argparse.Namespace) -> int:
    """Run one of Django's commands on the demonstration's data."""
    hide_progress()
    with set_up_lock():
        ensure_python("run")
    site = Site(_DEMO, durable=True)
    is_owner = bool(options.rest) and options.rest[0] in _OWNER_COMMANDS
    if is_owner:
        (site.folder / "migrated").unlink(missing_ok=True)
    held = try_lock(site.lock_file, "dev.py manage")
    if held is None:
        site.env = {
            **clean_environment(),
            **site.fixed(),
            **_demo_environment(processes.DEFAULT_PORT),
        }
        if not site.join():
            message = (
                "Another dev.py of this clone is just starting or stopping: try again in a moment."
            )
            raise Failure(message)
        supervisor = Supervisor(site.folder / "none")
        return supervisor.run(_django(options.rest), site.as_owner() if is_owner else site.env)
    site.prepare(**_demo_environment(processes.DEFAULT_PORT))
    with _running(site) as supervisor:
        return supervisor.run(_django(options.rest), site.as_owner() if is_owner else site.env)


def _django(arguments: Sequence[str]) -> list[str]:
    return [str(PYTHON), str(ROOT / "manage.py"), *arguments]


def redis(options: argparse.Namespace) -> int:
    """Stop or start the Redis of the running demonstration."""
    return _control(_DEMO, "redis", options.verb)


def control(options: argparse.Namespace) -> int:
    """Stop, start or restart a service of a running dev.py; for the benches."""
    return _control(options.site, options.service, options.verb)


def _control(name: str, service: str, verb: Verb) -> int:
    site = Site(name, durable=True)
    if not site.join():
        message = f"No `dev.py {name}` is running in this clone."
        raise Failure(message)
    request(site.folder / "requests", service, verb)
    return 0


def write_locks(options: argparse.Namespace) -> int:
    """Write the lock files anew."""
    locking.write_locks(upgrade=options.upgrade)
    return 0


_EPILOG = """\
two commands are enough:
  python3 dev.py demo     the portal with its demonstration programme, until Ctrl-C
  python3 dev.py test     every check and every test

for daily work:
  python3 dev.py test --only pytest -- tests/portal -k deadline
  python3 dev.py test --only ruff,mypy
  python3 dev.py manage shell
  python3 dev.py redis stop

docs/development.md says more."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description="Sets up, runs and tests the portal on one machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    one = commands.add_parser("demo", help="run the portal with its demonstration programme")
    one.add_argument("--port", type=int, help="the port of the web server (8000 or the next free)")
    one.add_argument(
        "--reset", action="store_true", help="start anew: erase the demonstration's data"
    )
    one.set_defaults(run=demo)

    one = commands.add_parser("test", help="run every check and every test", allow_abbrev=False)
    one.add_argument("--only", metavar="NAMES", help="only these checks, with commas between them")
    one.add_argument("--workers", metavar="N", help="pytest's processes (or PYTEST_WORKERS)")
    one.add_argument(
        "--no-browser", action="store_true", help="leave the browser tests out (or BROWSER=0)"
    )
    one.set_defaults(run=test, passes_rest="what dev.py does not know goes to pytest")

    one = commands.add_parser("bench", help="run bench/NAME.py with services of its own")
    one.add_argument("name", metavar="NAME")
    one.set_defaults(run=bench, passes_rest="what follows goes to the bench")

    one = commands.add_parser(
        "manage", help="run a command of Django's on the demonstration's data"
    )
    one.set_defaults(run=manage, passes_rest="what follows goes to Django")

    one = commands.add_parser("redis", help="stop or start the Redis of the running demonstration")
    one.add_argument("verb", choices=["stop", "start"])
    one.set_defaults(run=redis)

    one = commands.add_parser("lock", help="write the lock files anew")
    one.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    one.set_defaults(run=write_locks)

    one = commands.add_parser("control")  # for the benches, so --help does not show it
    one.add_argument("site")
    one.add_argument("service", choices=["postgres", "redis"])
    one.add_argument("verb", choices=["stop", "start", "restart"])
    one.set_defaults(run=control)
    return parser


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; what belongs to pytest, a bench or Django is left untouched."""
    parser = _parser()
    known, rest = list(arguments), []
    own = {"manage": 1, "bench": 2}.get(known[0] if known else "")
    if own is not None and known[1:2] not in (["-h"], ["--help"]):
        known, rest = known[:own], known[own:]
    elif "--" in known:
        mark = known.index("--")
        known, rest = known[:mark], known[mark + 1 :]
    options, unknown = parser.parse_known_args(known)
    if unknown and not hasattr(options, "passes_rest"):
        parser.error(f"unknown: {' '.join(unknown)}")
    options.rest = [*unknown, *rest]
    return options


def main(arguments: Sequence[str]) -> int:
    """Run one command and turn what goes wrong into one sentence and a code."""
    options = parse(arguments)
    _signals.install()
    os.chdir(ROOT)
    try:
        return int(options.run(options))
    except Failure as failure:
        sys.stderr.write(f"{failure}\n")
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}:
            raise
        where = f" ({error.filename})" if error.filename else ""
        advice = (
            "The disk is full: free some space and run the command again."
            if error.errno in {errno.ENOSPC, errno.EDQUOT}
            else "This clone cannot be written to: was dev.py run here as another user before?"
        )
        sys.stderr.write(f"{advice}{where}\n")
    return 1
