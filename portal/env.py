"""Strict readers of environment variables: a bad value stops the process and says its name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import environ

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_environment = environ.Env()


def _read(name: str, reader: Callable[..., T], default: Any) -> T:
    try:
        return reader(name, default=default)
    except (ValueError, environ.ImproperlyConfigured) as error:
        sys.exit(f"The environment variable {name} has a bad value: {error}")


def text(name: str, default: str = "") -> str:
    """The variable as text."""
    value: str = _read(name, _environment.str, default)
    return value


def number(name: str, default: int, *, at_least: int = 0) -> int:
    """The variable as a whole number not below ``at_least``."""
    value: int = _read(name, _environment.int, default)
    if value < at_least:
        sys.exit(f"The environment variable {name} has a bad value: {value} is below {at_least}")
    return value


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
