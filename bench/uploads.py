"""Three hundred files come in pieces: half of them attack, half are what offices make.

    python3 dev.py bench uploads [--seed 1]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if every attack
was refused by its rule, at most one ordinary file was, no file cost more than its bounds, what is
served is what was checked, others' pages stayed quick, and both controls took attacks in.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import django

django.setup()

from django.db import connections  # noqa: E402 -- needs the settings

from bench._meter import TOKEN, Client, percentile  # noqa: E402
from bench._people import make_applicants, make_call, make_ground  # noqa: E402
from bench._server import ROOT, Server  # noqa: E402
from bench._upload_files import Sample, hostile, ordinary  # noqa: E402
from challenges.choices import QuestionKind  # noqa: E402
from challenges.models import Question  # noqa: E402
from devtools.runs import log_file  # noqa: E402
from portal.documents.intake import FORMATS  # noqa: E402
from portal.inspection import child  # noqa: E402
from portal.models import Document, Upload  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench._people import Applicant

SENDERS = 4
#: Rounds, in turn with checks that give way to pages and, as a control, with checks that do not.
ROUNDS = 12
#: Seconds in which nobody sends, before each round, and bytes of a piece.
QUIET, PIECE = 4.0, 256 * 1024
#: Files that are checked while others leave no processor free.
BESIDE_LOOPS = 3
#: The bars: ordinary files that may be refused, seconds of processor, how much slower others get.
REFUSED_AT_MOST, CPU_SECONDS, TIMES_SLOWER = 1, 5.0, 2.0
FAMILIES = 12


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


@dataclass
class Fate:
    """What became of one file."""

    sample: Sample
    #: Said at once: while it began, at a piece or when it was whole.
    refusal: str = ""
    document: str = ""
    wrong: str = ""


class Sender(Client):
    """The script's side of it, at one connection."""

    def piece(self, path: str, content: bytes) -> dict[str, Any]:
        """Send bytes as they are."""
        return self._told("POST", path, content, "application/octet-stream")

    def _told(self, method: str, path: str, body: bytes | None, kind: str) -> dict[str, Any]:
        origin = f"http://localhost:{self._port}"
        asked = {
            "Host": f"localhost:{self._port}",
            "Cookie": self._cookie,
            "Origin": origin,
            "X-CSRFToken": TOKEN,
            "X-Upload": "1",
            "Content-Type": kind,
        }
        if time.perf_counter() - self._last > 1:
            self._server.close()
        self._server.request(method, path, body, asked)
        answer = self._server.getresponse()
        content = answer.read()
        self._last = time.perf_counter()
        try:
            told: dict[str, Any] = json.loads(content)
        except ValueError:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:300]!r}") from None
        return told

    def send(self, base: str, purpose: str, sample: Sample) -> Fate:
        """All of one file, as `upload.js` sends it."""
        fate = Fate(sample)
        form = {"purpose": purpose, "name": sample.name, "size": str(len(sample.content))}
        answer = self.post(base, form, **{"X-Upload": "1"})
        told = json.loads(answer.body)
        path = f"{base}{told.get('id', '')}/"
        while "refusal" not in told and told["received"] < len(sample.content):
            at = told["received"]
            told = self.piece(f"{path}?at={at}", sample.content[at : at + PIECE])
        if "refusal" not in told:
            told = self.piece(f"{path}finish/", b"")
        fate.refusal = told.get("refusal", "")
        if not fate.refusal:
            fate.document = path.rstrip("/").rpartition("/")[2]
        return fate


def send_all(
    port: int, samples: Sequence[Sample], applicants: Sequence[Applicant], purpose: str
) -> list[Fate]:
    """Several people at once, each one file after the other."""
    shares = [samples[start::SENDERS] for start in range(SENDERS)]

    def work(number: int) -> list[Fate]:
        applicant = applicants[number]
        sender = Sender(port, applicant.session)
        base = f"/applications/{applicant.application}/uploads/"
        return [sender.send(base, purpose, sample) for sample in shares[number]]

    with ThreadPoolExecutor(SENDERS) as pool:
        return [fate for fates in pool.map(work, range(SENDERS)) for fate in fates]


@dataclass
class Beside:
    """A process of its own that works until its input is closed."""

    module: str
    arguments: list[str]
    said: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Begin, and read along what it says."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self.arguments],
            cwd=ROOT,
            env=os.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def tell(self, words: str) -> None:
        """Say a line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.said += [line for line in self.process.stdout if line.strip()]

    def end(self) -> list[str]:
        """All it said."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.reader.join(10)
        if self.process.returncode:
            sys.exit(f"{self.module} ended with {self.process.returncode}.")
        return self.said


