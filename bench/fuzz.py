"""Fifty thousand requests that no browser sends, by everybody, to every address and every form.

    python3 dev.py bench fuzz [--requests 50000] [--seed 1]

docs/benchmarks.md says what is made up and what is looked at. The exit code is 0 only if no answer
was 500 or above, nobody changed or read what is not theirs, and both controls were seen.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import pickle
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

# What is there only where it is configured is fuzzed as well.
os.environ |= {
    "MAIL_PROVIDER": "postmark",
    "ANYMAIL_WEBHOOK_SECRET": "name:password",
    "INBOUND_DOMAIN": "reply.example.org",
    "METRICS_TOKEN": "x" * 40,
    "OIDC_ISSUER": "https://127.0.0.1:9/",
    "OIDC_CLIENT_ID": "bench",
    "OIDC_CLIENT_SECRET": "bench",
    "STAFF_SECOND_FACTOR": "optional",
    "REAUTHENTICATION_MINUTES": "0",
    "REDIS_URL": "redis+socket:///nowhere",
}
os.environ.pop("MAIL_DIR", None)

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import override_settings  # noqa: E402

from bench._control import name_of, owner_session, with_database  # noqa: E402
from bench._fuzz_control import CONTROLS  # noqa: E402
from bench._fuzz_range import Range  # noqa: E402
from bench._fuzz_stage import set_both_stages  # noqa: E402
from bench._fuzz_wire import wire  # noqa: E402

PROCESSES = 2
#: A bench that changed nothing had its forms refused, and proves nothing.
LEAST_CHANGES = 1_000
CONTROL_REQUESTS = 300
WIRE_REQUESTS = 2_000
QUIET: dict[str, Any] = {
    "ALLOWED_HOSTS": ["testserver", "localhost"],
    "SECURE_SSL_REDIRECT": False,
    "DELIVER_WITHOUT_WORKER": False,
    "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
    # Guesses are not measured here, and a costly hash for each would be all that is.
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "SIGN_INS_PER_MINUTE": 10_000_000,
}


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def note(part: str, text: str) -> None:
    """How far a part has come: its own output is its figures."""
    sys.stderr.write(f"  {part}: {text}\n")
    sys.stderr.flush()


def copy_of(name: str) -> dict[str, str]:
    """A database like this one, and the environment that leads to it."""
    owner = os.environ["DATABASE_OWNER_URL"]
    there = f"{name_of(owner)}_{name}"
    session = owner_session(with_database(owner, "postgres"))
    with session.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{there}"')
        cursor.execute(f'CREATE DATABASE "{there}" TEMPLATE "{name_of(owner)}"')
    session.close()
    return {
        **os.environ,
        # Everything is put back anyway: what a crash would lose is not missed.
        "PGOPTIONS": "-c synchronous_commit=off",
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], there),
        "DATABASE_OWNER_URL": with_database(owner, there),
    }


def drop(env: dict[str, str]) -> None:
    """Take the copy out again."""
    session = owner_session(os.environ["DATABASE_OWNER_URL"])
    with session.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name_of(env["DATABASE_URL"])}"')
    session.close()


def run_part(options: argparse.Namespace) -> None:
    """One process: its people, its requests; the figures in the last line."""
    logging.disable(logging.CRITICAL)
    stage = pickle.loads(Path(options.stage).read_bytes())
    part = options.part
    everybody = stage.principals
    if part == "control":
        mine = [one for one in everybody if one.name in {"owner", "viewer"}]
        with override_settings(ROOT_URLCONF="bench._fuzz_control"):
            there = Range(stage, mine, seed=options.seed, only=CONTROLS)
            found = there.run(CONTROL_REQUESTS, lambda _text: None)
    else:
        number = int(part)
        always = {"owner of the other half", "manager of the other half", "manager", "owner"}
        mine = [
            one
            for index, one in enumerate(everybody)
            if index % PROCESSES == number or one.name in always
        ]
        if options.people:
            mine = [one for one in everybody if one.name in options.people.split(",")][
                number::PROCESSES
            ]
        there = Range(stage, mine, seed=options.seed * 1_000 + number)
        found = there.run(
            options.requests // PROCESSES,
            lambda text: note(part, text),
            by_chance=options.by_chance,
            thorough=options.thorough,
        )
    say(json.dumps(vars(found)))


def start(options: argparse.Namespace, part: str, stage: str, env: dict[str, str]) -> Any:
    """One part in a process of its own."""
    words = ["--part", part, "--stage", stage, "--seed", str(options.seed)]
    words += ["--requests", str(options.requests), "--people", options.people]
    words += ["--by-chance"] if options.by_chance else []
    words += ["--thorough"] if options.thorough else []
    return subprocess.Popen(
        [sys.executable, __file__, *words], env=env, stdout=subprocess.PIPE, text=True
    )


def figures_of(process: Any, part: str) -> dict[str, Any]:
    """What a part found; its other lines are for the reader."""
    out, _nothing = process.communicate()
    if process.returncode:
        sys.exit(f"Part {part} did not end: {out[-500:]}")
    found: dict[str, Any] = json.loads(out)
    return found


def tell(title: str, found: dict[str, int], examples: dict[str, str]) -> None:
    """What was found, the most frequent first, with an example each."""
    say(f"\n{sum(found.values())} {title}")
    for what, times in Counter(found).most_common(40):
        say(f"  {times:5d} × {what}\n          {examples.get(what, '')[:700]}")


def report(
    options: argparse.Namespace,
    parts: list[dict[str, Any]],
    control: dict[str, Any],
    raw: dict[str, Any],
    begin: float,
) -> int:
    """Say what came out; 0 if all bars hold."""
    examples = {what: text for part in parts for what, text in part["examples"].items()}
    added: dict[str, Counter[str]] = {
        name: sum((Counter(part[name]) for part in parts), Counter())
        for name in ("broken", "unauthorised", "leaked", "statuses", "by_person")
    }
    sent = sum(part["sent"] for part in parts) + sum(raw["statuses"].values())
    changes = sum(part["changes"] for part in parts)
    tell("answers of 500 and above", added["broken"], examples)
    tell("raw answers of 500 and above", dict(Counter(raw["broken"])), {})
    tell("unauthorised changes", added["unauthorised"], examples)
    tell("answers with what is not theirs to read", added["leaked"], examples)
    say(f"\nAnswers: {dict(sorted(added['statuses'].items()))}")
    say(f"Raw answers: {dict(sorted(raw['statuses'].items()))}")
    say(f"People: {dict(added['by_person'])}")
    saw = (sum(control["broken"].values()), sum(control["unauthorised"].values()))
    reasons = [
        f"{sum(added[name].values())} {words}"
        for name, words in (
            ("broken", "answers of 500 and above"),
            ("unauthorised", "unauthorised changes"),
            ("leaked", "answers with what is not theirs"),
        )
        if added[name]
    ]
    if raw["broken"] or "late" in raw["statuses"]:
        reasons.append(f"{len(raw['broken'])} raw answers of 500 and above, or none at all")
    if not all(saw):
        reasons.append("a control was not seen, so the bench proves nothing")
    if changes < LEAST_CHANGES and sent >= 20_000:
        reasons.append(f"only {changes} rows changed: the forms were refused")
    say(
        f"\nfuzz seed {options.seed}: {sent} requests, {parts[0]['addresses']} addresses,"
        f" {len(added['by_person'])} people, {changes} rows changed |"
        f" 500 {sum(added['broken'].values()) + len(raw['broken'])},"
        f" unauthorised {sum(added['unauthorised'].values())},"
        f" leaked {sum(added['leaked'].values())} |"
        f" control {saw[0]} broken, {saw[1]} unauthorised | {time.monotonic() - begin:.0f} s |"
        f" {'FAILED: ' + '; '.join(reasons) if reasons else 'passed'}"
    )
    return 1 if reasons else 0


def main() -> int:
    """The stage, two processes at once, then the control."""
    parser = argparse.ArgumentParser(prog="dev.py bench fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1, help="decides all that chance decides")
    parser.add_argument("--people", default="", help="only these, with commas between them")
    parser.add_argument("--by-chance", action="store_true", help="leave the thorough rounds out")
    parser.add_argument("--thorough", action="store_true", help="each field meets all: long")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    options = parser.parse_args()
    with override_settings(**QUIET):
        if options.part:
            run_part(options)
            return 0
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            stage = Path(folder) / "stage"
            both = set_both_stages()
            stage.write_bytes(pickle.dumps(both))
            connection.close()
            say(f"fuzz seed {options.seed}: the stage {time.monotonic() - begin:.1f} s")
            names = [*map(str, range(PROCESSES)), "control"]
            copies = {name: copy_of(f"fuzz_{name}") for name in names}
            running = {
                name: start(options, name, str(stage), copies[name]) for name in names[:PROCESSES]
            }
            parts = [figures_of(process, name) for name, process in running.items()]
            control = figures_of(
                start(options, "control", str(stage), copies["control"]), "control"
            )
            for env in copies.values():
                drop(env)
            share = min(WIRE_REQUESTS, options.requests // 10)
            raw = wire(both, share, random.Random(options.seed))
        return report(options, parts, control, raw, begin)


if __name__ == "__main__":
    sys.exit(main())
