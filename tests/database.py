"""The tests' database: made from the migrations once, copied for each run, put back after commits.

The first worker migrates into a template; the others, and later runs, copy it as long as no
migration changes. After a test with real commits only the tables that changed are put back, each
with the rows that migrations put in, so that no test depends on those before it.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import environ
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connections
from django.test.utils import setup_databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

#: What Django itself remembers; no test writes there.
UNTOUCHED = {"django_migrations"}


def owner() -> dict[str, Any]:
    """Who the owner of the database is; the application's role may not create or empty tables."""
    found: dict[str, Any] = environ.Env().db_url("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
    return {"USER": found["USER"], "PASSWORD": found["PASSWORD"]}


def act_as(who: dict[str, Any]) -> dict[str, Any]:
    """Let the default connection sign in as ``who`` from its next use on; answers who it was."""
    connection = connections["default"]
    before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict.update(who)
    return before


# -- making ---------------------------------------------------------------------------------------


def fingerprint() -> str:
    """What the tables are made from, in one word: every file beside a migration of every app."""
    found = hashlib.sha256(f"{django.__version__} {settings.INSTALLED_APPS}".encode())
    for app in apps.get_app_configs():
        for file in sorted((Path(app.path) / "migrations").rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                found.update(f"{app.label} {file.name}".encode() + file.read_bytes())
    return found.hexdigest()


@contextmanager
def fresh_database(*, anew: bool = False, keep: bool = False) -> Iterator[None]:
    """A copy of the template as the default database; the template is made where it is outdated."""
    connection, application = connections["default"], act_as(owner())
    before = connection.settings_dict["NAME"]
    template = f"test_{before}_template"
    name = connection.settings_dict["TEST"]["NAME"] or f"test_{before}"
    quoted, quoted_template = (connection.ops.quote_name(one) for one in (name, template))
    try:
        with connection._nodb_cursor() as cursor:
            # Two workers begin at once: one makes the template, the other waits for it.
            cursor.execute("SET lock_timeout = 0; SET statement_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [template])
            cursor.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
                [template],
            )
            made_from, wanted = cursor.fetchone(), fingerprint()
            if anew or made_from != (wanted,):
                _make(template)
                cursor.execute(f"COMMENT ON DATABASE {quoted_template} IS '{wanted}'")
            cursor.execute(f"DROP DATABASE IF EXISTS {quoted}")
            cursor.execute(f"CREATE DATABASE {quoted} TEMPLATE {quoted_template}")
    finally:
        act_as(application)
    _point_to(name)
    try:
        yield
    finally:
        connection.close()
        _point_to(before)
        if not keep:
            act_as(owner())
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {quoted}")
            act_as(application)


def _make(template: str) -> None:
    """Migrate into a new database of that name and leave it."""
    connection = connections["default"]
    asked, before = connection.settings_dict["TEST"], connection.settings_dict["NAME"]
    name = asked["NAME"]
    asked["NAME"] = template
    try:
        setup_databases(verbosity=0, interactive=False)
    finally:
        asked["NAME"] = name
        connection.close()
        _point_to(before)


def _point_to(name: str) -> None:
    """Let the default connection and the settings mean the database of that name."""
    settings.DATABASES["default"]["NAME"] = name
    connections["default"].settings_dict["NAME"] = name


# -- putting back ---------------------------------------------------------------------------------


class Ground:
    """What stands in the tables before the first test, and how it comes back after each."""

    def __init__(self) -> None:
        self._connection: BaseDatabaseWrapper = connections["default"].copy()
        self._connection.settings_dict.update(owner())
        names = [
            name
            for (name,) in self._rows(
                "SELECT quote_ident(relname) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
            )
            if name not in UNTOUCHED
        ]
        self._guarded = {
            name
            for (name,) in self._rows(
                "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
            )
        }
        self._kept: dict[str, str] = {}
        for name in names:
            ((rows,),) = self._rows(f"SELECT json_agg(t)::text FROM {name} t")
            if rows:
                self._kept[name] = rows
        self._question = " UNION ALL ".join(
            f"SELECT '{name}' WHERE {self._has_changed(name)}" for name in names
        )

    def _has_changed(self, name: str) -> str:
        """Whether there is a row, or, where migrations put rows in, whether they are others."""
        if name not in self._kept:
            return f"EXISTS (SELECT FROM {name})"
        said = f"SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {name} t"
        ((mark,),) = self._rows(said)
        return f"({said}) IS DISTINCT FROM '{mark}'"

    def _rows(self, question: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(question)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def put_back(self) -> None:
        """Empty the tables that a test wrote to, and give those their rows that had some.

        A thread that a failed test left behind may still commit: then once more.
        """
        for patience in (0.5, 2.0, 5.0):
            try:
                return self._put_back()
            except DatabaseError:
                self._connection.close()  # and with it the transaction
                time.sleep(patience)
        return self._put_back()

    def _put_back(self) -> None:
        touched = [name for (name,) in self._rows(self._question)]
        if not touched:
            return
        guarded = [name for name in touched if name in self._guarded]
        statements = [
            "BEGIN",
            "SET CONSTRAINTS ALL DEFERRED",
            # History and the audit trail refuse to be deleted from: that is for the owner to lift.
            *(f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in guarded),
            *(f"DELETE FROM {name}" for name in touched),
            *(
                f"INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, %s)"
                for name in touched
                if name in self._kept
            ),
            "SET CONSTRAINTS ALL IMMEDIATE",
            *(f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in guarded),
            "COMMIT",
        ]
        rows = [self._kept[name] for name in touched if name in self._kept]
        with self._connection.cursor() as cursor:
            cursor.execute(";\n".join(statements), rows)

    def close(self) -> None:
        """Let go of the database, so that it can be dropped."""
        self._connection.close()


#: The ground of this worker, once its database is made.
GROUND: list[Ground] = []
