"""The portal's own processes: what must be done before they start, and how they start."""

from __future__ import annotations

import errno
import http.client
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from devtools import stamps
from devtools.console import Failure, say, step
from devtools.locks import set_up_lock
from devtools.paths import LOCAL, NODE_MODULES, PYTHON, REQUIREMENTS, ROOT
from devtools.runs import run_logged
from devtools.supervisor import Service

if TYPE_CHECKING:
    from devtools.services import Site
    from devtools.supervisor import Supervisor

DEFAULT_PORT = 8000
_PORTS_TO_TRY = 50
_LAST_PORT = 65_535
_SERVER_ERROR = 500


def _can_listen(family: socket.AddressFamily, address: str, port: int) -> int:
    """0 when the port is free there, else the number of the error."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno or errno.EIO
    return 0


def has_ipv6() -> bool:
    """Whether this machine has the second address that the name localhost may mean."""
    return socket.has_ipv6 and _can_listen(socket.AF_INET6, "::1", 0) == 0


def _trouble_with(port: int) -> int:
    """Why the port cannot be had on either address of localhost; 0 when it can."""
    trouble = _can_listen(socket.AF_INET, "127.0.0.1", port)
    if not trouble and has_ipv6():
        trouble = _can_listen(socket.AF_INET6, "::1", port)
    return trouble


def choose_port(wanted: int | None) -> int:
    """The wanted port or one sentence; without a wish the first free one from 8000 on."""
    if wanted is not None:
        if not 1 <= wanted <= _LAST_PORT:
            message = f"{wanted} is no port: give a number from 1 to {_LAST_PORT}."
            raise Failure(message)
        trouble = _trouble_with(wanted)
        if trouble == errno.EACCES:
            message = f"Port {wanted} is for root only: choose one from 1024 on with --port."
            raise Failure(message)
        if trouble:
            message = (
                f"Port {wanted} is taken by another program: choose another with --port, or leave"
                " --port out."
            )
            raise Failure(message)
        return wanted
    for port in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TO_TRY):
        if not _trouble_with(port):
            if port != DEFAULT_PORT:
                say(f"  Port {DEFAULT_PORT} is taken by another program, so this is port {port}.")
            return port
    last = DEFAULT_PORT + _PORTS_TO_TRY - 1
    message = f"The ports {DEFAULT_PORT} to {last} are all taken: choose one with --port."
    raise Failure(message)


def manage(site: Site, what: str, *arguments: str, as_owner: bool = False) -> str:
    """Run one of Django's commands for the site and return what it printed."""
    env = site.as_owner() if as_owner else site.env
    log = f"{site.name}-{arguments[0].replace('_', '-')}"
    return run_logged(what, [PYTHON, ROOT / "manage.py", *arguments], log=log, env=env)


def migrate(site: Site) -> None:
    """Bring the tables to the code's state, as the role that owns them."""
    stamp = site.folder / "migrated"
    inputs = [REQUIREMENTS / "run.txt", ROOT / "portal" / "settings"]
    inputs += sorted(ROOT.glob("[a-z]*/migrations"))
    value = stamps.of_looks(inputs)
    if site.is_ours and stamps.is_fresh(stamp, value):
        return
    manage(site, "Migrating the database", "migrate", "--noinput", as_owner=True)
    manage(site, "Making the cache table", "createcachetable", as_owner=True)
    stamps.write(stamp, value)


def collect_static(site: Site) -> None:
    """Gather and compress what the browser loads, when anything of it changed."""
    with set_up_lock():
        stamp = LOCAL / "static.stamp"
        inputs = [
            *(ROOT / "static", ROOT / "portal" / "settings", *sorted(ROOT.glob("[a-z]*/static"))),
            *(ROOT / "package-lock.json", REQUIREMENTS / "run.txt", NODE_MODULES / ".stamp"),
        ]
        value = stamps.of_looks(path for path in inputs if path.exists())
        if stamps.is_fresh(stamp, value) and (LOCAL / "static").is_dir():
            return
        stamp.unlink(missing_ok=True)
        manage(site, "Collecting the static files", "collectstatic", "--noinput", "--clear")
        stamps.write(stamp, value)


def load_demo(site: Site) -> None:
    """Fill an empty demonstration; what people did in it since stays."""
    stamp = site.folder / "loaded"
    if site.is_ours and stamp.exists():
        return
    manage(site, "Loading the demonstration data", "load_demo")
    stamps.write(stamp, "loaded")


def make_ready(site: Site) -> None:
    """Everything between running services and running processes."""
    for name in ("MEDIA_ROOT", "MAIL_DIR"):
        Path(site.env[name]).mkdir(parents=True, exist_ok=True)
    with step("tables"):
        migrate(site)
    with step("static files"):
        collect_static(site)


def start_portal(site: Site, supervisor: Supervisor, port: int) -> Service:
    """Start web, worker and scheduler, and return the one to wait for."""
    python = str(PYTHON)
    binds = ["--bind", f"127.0.0.1:{port}"]
    if has_ipv6():
        binds += ["--bind", f"[::1]:{port}"]
    again = "ended by itself and is started again"
    web = Service(
        "web",
        [python, "-m", "gunicorn", "-c", "portal/gunicorn.py", *binds, "portal.wsgi"],
        site.env,
        f"{site.name}-web",
        is_ready=lambda _pid: _answers(port),
        when_lost=f"The web server {again}: see .local/log/{site.name}-web.log.",
    )
    supervisor.start(web, wait=False)
    # A worker whose broker is gone ends with 1. That is no failure: it comes back with the broker.
    needs = "redis" if "redis" in supervisor.services else ""
    celery = [python, "-m", "celery", "-A", "portal"]
    schedule = str(site.folder / "beat-schedule")
    threads = ["worker", "-P", "threads", "-c", "2", "--without-gossip", "--without-mingle"]
    for name, rest in (
        ("worker", threads),
        ("scheduler", ["beat", "-s", schedule, "--pidfile="]),
    ):
        service = Service(name, [*celery, *rest], site.env, f"{site.name}-{name}", needs=needs)
        supervisor.start(service, wait=False)
    return web


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    if answer.status >= _SERVER_ERROR:
        # It runs and fails: waiting would not help, its log would.
        say(f"(answers {answer.status}) ", end="")
    return True


def accounts(site: Site) -> str:
    """The table of demonstration accounts, as Django prints it."""
    return manage(site, "Listing the demonstration accounts", "demo_accounts").strip("\n")
