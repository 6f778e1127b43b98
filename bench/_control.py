"""The ground on which the control runs: a database of its own, without the second wall."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

import psycopg2

if TYPE_CHECKING:
    from collections.abc import Mapping

WALL = re.compile(r"RAISE EXCEPTION.*?'application_was_in_time';", re.DOTALL)


def make_control(owner_url: str) -> str:
    """A second database for the control, with the second wall down; answers its name."""
    name = f"{name_of(owner_url)}_control"
    session = owner_session(owner_url)
    with session.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{name_of(owner_url)}"')
    session.close()
    session = owner_session(with_database(owner_url, name))
    with session.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_functiondef(tgfoid) FROM pg_trigger"
            " WHERE tgrelid = 'challenges_application'::regclass"
            " AND tgname LIKE 'pgtrigger_submitted_in_time%'"
        )
        (function,) = cursor.fetchone()
        # It goes on stamping the database's instant, which is what the control is judged by.
        open_wall, found = WALL.subn("NULL;", function)
        if found != 1:
            sys.exit("The control does not find the trigger's wall: bench/rush.py must follow it.")
        cursor.execute(open_wall)
        cursor.execute("ALTER TABLE challenges_application DROP CONSTRAINT application_was_in_time")
    session.close()
    return name


def owner_session(url: str) -> Any:
    """A session of the role that owns the tables, each statement by itself."""
    session = psycopg2.connect(url)
    session.autocommit = True
    return session


def with_database(url: str, name: str) -> str:
    """The same address with another database's name."""
    head, mark, rest = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{mark}{rest}"


def name_of(url: str) -> str:
    """The database's name in an address."""
    return url.partition("?")[0].rpartition("/")[2]


def environment(**changes: str) -> Mapping[str, str]:
    """This process's environment with a few changes."""
    return {**os.environ, **changes}
