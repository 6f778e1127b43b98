"""What changed and who may change it: triggers note each change, and rules of their own judge it.

Which role may write which table stands in `_fuzz_tables`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench._control import owner_session
from bench._fuzz_tables import (
    ANYBODY,
    APPLIES,
    COACHES,
    CONSEQUENCES,
    ENDS_WITH_IT,
    GOES_WITH_ONESELF,
    IN_PROGRAMME,
    IN_STARTUP,
    LEADS_TO,
    LEADS_TO_PEOPLE,
    MACHINE,
    OF_NO_PROGRAMME,
    PEOPLE,
    PERSONAL,
    REVIEWS,
    TRAIL,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench._fuzz_stage import Principal

NOTE = """
CREATE TABLE bench_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tab text NOT NULL, op text NOT NULL, old jsonb, new jsonb
);
CREATE FUNCTION bench_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO bench_changes (tab, op, old, new) VALUES (
        TG_TABLE_NAME, TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
    RETURN NULL;
END $$;
GRANT SELECT ON bench_changes TO portal_app;
"""


@dataclass
class Change:
    """One row that was written, changed or taken out."""

    number: int
    table: str
    op: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None

    @property
    def columns(self) -> list[str]:
        """What is different now."""
        if self.old is None or self.new is None:
            return []
        return [name for name, value in self.new.items() if self.old.get(name) != value]

    def __str__(self) -> str:
        row = self.new or self.old or {}
        key = row.get("id", "")
        return f"{self.op} {self.table} {key} {','.join(self.columns)}"


@dataclass
class Anchors:
    """The people, startups and programmes a row belongs to."""

    people: set[str] = field(default_factory=set)
    startups: set[str] = field(default_factory=set)
    programmes: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)


class Ledger:
    """Every change in one database, a copy of all rows to judge it by, and the way back."""

    def __init__(self, owner_url: str) -> None:
        self._owner = owner_session(owner_url)
        self._last = 0
        self._done: list[Change] = []
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self._columns: dict[str, list[str]] = defaultdict(list)
        self._keys: dict[str, str] = {}
        self._prepare()

    def _prepare(self) -> None:
        with self._owner.cursor() as cursor:
            cursor.execute(NOTE)
            cursor.execute(
                "SELECT table_name, column_name, is_generated FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name <> 'bench_changes'"
                " AND table_name IN (SELECT tablename::text FROM pg_tables) ORDER BY 1, 2"
            )
            for table, column, generated in cursor.fetchall():
                if generated == "NEVER":
                    self._columns[table].append(column)
            cursor.execute(
                "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
                " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
                " WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace"
            )
            self._keys = dict(cursor.fetchall())
            for table in self._columns:
                cursor.execute(
                    f'CREATE TRIGGER zzz_bench AFTER INSERT OR UPDATE OR DELETE ON "{table}"'
                    " FOR EACH ROW EXECUTE FUNCTION bench_note()"
                )
                cursor.execute(f'SELECT to_jsonb(t) FROM "{table}" t')
                for (row,) in cursor.fetchall():
                    self.rows[self._key(table, row)] = row

    def _key(self, table: str, row: dict[str, Any]) -> tuple[str, str]:
        return table, str(row[self._keys[table]])

    def read(self, cursor: Any) -> list[Change]:
        """What was changed since the last look, through the caller's own connection."""
        cursor.execute(
            "SELECT id, tab, op, old::text, new::text FROM bench_changes WHERE id > %s ORDER BY id",
            [self._last],
        )
        found = []
        for number, table, op, old, new in cursor.fetchall():
            change = Change(number, table, op, old and json.loads(old), new and json.loads(new))
            self._last = number
            if change.old == change.new:
                continue
            found.append(change)
            if change.new is None:
                self.rows.pop(self._key(table, change.old or {}), None)
            else:
                self.rows[self._key(table, change.new)] = change.new
        self._done += found
        return found

    def undo(self) -> None:
        """Put every row back as it was, the newest change first; walls are down meanwhile."""
        done, self._done = self._done, []
        tables = sorted({change.table for change in done})
        if not tables:
            return
        statements = [f'ALTER TABLE "{table}" DISABLE TRIGGER USER' for table in tables]
        with self._owner.cursor() as cursor:
            cursor.execute("BEGIN; SET CONSTRAINTS ALL DEFERRED; " + "; ".join(statements))
            for change in reversed(done):
                self._undo_one(cursor, change)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in tables:
                cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
            cursor.execute("TRUNCATE bench_changes; COMMIT")

    def _undo_one(self, cursor: Any, change: Change) -> None:
        table, key = change.table, self._keys[change.table]
        names = ", ".join(f'"{name}"' for name in self._columns[table])
        if change.new is not None:
            cursor.execute(
                f'DELETE FROM "{table}" WHERE "{key}"::text = %s', [str(change.new[key])]
            )
            self.rows.pop(self._key(table, change.new), None)
        if change.old is not None:
            cursor.execute(
                f'INSERT INTO "{table}" ({names}) OVERRIDING SYSTEM VALUE'
                f' SELECT {names} FROM jsonb_populate_record(NULL::"{table}", %s)',
                [json.dumps(change.old)],
            )
            self.rows[self._key(table, change.old)] = change.old

    # -- whose a row is ---------------------------------------------------------------------------

    def anchors(self, table: str, row: dict[str, Any], depth: int = 0) -> Anchors:
        """Follow the row's columns to the people, the startups and the programmes behind it."""
        found = Anchors()
        if table == "portal_user":
            found.people.add(str(row["id"]))
        if table == "startups_startup":
            found.startups.add(str(row["id"]))
            # One that was merged stands with the one that was kept, also when they part again.
            found.startups |= {
                str(merge["kept_id"])
                for (name, _key), merge in self.rows.items()
                if name == "startups_merge" and merge["gone_id"] == row["id"]
            }
        if table == "portal_programme":
            found.programmes.add(str(row["id"]))
        found.people |= {str(row[name]) for name in PEOPLE if row.get(name)}
        ways = [(LEADS_TO[name], row[name]) for name in LEADS_TO if row.get(name)]
        if row.get("subject_type") and row.get("subject_id"):
            ways.append((str(row["subject_type"]).replace(".", "_"), row["subject_id"]))
        for target, key in ways:
            if target == "startups_startup":
                found.startups.add(str(key))
            elif target == "portal_programme":
                found.programmes.add(str(key))
            elif target == "startups_place":
                found.places.add(str(key))
            if target in {"startups_startup", "portal_programme"}:
                continue
            if depth < 4 and (behind := self.rows.get((target, str(key)))):
                more = self.anchors(target, behind, depth + 1)
                found.startups |= more.startups
                found.programmes |= more.programmes
                found.places |= more.places
                if target in LEADS_TO_PEOPLE:
                    found.people |= more.people
        return found


class Judge:
    """Whether one principal may have changed what changed."""

    def __init__(self, principal: Principal, ledger: Ledger) -> None:
        self.me, self.ledger = principal, ledger
        self.key = str(principal.user.pk) if principal.user else ""
        self.startups = set(principal.startups)
        self._made = set[str]()
        self._just_left = set[str]()

    def wrong(self, changes: Sequence[Change]) -> list[Change]:
        """The changes that this principal may not make."""
        founded = self._founded(changes)
        self.startups |= founded
        joined = self._joined(changes)
        self._made = {
            str(change.new["id"])
            for change in changes
            if change.table == "portal_user" and change.op == "INSERT" and change.new
        }
        # Whoever closes the account coached until this very request.
        self._just_left = {
            str(change.old["place_id"])
            for change in changes
            if change.table == "startups_mentoring" and change.old and not change.old["ended_at"]
        }
        found = [change for change in changes if not self._may(change)]
        self.startups |= joined
        return found

    def _founded(self, changes: Iterable[Change]) -> set[str]:
        """Startups that are new, with oneself as their first owner."""
        made = {
            str(change.new["id"])
            for change in changes
            if change.table == "startups_startup" and change.op == "INSERT" and change.new
        }
        return {
            str(change.new["startup_id"])
            for change in changes
            if change.table == "startups_membership"
            and change.new
            and str(change.new["user_id"]) == self.key
            and str(change.new["startup_id"]) in made
        }

    def _joined(self, changes: Iterable[Change]) -> set[str]:
        return {
            str(change.new["startup_id"])
            for change in changes
            if change.table == "startups_membership"
            and change.new
            and str(change.new["user_id"]) == self.key
        }

    def _may(self, change: Change) -> bool:
        table, me = change.table, self.me
        if table in MACHINE:
            return True
        if table in TRAIL:
            return change.op == "INSERT"
        if table in CONSEQUENCES and change.op == "INSERT":
            return True
        # Whoever comes with a broken cookie is nobody, and nobody may sign up.
        if self._signs_up(change):
            return True
        if me.who == "anonymous":
            return False
        rows = [row for row in (change.old, change.new) if row is not None]
        return all(self._may_row(change, row) for row in rows)

    def _signs_up(self, change: Change) -> bool:
        """A person who is new with this request, without power, and their address."""
        row = change.new
        if row is None:
            return False
        if change.table == "portal_user":
            return str(row["id"]) in self._made and not row["is_superuser"]
        if change.table == "account_emailaddress":
            return change.op == "INSERT" and str(row["user_id"]) in self._made
        return change.op == "INSERT" and change.table == "account_emailconfirmation"

    def _may_row(self, change: Change, row: dict[str, Any]) -> bool:
        table, me = change.table, self.me
        at = self.ledger.anchors(table, row)
        mine = self.key in at.people and (self._mine(change, row) or self._goes(change))
        if mine or self._asked_to(change, row):
            return True
        if table in COACHES and me.who == "mentor" and self._coached() & at.places:
            return True
        if me.who == "superuser" or (
            at.startups & self.startups and table in IN_STARTUP.get(me.who, APPLIES)
        ):
            return True
        if at.startups & self.startups and me.who in {"owner", "editor", "teammate"}:
            ending, columns = ENDS_WITH_IT
            if table == ending and change.op == "UPDATE" and {*change.columns} <= columns:
                return True
        allowed = IN_PROGRAMME.get(me.who, set()) if me.programmes else set()
        if table in allowed and (at.programmes & me.programmes or self._met(at.startups)):
            return True
        # Some belong to no programme: managers of any may add an organisation, advisers a rule.
        return change.op in OF_NO_PROGRAMME.get(table, ()) and table in allowed

    def _coached(self) -> set[str]:
        """The places whose startup the person coaches now."""
        return {
            str(row["place_id"])
            for (table, _key), row in self.ledger.rows.items()
            if table == "startups_mentoring"
            and (row["ended_at"] is None or str(row["place_id"]) in self._just_left)
            and self.key in self._people_of("startups_mentor", row["mentor_id"])
        }

    def _people_of(self, table: str, key: object) -> set[str]:
        return self.ledger.anchors(table, self.ledger.rows.get((table, str(key)), {})).people

    def _mine(self, change: Change, row: dict[str, Any]) -> bool:
        """One's own account, reviews that one was given, filters, questions asked."""
        table, who = change.table, self.me.who
        if table in PERSONAL or table in ANYBODY:
            return not (table == "portal_user" and {"is_superuser", "is_staff"} & {*change.columns})
        if table in REVIEWS:
            return who in {"reviewer", "chair"} and not self.me.needs_factor
        if table == "portal_programmestaff":
            # Who closes the account gives the role back; nobody gives themselves one.
            kept = {"role", "programme_id", "user_id"}
            ends = bool(change.new and change.new["ended_at"])
            return change.op == "UPDATE" and ends and not kept & {*change.columns}
        if table == "portal_document":
            return str(row.get("startup_id")) in self.startups
        if table == "startups_membership":
            # To leave is everybody's own; to come in only after founding or being asked.
            return change.op == "DELETE" or str(row["startup_id"]) in self._welcome()
        return bool(self.me.programmes) and table == "challenges_savedfilter"

    def _goes(self, change: Change) -> bool:
        """What falls away with oneself: reminders, and a mentor's work when the account closes."""
        columns = GOES_WITH_ONESELF.get(change.table)
        return columns is not None and change.op != "INSERT" and {*change.columns} <= columns

    def _welcome(self) -> set[str]:
        """Startups that invited the person, or that they founded."""
        mine = {str(self.me.user.email).lower()}
        return self.startups | {
            str(row["startup_id"])
            for (table, _key), row in self.ledger.rows.items()
            if table == "startups_invitation" and str(row["email"]).lower() in mine
        }

    def _asked_to(self, change: Change, row: dict[str, Any]) -> bool:
        """An invitation with one's own address on it."""
        if change.table not in {"startups_invitation", "challenges_collaborator"}:
            return False
        return change.op == "UPDATE" and str(row.get("email", "")).lower() == self.me.user.email

    def _met(self, startups: set[str]) -> bool:
        """Whether the programme has met the startup."""
        return any(
            table == "startups_acquaintance"
            and str(row["startup_id"]) in startups
            and str(row["programme_id"]) in self.me.programmes
            for (table, _key), row in self.ledger.rows.items()
        )
