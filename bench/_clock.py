"""A clock for one database that a bench sets forward: the product asks the database the time.

Every instant by which the portal decides is `clock_timestamp()` (docs/architecture.md, "Time is the
database's"). A function of that name in a schema that is searched first answers for it, for the
sessions of one role in one database; not a line of the product is another. What columns say by
default (when a row was written) stays the true clock, so both can be compared.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from bench._control import owner_session

MAKE = """
    CREATE SCHEMA IF NOT EXISTS bench;
    CREATE TABLE IF NOT EXISTS bench.clock (ahead interval NOT NULL);
    TRUNCATE bench.clock;
    INSERT INTO bench.clock VALUES (interval '0');
    CREATE OR REPLACE FUNCTION bench.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT pg_catalog.clock_timestamp() + ahead FROM bench.clock';
    CREATE OR REPLACE FUNCTION bench.statement_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT pg_catalog.statement_timestamp() + ahead FROM bench.clock';
    GRANT USAGE ON SCHEMA bench TO portal_app;
    GRANT SELECT ON bench.clock TO portal_app;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bench TO portal_app;
"""


class Clock:
    """What time it is for the portal; it runs on by itself from where it is set."""

    def __init__(self, owner_url: str) -> None:
        self._session = owner_session(owner_url)
        with self._session.cursor() as cursor:
            cursor.execute(MAKE)
        self._tell_the_role("SET search_path = bench, pg_catalog, public, pg_temp")

    def set(self, instant: datetime) -> None:
        """From now on it is this instant; it never goes back."""
        with self._session.cursor() as cursor:
            cursor.execute(
                "UPDATE bench.clock SET ahead ="
                " greatest(ahead, %s::timestamptz - pg_catalog.clock_timestamp())",
                [instant],
            )

    def now(self) -> datetime:
        """What the portal reads."""
        with self._session.cursor() as cursor:
            cursor.execute("SELECT bench.clock_timestamp()")
            found: datetime = cursor.fetchone()[0]
        return found.astimezone(UTC)

    def close(self) -> None:
        """It is what it was."""
        self._tell_the_role("RESET search_path")
        self._session.close()

    @staticmethod
    def _tell_the_role(what: str) -> None:
        """For every later session of the portal's role in this database; it may do so itself."""
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {name} {what}")
        connection.close()