def wait_for_checks(seconds: float = 900) -> None:
    """Until no file is being checked any more."""
    ends = time.monotonic() + seconds
    while Document.objects.filter(state="checking").exists():
        if time.monotonic() > ends:
            sys.exit("Files are still being checked.")
        time.sleep(0.1)


def judge(fates: list[Fate]) -> None:
    """Hold what became of each file against what must."""
    keys = [fate.document for fate in fates if fate.document]
    uploads = Upload.objects.filter(pk__in=keys).select_related("document")
    documents = {str(upload.pk): upload.document for upload in uploads}
    for fate in fates:
        document = documents.get(fate.document)
        refused = bool(fate.refusal) or bool(document and document.is_refused)
        if fate.sample.rule:
            if not refused:
                fate.wrong = "taken in"
            elif document and document.refusal != fate.sample.rule:
                fate.wrong = f"refused as {document.refusal}, not as {fate.sample.rule}"
            elif document and not document.refusal_text:
                fate.wrong = "refused without a sentence"
        elif refused:
            fate.wrong = f"refused: {fate.refusal or (document and document.refusal)}"
        elif document is None or not document.is_clean:
            fate.wrong = "not checked"
        fate.document = str(document.pk) if document else ""


def served_as_checked(port: int, fates: list[Fate], applicants: Sequence[Applicant]) -> list[str]:
    """Ordinary files whose bytes, as they are handed out, are not those that were checked."""
    rows = Document.objects.by_key(fate.document for fate in fates if fate.document)
    clients = {one.application: Client(port, one.session) for one in applicants}
    different = []
    for fate in fates:
        row = rows.get(fate.document)
        if row is None or not row.is_clean:
            continue
        page = clients[row.subject_id].get(f"/applications/{row.subject_id}/files/{row.pk}/")
        if hashlib.sha256(page.body).hexdigest() != row.sha256:
            different.append(fate.sample.what)
    return different


def by_extension(sample: Sample) -> bool:
    """The first control: whether it would be taken by its name alone."""
    return PurePath(sample.name).suffix in FORMATS


def by_first_bytes(sample: Sample) -> bool:
    """The second control: by its name and its first bytes, as many portals do."""
    known = FORMATS.get(PurePath(sample.name).suffix)
    return known is not None and sample.content.startswith(known.magic)


