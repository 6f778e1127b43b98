"""Finds a Chromium for the browser tests, or installs Debian's where it may."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from devtools.console import Failure
from devtools.runs import run_logged

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# The fonts belong to the measurement: without them pages of other scripts are measured as boxes.
_PACKAGES = ("chromium", "fonts-noto-core")
HOW_TO_GET = (
    "install Chromium (`apt-get install chromium fonts-noto-core`) or set CHROME to its path"
)


def _runs(program: str) -> bool:
    """Whether it starts; on some systems the name is only a hint to install something."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def find() -> str | None:
    """The path of a Chromium that starts: CHROME, else the usual names."""
    chosen = os.environ.get("CHROME")
    if chosen:
        if _runs(chosen):
            return chosen
        message = f"CHROME is {chosen}, which does not start."
        raise Failure(message)
    for name in _NAMES:
        path = shutil.which(name)
        if path and _runs(path):
            return path
    return None


def _may_install() -> bool:
    is_debian = Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None
    return os.geteuid() == 0 and is_debian


def find_or_install() -> str | None:
    """The path of a Chromium, installed as root on Debian when there is none; else None."""
    found = find()
    if found or not _may_install():
        return found
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    what = "Installing Chromium"
    try:
        run_logged(what, ["apt-get", "update"], log="chromium", env=env)
        install = ["apt-get", "install", "-y", "--no-install-recommends", *_PACKAGES]
        run_logged(what, install, log="chromium", env=env)
    except Failure:
        # The tests that need none can still run; the caller says what is missing.
        return None
    return find()
