"""What the bench of restoring does: work, a point, loss, restore, and what must hold afterwards."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from bench._people import make_applicants, make_call, make_ground
from challenges.actions.application import submit_application
from challenges.models import Application
from portal import actions, documents, seals
from portal.actions.closing import close_again, erase_due
from portal.choices import OutboxState
from portal.clock import database_now
from portal.delivery import deliver_due
from portal.models import Dispatch, Document, OutboxMessage, Programme, User

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from bench._cluster import Cluster

POINT = "before_the_accident"
#: So many letters wait at the point and never leave before the loss.
NEVER_LEFT = 5
KEY = re.compile(rb"^Message-ID: <([0-9a-f-]{36})@", re.MULTILINE | re.IGNORECASE)


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


# -- what is compared ---------------------------------------------------------------------------


def tables() -> dict[str, tuple[int, str]]:
    """Rows and one checksum of each table, computed by the database."""
    found = {}
    with connection.cursor() as cursor:
        for name in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(
                "SELECT count(*), coalesce(md5(string_agg(line, '' ORDER BY line)), '')"
                f' FROM (SELECT md5(t::text) AS line FROM "{name}" t) AS lines'
            )
            found[name] = cursor.fetchone()
    return found


def files(folder: Path) -> dict[str, str]:
    """The fingerprint of each file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def copy_files(source: Path, target: Path) -> int:
    """What is not there yet: files of the portal never change, so a copy only grows."""
    copied = 0
    for path in source.rglob("*"):
        place = target / path.relative_to(source)
        if path.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
            copied += 1
    return copied


def left(box: Path) -> Counter[str]:
    """How often each letter was taken by the mail server, by its Message-ID."""
    return Counter(
        KEY.search(path.read_bytes())[1].decode()  # type: ignore[index]
        for path in (box / "new").glob("*")
    )


# -- people at work -----------------------------------------------------------------------------


def work(name: str, count: int, rng: random.Random) -> Sequence[Any]:
    """Startups write, upload and submit, as the pages do it; letters are written on the way."""
    call = make_call(Programme.objects.get(slug="bench"), name)
    applicants = make_applicants(call, count, rng)
    for applicant in applicants:
        application = Application.objects.get(pk=applicant.application)
        person = User.objects.get(pk=applicant.user)
        content = b"id,value\n" + rng.randbytes(rng.randint(2_000, 90_000)).hex().encode()
        with transaction.atomic():
            documents.take_in(
                SimpleUploadedFile("measurements.csv", content, "text/csv"),
                subject=application,
                by=person,
            )
        submit_application(
            application=application, key=application.pk, terms_version="2026-01", by=person
        )
    return applicants


def close_somebody(applicant: Any) -> Any:
    """An account is closed and its days of grace are over."""
    close_again(key=applicant, erase_from=database_now() - timedelta(seconds=1))
    erase_due()
    return applicant


def command(name: str, *words: str) -> str:
    """One of Django's commands in this process, and what it says."""
    said = StringIO()
    call_command(name, *words, stdout=said)
    return said.getvalue().strip()


def is_named(key: Any) -> bool:
    """Whether the account still has its name."""
    return "Person" in User.objects.get(pk=key).given_name


@dataclass
class Noted:
    """What was so at the restore point."""

    instant: object
    rows: dict[str, tuple[int, str]]
    files: dict[str, str]
    pending: set[str]


def pending() -> set[str]:
    """The keys of the letters that wait."""
    keys = OutboxMessage.objects.filter(state=OutboxState.PENDING).values_list("pk", flat=True)
    return {str(key) for key in keys}


