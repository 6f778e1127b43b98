"""Writing notices with the real engine, and counting what came of them at the mail server."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from django.db import DatabaseError, InterfaceError, connection, transaction

from bench._queue import control
from bench._server import ROOT
from challenges.actions.application import submit_application
from challenges.models import Application
from devtools.runs import die_with_parent
from portal import actions, outbox
from portal.choices import Lane, OutboxState
from portal.models import InboxNotice, OutboxMessage, User

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench._people import Applicant
    from portal.models import Programme

WRITERS = 3
GIVE_UP_SECONDS = 60.0


class Box:
    """The mail server's process, and what it accepted."""

    def __init__(self, path: Path, *, seed: int) -> None:
        self._path, self._seed = path, seed
        self.port = 0

    def __enter__(self) -> Self:
        script = ROOT / "bench" / "_mailserver.py"
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(self._path), "--seed", str(self._seed)],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- before any thread
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait()

    def rows(self, sql: str) -> list[tuple[str, ...]]:
        """What a question about the accepted letters answers."""
        with closing(sqlite3.connect(self._path)) as box:
            return box.execute(sql).fetchall()


@dataclass
class Writer:
    """Submits application after application, evenly over the storm, until each is committed."""

    applicants: Sequence[Applicant]
    seconds: float
    done: list[Applicant] = field(default_factory=list)
    repeated: int = 0
    control_sent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def progress(self) -> float:
        """How much is written, from 0 to 1."""
        return len(self.done) / len(self.applicants)

    def run(self) -> None:
        """Write all of them with a few threads."""
        begin = time.monotonic()
        step = self.seconds / len(self.applicants)
        parts = [
            threading.Thread(target=self._write, args=(number, begin, step))
            for number in range(WRITERS)
        ]
        for part in parts:
            part.start()
        for part in parts:
            part.join()
        self.seconds = time.monotonic() - begin

    def _write(self, first: int, begin: float, step: float) -> None:
        for index in range(first, len(self.applicants), WRITERS):
            time.sleep(max(begin + index * step - time.monotonic(), 0))
            self._submit(index, self.applicants[index])
        connection.close()

    def _submit(self, index: int, applicant: Applicant) -> None:
        """The real action with one key, as a browser repeats it until it has an answer."""
        key, end = uuid.uuid4(), time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < end:
            try:
                submit_application(
                    application=Application.objects.get(pk=applicant.application),
                    key=key,
                    terms_version="2026-01",
                    by=User.objects.get(pk=applicant.user),
                )
            except (DatabaseError, InterfaceError):
                connection.close()
                with self._lock:
                    self.repeated += 1
                time.sleep(0.2)
                continue
            with self._lock:
                self.done.append(applicant)
            self._tell_the_control(index, len(applicant.team))
            return
        # In a thread; the storm would go on waiting for it.
        sys.stderr.write("An application could not be submitted for a minute.\n")
        os._exit(1)

    def _tell_the_control(self, index: int, letters: int) -> None:
        """The usual recipe, for as many letters: after the commit, to the broker, and forgotten."""
        for letter in range(letters):
            with self._lock:
                self.control_sent += 1
            with suppress(Exception):
                control.apply_async(args=[index * 10 + letter], queue="control", retry=False)


@dataclass
class Expected:
    """Who must have read a letter about what: address and reference, whatever the rows say."""

    pairs: set[tuple[str, str]]
    notices: set[tuple[uuid.UUID, uuid.UUID]]

    @classmethod
    def of(cls, done: Sequence[Applicant]) -> Expected:
        """Every member of every team whose submission was acknowledged."""
        keys = [applicant.application for applicant in done]
        references = dict(Application.objects.filter(pk__in=keys).values_list("pk", "reference"))
        people = {person for applicant in done for person in applicant.team}
        addresses = dict(User.objects.filter(pk__in=people).values_list("pk", "email"))
        both = [(one.application, person) for one in done for person in one.team]
        return cls(
            pairs={(addresses[person], references[key]) for key, person in both},
            notices={(person, key) for key, person in both},
        )