@contextmanager
def loops() -> Iterator[None]:
    """As many processes as there are processors, each of which takes all it gets."""
    command = [sys.executable, "-c", "while True: pass"]
    busy = [
        subprocess.Popen(command, start_new_session=True) for _one in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def rounds(
    server: Server,
    samples: list[Sample],
    late: list[Sample],
    applicants: Sequence[Applicant],
    purpose: str,
    call: str,
) -> tuple[list[Fate], list[str], dict[str, list[float]]]:
    """Send in rounds with quiet between them; beside, somebody checks and somebody reads pages.

    At the end the late ones come while nothing else leaves a processor free.
    """
    checker = Beside("bench._checker", [])
    reader = applicants[SENDERS]
    prober = Beside(
        "bench._prober", [str(server.port), reader.session, call, reader.home_url, "/privacy/"]
    )
    checker.start()
    prober.start()
    time.sleep(2)  # both have begun
    fates: list[Fate] = []
    busy: list[tuple[str, float, float]] = []
    for number in range(ROUNDS):
        gives_way = number % 2 == 0
        checker.tell(str(child.NICE if gives_way else 0))
        time.sleep(QUIET)
        begun = time.time()
        fates += send_all(server.port, samples[number::ROUNDS], applicants, purpose)
        wait_for_checks()
        busy.append(("checking" if gives_way else "control", begun, time.time()))
        say(f"  round {number + 1}: {time.time() - begun:.1f} s, {busy[-1][0]}")
    time.sleep(QUIET)
    taken = [json.loads(line) for line in prober.end()][-1]
    times: dict[str, list[float]] = {"quiet": [], "checking": [], "control": []}
    for at, seconds, status in taken[50:]:
        if status >= 400:
            sys.exit(f"A page beside was answered {status}.")
        what = next((what for what, begun, ended in busy if begun <= at <= ended), "quiet")
        times[what].append(1000 * seconds)
    checker.tell(str(child.NICE))
    with loops():
        begun = time.monotonic()
        fates += send_all(server.port, late, applicants, purpose)
        wait_for_checks()
        say(f"  {len(late)} beside busy loops: {time.monotonic() - begun:.1f} s")
    return fates, checker.end(), times


def main() -> int:
    """Send, judge, compare; 0 if every bar holds."""
    parser = argparse.ArgumentParser(prog="dev.py bench uploads", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="decides order and contents")
    options = parser.parse_args()
    logging.getLogger("portal.documents").setLevel(logging.CRITICAL)
    rng = random.Random(options.seed)
    call = make_call(make_ground(), "uploads")
    question = Question.objects.create(
        call=call, order=99, section="Files", label="Deck", kind=QuestionKind.FILE
    )
    applicants = make_applicants(call, SENDERS + 1, rng)
    begun = time.monotonic()
    attacks, everyday = hostile(), ordinary(rng)
    samples = [*attacks, *everyday]
    rng.shuffle(samples)
    late, samples = _late(samples)
    total = sum(len(sample.content) for sample in samples) / 1e6
    say(f"  {len(samples)} files, {total:.0f} MB, made in {time.monotonic() - begun:.1f} s")
    env = {"DELIVER_WITHOUT_WORKER": "0"}
    with Server("portal.wsgi", log_file("bench-uploads-web"), **env) as server:
        found = rounds(server, samples, late, applicants, question.field, call.get_absolute_url())
        fates, costs, times = found
        judge(fates)
        different = served_as_checked(server.port, fates, applicants)
    connections.close_all()
    return report(options.seed, fates, [json.loads(line) for line in costs], times, different)


def _late(samples: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Ordinary files of several kinds to send while the machine is busy, and the others."""
    kinds: dict[str, Sample] = {}
    for sample in samples:
        if not sample.rule:
            kinds.setdefault(sample.kind, sample)
    late = list(kinds.values())[:BESIDE_LOOPS]
    return late, [sample for sample in samples if sample not in late]


def report(
    seed: int,
    fates: list[Fate],
    costs: list[Any],
    times: dict[str, list[float]],
    different: list[str],
) -> int:
    """Say what came out, the figures in the last line; 0 if every bar holds."""
    attacks = [fate for fate in fates if fate.sample.rule]
    everyday = [fate for fate in fates if not fate.sample.rule]
    wrong = [fate for fate in attacks if fate.wrong]
    lost = [fate for fate in everyday if fate.wrong]
    families = {fate.sample.rule for fate in attacks}
    cpu = max(cost[1] for cost in costs)
    memory = max(cost[3] for cost in costs)
    quiet, busy, control = (
        percentile(times[what], 0.95) for what in ("quiet", "checking", "control")
    )
    controls = {
        "by name": sum(by_extension(fate.sample) for fate in attacks),
        "by first bytes": sum(by_first_bytes(fate.sample) for fate in attacks),
    }
    for fate in [*wrong, *lost]:
        say(f"  {fate.sample.what} ({fate.sample.kind}): {fate.wrong}")
    reasons = [
        words
        for words, holds in {
            f"{len(wrong)} attacks were not refused by their rule": not wrong,
            f"only {len(attacks)} attacks in {len(families)} families": len(attacks) >= 150
            and len(families) >= FAMILIES,
            f"{len(lost)} ordinary files were refused": len(lost) <= REFUSED_AT_MOST,
            f"a file took {cpu:.1f} s of processor": cpu <= CPU_SECONDS,
            f"a file took {memory / 2**20:.0f} MB": memory <= child.MEMORY,
            f"{len(different)} files are served otherwise than checked": not different,
            f"pages beside are {busy / quiet:.1f} times slower": busy / quiet < TIMES_SLOWER,
            "a control took no attack in, so the bench proves nothing": all(controls.values()),
        }.items()
        if not holds
    ]
    say(
        f"\nuploads seed {seed}: {len(attacks)} attacks of {len(families)} families, {len(wrong)}"
        f" not refused by their rule | {len(everyday) - len(lost)} of {len(everyday)} ordinary"
        f" taken | at most {cpu:.2f} s of processor and {memory / 2**20:.0f} MB a file, slowest"
        f" {max(cost[2] for cost in costs):.1f} s |"
        f" pages beside p95 {quiet:.0f} ms quiet, {busy:.0f} ms while checking"
        f" ({busy / quiet:.2f}x, {len(times['quiet'])} and {len(times['checking'])} pages),"
        f" {control / quiet:.2f}x where checks do not give way ({len(times['control'])} pages) |"
        f" controls took in {controls['by name']} by name, {controls['by first bytes']} by first"
        f" bytes | {'FAILED: ' + '; '.join(reasons) if reasons else 'passed'}"
    )
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
