"""Lines of the log: one JSON object each, with the request they belong to, without personal data.

Standard library only: gunicorn loads this before there are settings.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The request, or the task that came of it, whose code is running.
current: ContextVar[str] = ContextVar("request_id", default="")
#: The task that is running, in a worker.
task: ContextVar[str] = ContextVar("task", default="")

#: What a proxy may call a request: no room for anything but a key.
WELL_FORMED = re.compile(r"[A-Za-z0-9-]{16,64}")
#: Our own loggers: their words are constants, their arguments keys, numbers and names of types.
OWN = ("portal", "startups", "challenges", "procurement")
#: Loggers whose every record the line of the request says better, and without its address.
TOLD_BY_THE_REQUEST = ("django.request", "django.security")

_ROOT = Path(__file__).resolve().parents[1]
_FRAMES = 12
_KEPT = (int, float, bool, type(None))
_SECRETS = (
    # Rows as PostgreSQL prints them: "DETAIL:  Key (email)=(amina@example.org) already exists."
    (re.compile(r"(DETAIL|CONTEXT|HINT|LINE \d+|QUERY):.*", re.DOTALL), r"\1: …"),
    (re.compile(r"(\w+://)[^/\s@]+@"), r"\1…@"),
    (re.compile(r"\?[^\s\"']+"), "?…"),
    (re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+"), "…@…"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "…"),
    (re.compile(r"(?<![\w.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w.])", re.IGNORECASE), "…"),
)
#: Tokens: long words with a digit in them that are no key. A key of ours is a UUID, says nothing.
_LONG = re.compile(r"[A-Za-z0-9_-]{24,}")
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_request_id() -> str:
    """A name for one request."""
    return uuid.uuid4().hex


def request_id_from(given: str, *, trusted: bool) -> str:
    """The proxy's name for a request if a proxy stands before us and it looks like one."""
    if trusted and WELL_FORMED.fullmatch(given):
        return given
    return new_request_id()


def scrub(text: str) -> str:
    """The text without addresses, tokens, queries and rows of the database."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _LONG.sub(_unless_key, text)


def _unless_key(found: re.Match[str]) -> str:
    word = found.group()
    is_word = not any(letter.isdigit() for letter in word)
    return word if is_word or _KEY.fullmatch(word) else "…"


def _is_own(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OWN


def _harmless(value: Any) -> Any:
    return value if isinstance(value, _KEPT) else "…"


def message_of(record: logging.LogRecord) -> str:
    """What the record says; of a library's words only the constant part and its numbers.

    Nobody knows what a library puts into its arguments: a path with a token, a row, a name.
    """
    if _is_own(record):
        return scrub(record.getMessage())
    words = str(record.msg)
    if isinstance(record.args, dict):
        arguments: Any = {key: _harmless(value) for key, value in record.args.items()}
    else:
        arguments = tuple(_harmless(value) for value in record.args or ())
    if arguments:
        try:
            words %= arguments
        except (TypeError, ValueError):
            words = re.sub(r"%(?:\(\w+\))?[-+ #0]*[\d.]*[a-zA-Z]", "…", words)
    return scrub(words)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, outermost first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _short(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(_ROOT) and ".venv" not in path.parts:
        return str(path.relative_to(_ROOT))
    return "/".join(path.parts[-3:])


def described(error: BaseException) -> dict[str, Any]:
    """An error without its message, which may repeat what somebody typed.

    Of a database's error also what names no value: the code, the table, the column, the rule.
    """
    told: dict[str, Any] = {"errors": [type(link).__qualname__ for link in _chain(error)]}
    deepest = list(_chain(error))[-1]
    frames = [
        f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    told["frames"] = frames[-_FRAMES:]
    # Drivers' own attributes, read without importing the driver.
    if code := getattr(deepest, "pgcode", None):
        told["sqlstate"] = code
    elif reason := why_no_connection(error):
        told["reason"] = reason
    diagnosis = getattr(deepest, "diag", None)
    for name in ("table_name", "column_name", "constraint_name"):
        if value := getattr(diagnosis, name, None):
            told[name] = value
    return told


def why_no_connection(error: BaseException) -> str:
    """What was said where no session with the database came about or one ended; no row is in it."""
    deepest = list(_chain(error))[-1]
    module, name = type(deepest).__module__, type(deepest).__name__
    if module != "psycopg2" or name not in {"OperationalError", "InterfaceError"}:
        return ""
    if getattr(deepest, "pgcode", None):
        return ""
    return scrub(" ".join(str(deepest).split()))[:200]


class NotTwice(logging.Filter):
    """Keeps out what the line of the request tells, and lets one record of a broken page pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        if not record.name.startswith(TOLD_BY_THE_REQUEST):
            return True
        # A database that is away is no bug: its 503 is one line, without a traceback.
        return record.exc_info is not None and getattr(record, "status_code", 0) == 500  # noqa: PLR2004


class _Scrubbed(logging.Formatter):
    """What both formats share. With ``plain`` a developer sees everything as it is."""

    def __init__(self, *_args: Any, plain: bool = False, **_options: Any) -> None:
        super().__init__()
        self.plain = plain

    def told(self, record: logging.LogRecord) -> dict[str, Any]:
        """The parts of one line."""
        parts: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage() if self.plain else message_of(record),
        }
        if request := current.get():
            parts["request_id"] = request
        if running := task.get():
            parts["task"] = running
        if _is_own(record):
            parts |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[1] is not None:
            parts |= described(record.exc_info[1])
        return parts


class JsonFormatter(_Scrubbed):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return json.dumps(self.told(record), ensure_ascii=False, default=lambda _value: "…")


class LineFormatter(_Scrubbed):
    """One line of words, for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; for a developer with the whole traceback below it."""
        parts = self.told(record)
        head = " ".join(str(parts.pop(name)) for name in ("at", "level", "logger", "message"))
        if self.plain and record.exc_info:
            return f"{head}\n{self.formatException(record.exc_info)}"
        tail = " ".join(
            f"{name}={','.join(value) if isinstance(value, list) else value}"
            for name, value in parts.items()
        )
        return f"{head} {tail}".rstrip().replace("\n", " ")


def configuration(
    *, style: str, level: str, plain: bool, loggers: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What `logging` is told: everything to standard error, in one of the two formats."""
    formatter = JsonFormatter if style == "JSON" else LineFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"not_twice": {"()": NotTwice}},
        "formatters": {"chosen": {"()": formatter, "plain": plain}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "chosen",
                "filters": [] if plain else ["not_twice"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django gives these handlers of their own, which know nothing of our formats.
            "django": {"handlers": [], "level": "INFO"},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "celery.beat": {"level": "WARNING"},
            # Says at each import that it is there.
            "pikepdf": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # A line for each wake-up says nothing.
            "celery.worker.strategy": {"level": "WARNING"},
            **(loggers or {}),
        },
    }