class Drill:
    """One run, step by step; each broken promise is a sentence."""

    def __init__(self, options: argparse.Namespace, cluster: Cluster, folder: Path) -> None:
        self.options, self.cluster = options, cluster
        self.media, self.copy = folder / "media", folder / "copy-of-media"
        self.box, self.ledger = folder / "mail", folder / "closed-accounts"
        self.rng = random.Random(options.seed)
        self.reasons: list[str] = []
        self.figures: dict[str, Any] = {}

    def must(self, holds: bool, reason: str) -> None:  # noqa: FBT001
        """Write down a promise that does not hold."""
        if not holds:
            self.reasons.append(reason)
            say(f"  NOT SO: {reason}")

    def build(self) -> None:
        """The demonstration's data, people's work, a backup, and more work up to the point."""
        make_ground()
        third = self.options.startups // 3
        work("first", third, self.rng)
        while deliver_due(limit=1_000):
            pass
        begin = time.monotonic()
        self.figures["backup_s"] = self.cluster.make_backup()
        copied = copy_files(self.media, self.copy)
        size = int(self.cluster.ask("SELECT pg_database_size('portal')")) / 2**20  # type: ignore[call-overload]
        say(
            f"  backup of {size:.0f} MB {self.figures['backup_s']:.1f} s, {copied} files copied"
            f" {time.monotonic() - begin - self.figures['backup_s']:.1f} s"
        )
        self.figures["size_mb"] = round(size)
        self.second = work("second", third, self.rng)
        seals.seal()

    def note_point(self) -> Noted:
        """The named point, an instant, and what there was."""
        rows, found, waiting = tables(), files(self.media), pending()
        self.cluster.ask(f"SELECT pg_create_restore_point('{POINT}')")
        instant = self.cluster.ask("SELECT clock_timestamp()")
        time.sleep(1.0)  # an instant is found between two commits
        return Noted(instant, rows, found, waiting)

    def go_on(self, noted: Noted) -> None:
        """What the restore will not know: letters, work, a closed account."""
        before = sum(left(self.box).values())
        deliver_due(limit=len(noted.pending) - NEVER_LEFT)
        self.figures["left_since"] = sum(left(self.box).values()) - before
        work("third", self.options.startups - 2 * (self.options.startups // 3), self.rng)
        self.closed = close_somebody(self.second[1].user)
        command("closed_accounts", "--export", str(self.ledger))
        self.cluster.archive_all()
        copy_files(self.media, self.copy)

    def lose_everything(self) -> None:
        """Rows, server, folders."""
        connection.close()
        owner = self.cluster.url("portal_owner")
        drop = "DROP SCHEMA public CASCADE"
        psql = [str(self.cluster.server.programs / "psql"), "-q", "-d", owner, "-c", drop]
        subprocess.run(psql, capture_output=True, check=False)
        self.cluster.destroy()
        shutil.rmtree(self.media)

    def restore(self, *target: str) -> float:
        """Database and files."""
        begin = time.monotonic()
        connection.close()
        self.cluster.restore(*target)
        copy_files(self.copy, self.media)
        return time.monotonic() - begin

    def compare(self, noted: Noted, what: str) -> None:
        """Every table and file against what was noted."""
        rows, found = tables(), files(self.media)
        differ = [name for name in noted.rows if rows.get(name) != noted.rows[name]]
        lost = [name for name, print_ in noted.files.items() if found.get(name) != print_]
        self.must(set(rows) == set(noted.rows), f"{what}: other tables than before")
        self.must(not differ, f"{what}: these tables differ: {', '.join(differ[:5])}")
        self.must(not lost, f"{what}: {len(lost)} files are lost or differ")
        newer = len(found.keys() - noted.files.keys())
        total = sum(count for count, _print in rows.values())
        say(
            f"  {what}: {len(rows)} tables with {total} rows and {len(noted.files)} files are as"
            f" noted; {newer} files are newer than the point"
        )
        self.figures |= {"tables": len(rows), "rows": total, "files": len(noted.files)}
        self.figures["newer"] = newer

    def check_files(self) -> None:
        """Each row's file is the one that was taken in, and no row speaks of a newer file."""
        found = files(self.media)
        wrong = [one for one in Document.objects.all() if found.get(one.file.name) != one.sha256]
        self.must(not wrong, f"{len(wrong)} rows have another file than they say")
        unknown = len(found) - Document.objects.count()
        self.must(unknown == self.figures["newer"], "files without rows are not the newer ones")

    def check_letters(self, noted: Noted) -> None:
        """Nothing leaves before the release, a new code does, and then what had never left."""
        before = left(self.box)
        actions.sweep()
        self.must(left(self.box) == before, "letters left although nobody released them")
        self.must(Dispatch.objects.held().exists(), "the restore was not noticed")
        self.must(is_held_at_readyz(), "/readyz does not say that letters are held")
        actions.post_code(
            subject="Your code", paragraphs=["123456"], to="a@example.org", action=None, user=None
        )
        actions.sweep()
        codes = sum(left(self.box).values()) - sum(before.values())
        self.must(codes == 1, f"{codes} letters left for one new code")
        # What the mail server writes about each letter it took.
        log = self.box.with_name("mail.log")
        log.write_text("".join(f"accepted <{key}@example.org>\n" for key in left(self.box)))
        said = command(
            *("release_letters", "--all", "--already-sent", str(log)),
            *("--reason", "Restored after the loss of the machine."),
        )
        say("  " + said.replace("\n", "\n  "))
        actions.sweep()
        after = left(self.box)
        twice = sum(count > 1 for count in after.values())
        lost = len(noted.pending - after.keys())
        late = len(after.keys() - before.keys()) - codes
        self.must(not twice, f"{twice} letters were sent again")
        self.must(not lost, f"{lost} letters that waited never left")
        self.must(late == NEVER_LEFT, f"{late} left after the release instead of {NEVER_LEFT}")
        self.figures |= {"pending": len(noted.pending), "twice": twice, "lost": lost, "late": late}

    def check_closed(self) -> None:
        """Who was erased stays erased."""
        self.must(is_named(self.closed), "the restore had nobody to erase, so nothing is proved")
        say("  " + command("closed_accounts", "--again", str(self.ledger)))
        self.must(not is_named(self.closed), "the restore has brought an erased person back")

    def control_without_hold(self, noted: Noted) -> None:
        """The same restore, to the instant this time, with the hold switched off."""
        seconds = self.restore(
            f"recovery_target_time = '{noted.instant}'", "recovery_target_timeline = 'current'"
        )
        self.compare(noted, f"to the instant, {seconds:.1f} s")
        settings.HOLD_AFTER_RESTORE = False
        deliver_due(limit=1_000)
        again = sum(count > 1 for count in left(self.box).values())
        self.figures["control_again"] = again
        self.must(again > 0, "the control sent no old letter again, so the bench proves nothing")
        say(f"  the control without the hold sent {again} old letters again")

    def control_tampered(self) -> None:
        """One byte changed in one file of the backup, many times over."""
        found = 0
        self.must(self.cluster.backup_is_whole(self.cluster.backup), "the backup is not whole")
        candidates = sorted(
            path
            for path in (self.cluster.backup / "base").rglob("*")
            if path.is_file() and path.stat().st_size
        )
        for _one in range(self.options.tampered):
            path = self.rng.choice(candidates)
            place = self.rng.randrange(path.stat().st_size)
            with path.open("r+b") as file:
                file.seek(place)
                byte = file.read(1)
                file.seek(place)
                file.write(bytes([byte[0] ^ (1 << self.rng.randrange(8))]))
            found += not self.cluster.backup_is_whole(self.cluster.backup)
            with path.open("r+b") as file:
                file.seek(place)
                file.write(byte)
        self.figures["tampered"] = found
        self.must(found == self.options.tampered, f"only {found} changed backups were found out")
        say(f"  {found} of {self.options.tampered} backups with one changed bit were found out")

    def run(self) -> None:
        """All of it."""
        self.build()
        noted = self.note_point()
        self.go_on(noted)
        say(
            f"  at the point {len(noted.pending)} letters waited; {self.figures['left_since']} of"
            " them left before the loss"
        )
        self.control_tampered()
        self.lose_everything()
        self.figures["restore_s"] = self.restore(f"recovery_target_name = '{POINT}'")
        self.compare(noted, f"to the point, {self.figures['restore_s']:.1f} s")
        say("  " + command("verify_audit").partition("\n")[0])
        self.check_files()
        self.check_letters(noted)
        self.check_closed()
        say("  " + command("verify_audit").partition("\n")[0])
        self.control_without_hold(noted)


def is_held_at_readyz() -> bool:
    """What the alarm reads."""
    answer = Client().get("/readyz", headers={"host": "localhost"}, secure=False)
    return answer.status_code == 503 and answer.json()["checks"]["letters"]["held"] is True
