"""A PostgreSQL of the bench's own that archives its log, is backed up, lost and restored."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import psycopg2

from devtools import postgres
from devtools.console import Failure
from devtools.runs import die_with_parent, log_file

if TYPE_CHECKING:
    from pathlib import Path

READY_SECONDS = 120


class Cluster:
    """One cluster, its archive and its backup, all in folders of the server's user."""

    def __init__(self, folder: Path) -> None:
        embedded, _valkey = postgres.embedded_packages()
        programs = postgres.find_programs(embedded)
        missing = [
            name for name in ("pg_basebackup", "pg_verifybackup") if not (programs / name).is_file()
        ]
        if missing:
            sys.exit(
                f"{programs} has no {' and no '.join(missing)}: install PostgreSQL's client"
                " programs (Debian: postgresql-client), or unset PG_BIN to use the embedded ones."
            )
        self.sockets = postgres.socket_folder()
        self.server = postgres.Postgres(folder, programs, self.sockets, durable=True)
        try:
            self.server.prepare()
        except Failure as failure:
            sys.exit(str(failure))
        self.home = self.server.data.parent
        self.archive, self.backup = self.home / "archive", self.home / "backup"
        self.log = log_file("bench-restore-postgres")
        self.log.write_bytes(b"")
        self._process: subprocess.Popen[bytes] | None = None
        self.run("mkdir", "-p", self.archive)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
        for folder in (self.home, self.sockets):
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Run a program as the server's user."""
        return subprocess.run(
            [*self.server._prefix, *map(str, words)], capture_output=True, text=True, check=False
        )

    def program(self, name: str, *words: object) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's own programs."""
        return self.run(self.server.programs / name, *words)

    def url(self, role: str) -> str:
        """The address for that role."""
        return self.server.url(role)

    # -- living ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Start, and wait until it takes writes."""
        keep = f"test ! -f {self.archive}/%f && cp %p {self.archive}/%f"
        settings = {"archive_mode": "on", "archive_command": keep, "archive_timeout": "60"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.server.command(), *options],
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 -- before any thread
            )
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(psycopg2.Error):
                if self.ask("SELECT NOT pg_is_in_recovery()") is True:
                    return
            time.sleep(0.05)
        sys.exit(f"PostgreSQL does not come up: see {self.log}.")

    def ask(self, sql: str, *values: object) -> object:
        """One value, asked by the superuser in a session of its own."""
        session = psycopg2.connect(self.url("postgres"), connect_timeout=3)
        try:
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchone()[0]
        finally:
            session.close()

    def archive_all(self) -> None:
        """End the present segment of the log and wait until the archive has it."""
        segment = self.ask("SELECT pg_walfile_name(pg_switch_wal())")
        end = time.monotonic() + READY_SECONDS
        while self.run("test", "-f", self.archive / str(segment)).returncode != 0:
            if time.monotonic() > end:
                sys.exit(f"The archive does not take {segment}: see {self.log}.")
            time.sleep(0.05)

    # -- backup, loss, restore --------------------------------------------------------------------

    def make_backup(self) -> float:
        """A base backup with a manifest of fingerprints; the seconds it took."""
        begin = time.monotonic()
        done = self.program(
            *("pg_basebackup", "-D", self.backup, "--checkpoint=fast", "--wal-method=stream"),
            *("--manifest-checksums=SHA256", "-h", self.sockets, "-U", "postgres"),
        )
        if done.returncode:
            sys.exit(f"The backup failed: {done.stderr}")
        return time.monotonic() - begin

    def backup_is_whole(self, folder: Path) -> bool:
        """What pg_verifybackup says of a backup."""
        return self.program("pg_verifybackup", "--quiet", folder).returncode == 0

    def destroy(self) -> None:
        """SIGKILL to the server, and its folder gone."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        self.run("rm", "-rf", self.server.data)

    def restore(self, *target: str) -> float:
        """The backup and the archive up to a target, taken into service; the seconds it took."""
        begin = time.monotonic()
        if self._process is not None:
            self.destroy()
        self.run("cp", "-a", self.backup, self.server.data)
        lines = [f"restore_command = 'cp {self.archive}/%f %p'", *target]
        lines.append("recovery_target_action = 'promote'")
        text = "".join(f"{line}\n" for line in lines)
        configuration = self.server.data / "postgresql.auto.conf"
        self.run("sh", "-c", f'printf %s "$1" >> {configuration}', "sh", text)
        self.run("touch", self.server.data / "recovery.signal")
        self.start()
        return time.monotonic() - begin
