"""Strict readers of environment variables: a bad value stops the process and says its name."""

from __future__ import annotations

import importlib.util
import os
import sys
from datetime import time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import environ
from environ.fileaware_mapping import FileAwareMapping

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class _Files(FileAwareMapping):  # type: ignore[misc]
    """A variable may also stand in a file, as a vault hands secrets in: NAME_FILE."""

    def __getitem__(self, key: str) -> str:
        """The value, without the line's end that editors put behind it."""
        value: str = super().__getitem__(key)
        return value.rstrip("\r\n")


class _Environment(environ.Env):  # type: ignore[misc]
    ENVIRON = _Files(cache=False)


_environment = _Environment()


def _read(name: str, reader: Callable[..., T], default: Any) -> T:
    try:
        return reader(name, default=default)
    except (ValueError, OSError, environ.ImproperlyConfigured) as error:
        sys.exit(f"The environment variable {name} has a bad value: {error}")


def text(name: str, default: str = "") -> str:
    """The variable as text."""
    value: str = _read(name, _environment.str, default)
    return value


def file(name: str) -> str:
    """The variable as the path of a file that can be read; empty where it is not set."""
    path = text(name)
    if path and not os.access(path, os.R_OK):
        sys.exit(f"The environment variable {name} has a bad value: {path} cannot be read")
    return path


def number(name: str, default: int, *, at_least: int = 0) -> int:
    """The variable as a whole number not below ``at_least``."""
    value: int = _read(name, _environment.int, default)
    if value < at_least:
        sys.exit(f"The environment variable {name} has a bad value: {value} is below {at_least}")
    return value


def wall_clock(name: str, default: str) -> time:
    """The variable as an hour on the wall clock, 21:00."""
    value = text(name, default).strip()
    try:
        return time.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        sys.exit(f"The environment variable {name} has a bad value: {value!r} is no hour as 21:00")


def secret(name: str) -> str:
    """The variable as a secret; without one nothing starts."""
    value = text(name)
    if not value:
        sys.exit(f"The environment variable {name} is not set. Give at least 50 random characters.")
    return value


def one_of(name: str, choices: tuple[str, ...], default: str) -> str:
    """The variable as one of a few words, in capitals."""
    value = text(name, default).strip().upper()
    if value not in choices:
        sys.exit(
            f"The environment variable {name} has a bad value: {value} is none of"
            f" {', '.join(choices)}"
        )
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """The variable as yes or no: 1, 0, true, false, yes, no, on, off; anything else stops."""
    raw = text(name, "1" if default else "0").strip().lower()
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off", ""}:
        return False
    sys.exit(f"The environment variable {name} has a bad value: {raw!r} is neither yes nor no")


def words(name: str, default: list[str]) -> list[str]:
    """The variable as a list of words with commas between them."""
    return [word.strip() for word in _read(name, _environment.list, default) if word.strip()]


def starting_with(prefix: str) -> dict[str, str]:
    """Every variable of this family that has a value, by the rest of its name."""
    # One that stands in a file is there under its own name as well.
    family = {name for name in _environment.ENVIRON if name.startswith(prefix)}
    return {
        name.removeprefix(prefix): value
        for name in sorted(family)
        if not name.endswith("_FILE") and (value := text(name))
    }


def database(name: str) -> dict[str, Any]:
    """The variable as Django's description of a PostgreSQL database."""
    if not text(name):
        sys.exit(
            f"The environment variable {name} is not set. `python3 dev.py manage …` sets it for"
            " the embedded PostgreSQL; elsewhere give postgres://user:password@host/name."
        )
    found: dict[str, Any] = _read(name, _environment.db_url, "")
    if found.get("ENGINE") != "django.db.backends.postgresql":
        sys.exit(f"The environment variable {name} has a bad value: it must start postgres://")
    return dict(found)


def mail(name: str, default: str) -> dict[str, Any]:
    """The variable as Django's mail settings (smtp://, smtp+tls://, consolemail://)."""
    return dict(_read(name, _environment.email_url, default))


def needs(package: str, *, extra: str, name: str) -> None:
    """Stop where a variable asks for an optional part that is not installed."""
    if importlib.util.find_spec(package) is None:
        sys.exit(
            f"The environment variable {name} needs the package {package}, which is not installed."
            f" It is the optional part “{extra}”; requirements/production.txt has it."
        )


def bucket(name: str) -> dict[str, Any] | None:
    """The variable as an object store (s3://bucket/folder?endpoint=…&region=…), if it is set."""
    raw = text(name)
    if not raw:
        return None
    parts = urlsplit(raw)
    asked = dict(parse_qsl(parts.query))
    if parts.scheme != "s3" or not parts.hostname or set(asked) - {"endpoint", "region"}:
        sys.exit(
            f"The environment variable {name} has a bad value: it must be"
            " s3://bucket/folder?endpoint=https://…&region=…"
        )
    if parts.password:
        sys.exit(
            f"The environment variable {name} has a bad value: the key belongs into"
            " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or into the machine's role."
        )
    needs("storages", extra="s3", name=name)
    return {"bucket": parts.hostname, "folder": parts.path.strip("/"), **asked}
