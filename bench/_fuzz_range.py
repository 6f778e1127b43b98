"""The range of `bench/fuzz.py`: one process, one database, its share of people and of requests."""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import caches
from django.core.signals import got_request_exception
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from bench._fuzz_forms import Form, addresses, arguments, keys, lookups, read_forms
from bench._fuzz_rights import Judge, Ledger
from bench._fuzz_shots import Gunner, Shot
from bench._fuzz_stage import CANARY
from bench._fuzz_words import BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench._fuzz_forms import Address
    from bench._fuzz_stage import Principal, Stage

ROOT = os.getcwd()  # noqa: PTH109 -- compared with the texts of frames
#: What each field and each hole meets once, whatever chance sends later.
CORE: tuple[Any, ...] = (
    *(
        "\x00",
        "a\x00b",
        str(2**63),
        str(-(2**63) - 1),
        "9" * 400,
        "A" * 70_000,
        "\u202eevil\u2066",
    ),
    *(BYTES[0], BYTES[2], "", "-1", "2026-02-30", "Mars/Olympus", "[]", "'\">"),
)
#: How many of these each field meets where not all are asked for: the page comes back each time.
SOME = 4
#: How many requests one person sends before everything is put back.
BATCH = 120
#: Who opens every address with every record that fits; the others with one.
SEE_MUCH = ("owner", "manager", "superuser")
#: Says what it finds, and 503 is the word for it.
TELLS = "/readyz"


