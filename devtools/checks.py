"""Every check of the project, in the order in which they fail fastest, and then the tests."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devtools.console import say
from devtools.paths import PYTHON, REQUIREMENTS, ROOT, VENV_BIN
from devtools.runs import die_with_parent, log_file, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from devtools.services import Site

_ADDRESS = re.compile(r"\b\w+://|--(?:extra-)?index-url|--find-links")
_COUNT = re.compile(r"(\d+) (passed|failed|error|errors|skipped|deselected)\b")
TESTS = "pytest"
_LINES_SHOWN = 40


@dataclass(frozen=True)
class Check:
    """One check: its name and what it runs; a text that comes back is what is wrong."""

    name: str
    run: Callable[[], str]


def addresses_in_locks(folder: Path = REQUIREMENTS, root: Path = ROOT) -> list[str]:
    """The places where a lock names an address, which would bind every clone to one registry."""
    found = []
    for lock in sorted(folder.glob("*.txt")):
        for number, line in enumerate(lock.read_text(encoding="utf-8").splitlines(), start=1):
            if _ADDRESS.search(line):
                found.append(f"{lock.name}:{number}: {line.strip()}")
    packages = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    found += [
        f"package-lock.json: {name}: {entry['resolved']}"
        for name, entry in packages.items()
        if "resolved" in entry
    ]
    return found


def _locks() -> str:
    found = addresses_in_locks()
    if not found:
        return ""
    return "\n".join(
        ["A lock names an address; `python3 dev.py lock` writes them without.", *found]
    )


def _command(*words: str | Path, env: Mapping[str, str]) -> Callable[[], str]:
    def run() -> str:
        done = subprocess.run(
            [str(word) for word in words],
            cwd=ROOT,
            env=dict(env),
            capture_output=True,
            text=True,
            check=False,
        )
        output = (done.stdout + done.stderr).strip()
        return "" if done.returncode == 0 else output or f"ended with {done.returncode}"

    return run


def all_checks(site: Site) -> list[Check]:
    """The checks before the tests."""
    env = site.env
    manage = (PYTHON, ROOT / "manage.py")
    as_production = {
        **{name: value for name, value in env.items() if name not in {"DEMO", "MAIL_DIR"}},
        "DEBUG": "0",
        "SITE_URL": "https://portal.example.org",
        "ALLOWED_HOSTS": "portal.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://portal.example.org",
        "TRUSTED_PROXY_COUNT": "1",
    }
    ruff = (PYTHON, "-m", "ruff")
    return [
        Check("ruff format", _command(*ruff, "format", "--check", "--quiet", ".", env=env)),
        Check("ruff", _command(*ruff, "check", "--quiet", ".", env=env)),
        Check("djangofmt", _command(VENV_BIN / "djangofmt", "--check", "templates", env=env)),
        Check("djangofmt check", _command(VENV_BIN / "djangofmt", "check", "templates", env=env)),
        Check("locks", _locks),
        # Run by Python: a script's first line cannot name a path with a space in it.
        Check("lint-imports", _command(PYTHON, VENV_BIN / "lint-imports", env=env)),
        Check("mypy", _command(PYTHON, "-m", "mypy", env=env)),
        Check(
            "migrations",
            _command(*manage, "makemigrations", "--check", "--dry-run", env=env),
        ),
        Check(
            "check --deploy",
            _command(*manage, "check", "--deploy", "--fail-level", "WARNING", env=as_production),
        ),
    ]


def run_checks(checks: Sequence[Check], tick: Callable[[], None]) -> dict[str, bool]:
    """Run all, whatever the ones before said, and tell which passed."""
    results = {}
    for check in checks:
        begin = time.monotonic()
        wrong = check.run()
        results[check.name] = not wrong
        say(f"  {check.name} … {'FAILED' if wrong else 'ok'} {time.monotonic() - begin:.1f} s")
        if wrong:
            _show(check.name, wrong)
        tick()
    return results


def _show(name: str, wrong: str) -> None:
    """Print the beginning of what a check found and keep all of it in a log."""
    lines = wrong.splitlines()
    say("\n".join(f"    {line}" for line in lines[:_LINES_SHOWN]))
    if len(lines) > _LINES_SHOWN:
        log = log_file("check-" + re.sub(r"\W+", "-", name))
        log.write_text(wrong, encoding="utf-8")
        say(f"    and {len(lines) - _LINES_SHOWN} lines more in {shown(log)}")


def run_tests(
    arguments: Sequence[str], env: Mapping[str, str], tick: Callable[[], None]
) -> tuple[int, str]:
    """Run pytest with its output shown as it comes; its code and its closing line."""
    is_terminal = sys.stdout.isatty()
    command = [PYTHON, "-m", "pytest", *(["--color=yes"] if is_terminal else []), *arguments]
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- no threads here
    )
    assert process.stdout is not None
    last = b""
    try:
        # Bytes as they come: pytest writes dots without ending the line.
        while piece := os.read(process.stdout.fileno(), 65_536):
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            last = (last + piece)[-4_000:]
            tick()
    except KeyboardInterrupt:
        if not sys.stdin.isatty():
            # A terminal has told pytest already, and a second word would stop its tidying up.
            process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    code = process.wait()
    text = re.sub(r"\x1b\[[0-9;]*m", "", last.decode(errors="replace"))
    closing = [line for line in text.splitlines() if _COUNT.search(line) and " in " in line]
    return code, closing[-1].strip("= ") if closing else ""


def closing_line(code: int, said: str) -> str:
    """The line that ends the run: the tests' counts, readable for a person and a machine."""
    if said:
        return said
    return "0 passed" if code == 0 else "0 passed, 1 failed"