def accepted(box: Box) -> Counter[tuple[str, str]]:
    """How many different Message-IDs were accepted for each address and reference."""
    found: Counter[tuple[str, str]] = Counter()
    for to, subject in box.rows(
        "SELECT to_address, subject FROM accepted WHERE subject LIKE 'Received:%'"
    ):
        found[to, subject.partition(": ")[2].partition(",")[0]] += 1
    return found


def settle(box: Box, expected: Expected, most: float) -> float:
    """Wait until nothing waits any more; how long that took."""
    begin = time.monotonic()
    while time.monotonic() - begin < most:
        waits = OutboxMessage.objects.filter(state=OutboxState.PENDING).exists()
        if not waits and expected.pairs <= set(accepted(box)):
            break
        time.sleep(0.5)
    return time.monotonic() - begin


def count_letters(box: Box, expected: Expected, control_sent: int) -> dict[str, int]:
    """The figures, all of them from the mail server's own rows and the inbox."""
    found = accepted(box)
    inbox = set(InboxNotice.objects.values_list("recipient_id", "subject_id"))
    sent = OutboxMessage.objects.filter(state=OutboxState.SENT).values_list("pk", flat=True)
    known = {message_id for (message_id,) in box.rows("SELECT message_id FROM accepted")}
    named = {message_id.partition("@")[0].lstrip("<") for message_id in known}
    repeats = box.rows(
        "SELECT COALESCE(SUM(repeats), 0), COUNT(NULLIF(repeats, 0)) FROM accepted"
        " WHERE subject LIKE 'Received:%'"
    )[0]
    faults = dict(box.rows("SELECT what, count FROM faults"))
    (control_accepted,) = box.rows("SELECT COUNT(*) FROM accepted WHERE subject LIKE 'Control%'")[0]
    return {
        "expected": len(expected.pairs),
        "unwritten": len(expected.notices - inbox),
        "lost": len(expected.pairs - set(found)),
        "claimed": sum(1 for key in sent if str(key) not in named),
        "twice": sum(1 for pair in expected.pairs if found[pair] > 1),
        "repeats": int(repeats[0]),
        "doubled": int(repeats[1]),
        "temporary": int(faults["temporary"]),
        "answers": int(faults["lost"]),
        "control": control_sent,
        "control_lost": control_sent - int(control_accepted),
    }


def codes_behind_reminders(
    box: Box, *, codes: int, reminders: int, programme: Programme
) -> tuple[list[float], int]:
    """How long each code took to the mail server, and how many reminders still waited then."""
    OutboxMessage.objects.bulk_create(
        (
            OutboxMessage(
                dedup_key=f"bench-reminder:{number}",
                lane=Lane.REMINDER,
                notice="draft_reminded",
                to_address=f"reminded-{number}@example.org",
                subject=f"Reminder {number}",
                text="Not submitted yet.",
                html="<p>Not submitted yet.</p>",
                programme_id=programme.pk,
            )
            for number in range(reminders)
        ),
        batch_size=2_000,
    )
    with transaction.atomic():
        outbox.wake_up_after_commit()
    asked: dict[str, float] = {}
    for number in range(codes):
        subject = f"Code {number}"
        asked[subject] = time.time()
        actions.post_code(
            subject=subject,
            paragraphs=["Type it."],
            to=f"code-{number}@example.org",
            action=None,
            user=None,
        )
        time.sleep(0.5)
    left = OutboxMessage.objects.filter(lane=Lane.REMINDER, state=OutboxState.PENDING).count()
    end = time.monotonic() + 60
    arrived: dict[str, float] = {}
    while len(arrived) < codes and time.monotonic() < end:
        rows = box.rows("SELECT subject, at FROM accepted WHERE subject LIKE 'Code %'")
        arrived = {subject: float(at) for subject, at in rows}
        time.sleep(0.2)
    return [at - asked[subject] for subject, at in arrived.items()], left