@dataclass
class Findings:
    """What was found, each kind once with an example, and how often."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    by_person: Counter[str] = field(default_factory=Counter)
    changes: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    unauthorised: Counter[str] = field(default_factory=Counter)
    leaked: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    fields: int = 0
    addresses: int = 0

    def note(self, kind: Counter[str], what: str, example: str) -> None:
        """One more of a kind; the first is told at once."""
        kind[what] += 1
        if what not in self.examples:
            self.examples[what] = example
            sys.stderr.write(f"    found: {what}\n           {example[:400]}\n")


class Range:
    """One database and those who shoot at the portal that uses it."""

    def __init__(
        self, stage: Stage, principals: list[Principal], *, seed: int, only: tuple[str, ...] = ()
    ) -> None:
        self.stage, self.principals = stage, principals
        self.rng = random.Random(seed)
        self.findings = Findings()
        self.ledger = Ledger(os.environ["DATABASE_OWNER_URL"])
        self.where = [one for one in addresses() if not only or one.name in only]
        self.findings.addresses = len(self.where)
        self.fits, self.keys, self.lookups = arguments(stage), keys(stage), lookups()
        for half, world in stage.worlds.items():
            self.fits[half]["bench-touch"] = [{"pk": str(world.records["startup"].pk)}]
        self.forms: dict[str, list[Form]] = {}
        self.links: dict[str, list[str]] = {}
        self._tried: set[tuple[str, str, str]] = set()
        self._trouble = ""
        got_request_exception.connect(self._keep_trouble)

    # -- one request ------------------------------------------------------------------------------

    def _keep_trouble(self, **_signal: Any) -> None:
        self._trouble = _where_it_broke()

    def enter(self, me: Principal) -> Client:
        """A browser in which the person is signed in; nothing else has happened yet."""
        client = Client(raise_request_exception=False)
        if me.user is not None:
            client.force_login(me.user, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    def fire(self, client: Client, me: Principal, judge: Judge, shot: Shot) -> Any:
        """Send one request and look at the answer, at what changed, and at what was told."""
        self._trouble, content, answer = "", b"", None
        client.handler.enforce_csrf_checks = shot.checks_token
        found = self.findings
        try:
            answer = client.request(**shot.environ())
            content = b"".join(answer) if answer.streaming else answer.content
            status = answer.status_code
        except Exception:  # noqa: BLE001 -- whatever comes out is what we look for
            self._trouble, status = _where_it_broke(), 599
        found.sent += 1
        found.statuses[status] += 1
        found.by_person[me.name] += 1
        if status >= 500 and not (status == 503 and shot.path == TELLS.encode()):
            what = self._trouble or f"{status} {shot.method} {shot.path[:80]!r}"
            found.note(found.broken, what, f"{me.name}: {shot}")
        with connection.cursor() as cursor:
            changes = self.ledger.read(cursor)
        found.changes += len(changes)
        for change in judge.wrong(changes):
            what = f"{me.name}: {change.op} {change.table} {','.join(change.columns)[:80]}"
            found.note(found.unauthorised, what, f"{change} by {shot}")
        if (
            me.who != "superuser"
            and _tells(content, me.canary)
            and not _tells(shot.query + shot.body + shot.path, me.canary)
        ):
            at = content.lower().index(me.canary.lower())
            what = f"{me.name} reads {_route(answer)}"
            found.note(found.leaked, what, f"{content[max(at - 80, 0) : at + 40]!r} by {shot}")
        return answer

    def batch(self, me: Principal, shots: Iterable[Shot]) -> list[tuple[Shot, Any]]:
        """Send some requests as one person, then put everything back."""
        answers: list[tuple[Shot, Any]] = []
        required = override_settings(STAFF_SECOND_FACTOR="required")
        caches["local"].clear()
        with required if me.needs_factor else nullcontext():
            client = self.enter(me)
            with connection.cursor() as cursor:
                self.ledger.read(cursor)
            judge = Judge(me, self.ledger)
            for shot in shots:
                answer = self.fire(client, me, judge, shot)
                answers.append((shot, answer))
                if me.user is not None and not self._is_still_in(answer):
                    client = self.enter(me)
                    with connection.cursor() as cursor:
                        self.ledger.read(cursor)
        connection.close()
        self.ledger.undo()
        return answers

    @staticmethod
    def _is_still_in(answer: Any) -> bool:
        user = getattr(getattr(answer, "wsgi_request", None), "_cached_user", None)
        return user is None or user.is_authenticated

    # -- the rounds -------------------------------------------------------------------------------

    def walk(self, me: Principal) -> None:
        """Open every address with one's own records in it, and keep the forms that are there."""
        shots = [
            Shot("GET", address.filled(values).encode())
            for address in self.where
            for values in self.fits[me.half].get(address.name, [{}])[
                : None if me.who in SEE_MUCH else 1
            ]
        ]
        forms: dict[tuple[str, ...], Form] = {}
        links: set[str] = set()
        for shot, answer in self.batch(me, shots):
            if answer is None or answer.streaming or "html" not in answer.get("Content-Type", ""):
                continue
            html = answer.content.decode("utf-8", "replace").replace(CANARY, "PLAIN")
            found, more = read_forms(shot.path.decode(), html, me.half)
            links |= {link for link in more if "?" in link}
            for form in found:
                forms.setdefault(
                    (form.path, form.method, *sorted(one.name for one in form.controls)), form
                )
        self.forms[me.name] = list(forms.values())
        self.links[me.name] = sorted(links)

    def every_hole(self, me: Principal, *, in_admin: bool) -> None:
        """Each hole in each address meets each of the core values once."""
        gun, shots = self._gunner(me), []
        for address in self.where:
            if address.name.startswith("admin:") != in_admin:
                continue
            for values in self.fits[me.half].get(address.name, [{}])[:1]:
                for hole in address.holes:
                    other = "b" if me.half == "a" else "a"
                    foreign = self.fits[other].get(address.name, [{}])[0].get(hole, "1")
                    shots += [
                        Shot(method, _path(address, values, hole, junk))
                        for junk in (*CORE, foreign)
                        for method in ("GET", "POST")
                    ]
                shots.append(Shot("GET", address.filled(values).encode(), gun._questions(me.half)))
        self._in_batches(me, shots)

    def every_field(self, me: Principal, number: int) -> None:
        """Each field of each form that the person sees meets so many of the core values."""
        gun, shots = self._gunner(me), []
        for form in self.forms[me.name]:
            names = sorted({control.name for control in form.controls})
            for name in names:
                # Twenty addresses may bear the same form: one of each field is enough.
                key = (form.method, "".join(names), name)
                if key in self._tried:
                    continue
                self._tried.add(key)
                other = self.keys["b" if me.half == "a" else "a"]
                shots += [
                    gun.of_form_with(form, name, junk)
                    for junk in (
                        *self.rng.sample(CORE, number),
                        self.rng.choice(([self.rng.choice(other), "1"], self.rng.choice(other))),
                    )
                ]
        self.findings.fields += len(set(self._tried))
        self._in_batches(me, shots)

    def chance(self, me: Principal, number: int) -> None:
        """As the seed has it."""
        gun = self._gunner(me)
        own = self.forms[me.name]
        others = [form for name, forms in self.forms.items() if name != me.name for form in forms]
        self.batch(me, (gun.shot(own, others, me.half) for _one in range(number)))

    def _in_batches(self, me: Principal, shots: list[Shot]) -> None:
        for start in range(0, len(shots), BATCH):
            self.batch(me, shots[start : start + BATCH])

    def _gunner(self, me: Principal) -> Gunner:
        return Gunner(
            self.rng,
            where=self.where,
            fits=self.fits,
            keys=self.keys,
            lookups=self.lookups,
            links=self.links.get(me.name, []),
        )

    def run(
        self, total: int, say: Any, *, by_chance: bool = False, thorough: bool = False
    ) -> Findings:
        """Walk, try each hole and each field, and go on by chance until the number is reached."""
        begin = time.monotonic()
        for me in self.principals:
            self.walk(me)
            say(f"walked {me.name}: {self.findings.sent}, {time.monotonic() - begin:.0f} s")
        say(f"walked: {self.findings.sent} requests, {time.monotonic() - begin:.0f} s")
        for me in [] if by_chance else self.principals:
            self.every_field(me, len(CORE) if thorough else SOME)
            say(f"fields of {me.name}: {self.findings.sent}, {time.monotonic() - begin:.0f} s")
        say(f"each field: {self.findings.sent} requests, {time.monotonic() - begin:.0f} s")
        # The process of the superuser takes the admin, the other one the rest.
        in_admin = any(me.name == "superuser" for me in self.principals)
        for me in [] if by_chance else self.principals:
            if me.name == ("superuser" if in_admin else "owner"):
                self.every_hole(me, in_admin=in_admin)
        say(f"each hole: {self.findings.sent} requests, {time.monotonic() - begin:.0f} s")
        while self.findings.sent < total:
            for me in self.principals:
                left = total - self.findings.sent
                if left > 0:
                    self.chance(me, min(BATCH, left))
            say(f"on by chance: {self.findings.sent}, {time.monotonic() - begin:.0f} s")
        say(f"by chance: {self.findings.sent} requests, {time.monotonic() - begin:.0f} s")
        return self.findings


def _path(address: Address, values: dict[str, str], hole: str, junk: Any) -> bytes:
    mark = "\x1a"
    path = address.filled({**values, hole: mark}).encode()
    return path.replace(mark.encode(), junk if isinstance(junk, bytes) else str(junk).encode())[
        :9_000
    ]


def _tells(content: bytes, canary: bytes) -> bool:
    return canary.lower() in content.lower()


def _route(answer: Any) -> str:
    match = getattr(getattr(answer, "wsgi_request", None), "resolver_match", None)
    return match.view_name if match else "?"


def _where_it_broke() -> str:
    """The error and the innermost line of ours, or of a package where none is ours."""
    error, frames = sys.exc_info()[1], traceback.extract_tb(sys.exc_info()[2])
    ours = [one for one in frames if one.filename.startswith(ROOT) and ".venv" not in one.filename]
    ours = [one for one in ours if "/bench/" not in one.filename] or list(frames)
    last, inner = ours[-1], frames[-1]
    where = f"{last.filename.removeprefix(ROOT + '/')}:{last.lineno} {last.name}"
    if inner is not last:
        where += f" ({inner.filename.rpartition('site-packages/')[2]}:{inner.lineno})"
    return f"{type(error).__name__}: {str(error)[:120]} at {where}"
