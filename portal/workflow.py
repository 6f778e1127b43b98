"""The engine: one row says who may take a step, from where, when, what follows and who is told.

`Workflow.perform` does all of a step or nothing, in one transaction:

1. lock the rows above (the call), then the record, in that fixed order;
2. check permission, state and guards *after* the locks, with the database's clock read after them;
3. change the state, write the audit entry, run the effects, write inbox and outbox.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from portal import audit, clock, outbox
from portal.models import ClockNow, Programme, Stateful

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import Model, QuerySet
    from django_stubs_ext import StrOrPromise

    from portal.models import AuditEntry, User
    from portal.notices import Notice

M = TypeVar("M", bound=Stateful)


class StepRefused(Exception):
    """A step that is not possible, with the reason in words for the person who asked for it."""

    def __init__(self, reason: StrOrPromise, *, permission: bool = False) -> None:
        self.reason = reason
        #: Whether the person may never do this, as against not now.
        self.permission = permission
        super().__init__(str(reason))

    def __str__(self) -> str:
        return str(self.reason)


@dataclass
class Step(Generic[M]):
    """A step being taken: the locked record, who takes it, when by the database's clock, why."""

    record: M
    actor: User | None
    at: datetime
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    from_state: str = ""
    #: Facts for the audit trail; effects may add keys, instants and numbers.
    facts: dict[str, Any] = field(default_factory=dict)
    #: The entry of the audit trail; set as soon as it is written, before anybody is told.
    entry: AuditEntry = field(init=False)


@dataclass(frozen=True)
class Transition(Generic[M]):
    """One row: everything about one change of state."""

    name: str
    label: StrOrPromise
    permission: str
    sources: Iterable[str]
    #: ``None`` keeps the state, as moving a deadline does.
    target: str | None
    guards: tuple[Callable[[Step[M]], StrOrPromise | None], ...] = ()
    #: Columns that change in the very statement that changes the state.
    changes: Callable[[Step[M]], dict[str, Any]] | None = None
    effects: tuple[Callable[[Step[M]], None], ...] = ()
    notices: tuple[Notice, ...] = ()
    #: Whether the person must say why.
    needs_reason: bool = False
    #: Whether the step needs more than a click (a new instant, an outcome) and has its own form.
    needs_data: bool = False
    #: Only the portal itself or another step takes it; never a button.
    internal: bool = False
    destructive: bool = False
    primary: bool = False
    #: Names of foreign keys locked before the record, each with a lock of PostgreSQL.
    locks: tuple[tuple[str, str], ...] = ()
    #: Waits in a queue with those who read the record, or what is locked above it, in a stream
    #: (`lock_in_turn`): each new reader would join the ones before, and the step never come.
    in_turn: bool = False
    #: What guards, effects and letters will read, so that it comes with the record.
    reads: Callable[[QuerySet[M]], QuerySet[M]] | None = None
    #: Columns that a trigger writes when ``changes`` are written.
    stamped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A step as it is offered to a person: possible now, or not and why."""

    transition: Transition[Any]
    refusal: str | None

    @property
    def name(self) -> str:
        """The verb in the address."""
        return self.transition.name

    @property
    def label(self) -> StrOrPromise:
        """The words on the button."""
        return self.transition.label


class Workflow(Generic[M]):
    """The life of one kind of record."""

    def __init__(self, model: type[M], *transitions: Transition[M]) -> None:
        self.model = model
        self.transitions = {transition.name: transition for transition in transitions}

    def __iter__(self) -> Any:
        return iter(self.transitions.values())

    def offered_to(self, user: User, record: M) -> list[Offer]:
        """The steps the person may take from this state, each with the reason it would refuse."""
        step = Step(record=record, actor=user, at=clock.database_now())
        state = self._state(record)
        return [
            Offer(transition, self._first_refusal(transition, step))
            for transition in self
            if not transition.internal
            and state in transition.sources
            and user.has_perm(transition.permission, record)
        ]

    def perform(
        self,
        record: M,
        name: str,
        *,
        actor: User | None,
        reason: str = "",
        data: Mapping[str, Any] | None = None,
        savepoint: bool = True,
    ) -> Step[M]:
        """Take the step, all of it or nothing; ``actor=None`` is the portal itself.

        Without a savepoint a refusal ends the transaction of whoever asked.

        Raises:
            StepRefused: not permitted, not from this state, or a guard says why not.
            KeyError: there is no such step.
        """
        transition = self.transitions[name]
        try:
            with transaction.atomic(savepoint=savepoint):
                return self._perform(record, transition, actor, reason.strip(), data or {})
        except DatabaseError as error:
            if (refusal := refusal_of(error)) is None:
                raise
            raise StepRefused(refusal) from error

    def _perform(
        self,
        asked: M,
        transition: Transition[M],
        actor: User | None,
        reason: str,
        data: Mapping[str, Any],
    ) -> Step[M]:
        record, at = self._lock(asked, transition)
        step = Step(record=record, actor=actor, at=at, reason=reason, data=data)
        step.from_state = self._state(record)
        if actor is not None and not actor.has_perm(transition.permission, record):
            raise StepRefused(_("You may not do this."), permission=True)
        if step.from_state not in transition.sources:
            raise StepRefused(
                _("This step is not possible any more: the state is now “%(state)s”.")
                % {"state": record.get_state_display()}  # type: ignore[attr-defined]
            )
        if transition.needs_reason and not reason:
            raise StepRefused(_("Say why: a reason is needed."))
        if (refusal := self._first_refusal(transition, step)) is not None:
            raise StepRefused(refusal)
        to_state = transition.target or step.from_state
        columns = transition.changes(step) if transition.changes else {}
        if transition.target is not None:
            columns |= {"state": to_state, "state_changed_at": ClockNow()}
        if columns:
            self.model._default_manager.filter(pk=record.pk).update(**columns)
            record.refresh_from_db(fields=[*columns, *transition.stamped])
        for effect in transition.effects:
            effect(step)
        step.entry = audit.record(
            record,
            transition.name,
            actor=actor,
            reason=reason,
            from_state=step.from_state,
            to_state=to_state,
            facts=step.facts,
        )
        if transition.notices:
            programme = _programme_of(record)
            for notice in transition.notices:
                outbox.tell(notice, step, programme=programme)
        return step

    def _lock(self, asked: M, transition: Transition[M]) -> tuple[M, datetime]:
        """Lock what stands above, then the record itself, each in a statement of its own.

        Record, what belongs to it and the clock are read in the statement after that: one that
        waits for a lock would go on with what its joins saw before.
        """
        if transition.in_turn:
            _queue(asked.pk, "")
        for path, strength in transition.locks:
            lock_related(asked, path, strength, in_turn=transition.in_turn)
        lock_row(self.model, asked.pk, "NO KEY UPDATE")
        rows: QuerySet[M] = self.model._default_manager.all()
        if transition.reads is not None:
            rows = transition.reads(rows)
        record: Any = rows.annotate(read_at=ClockNow()).get(pk=asked.pk)
        return record, record.read_at

    @staticmethod
    def _state(record: M) -> str:
        return str(record.state)  # type: ignore[attr-defined]

    @staticmethod
    def _first_refusal(transition: Transition[M], step: Step[M]) -> str | None:
        refusals = (guard(step) for guard in transition.guards)
        return next((str(refusal) for refusal in refusals if refusal is not None), None)


def _programme_of(record: Stateful) -> Programme | None:
    key = record.programme_key
    if key is None:
        return None
    # Where it came with the record, or with what stands above it, nobody needs to be asked.
    for near in (record, *record._state.fields_cache.values()):
        came = near._state.fields_cache.get("programme") if near is not None else None
        if isinstance(came, Programme) and came.pk == key:
            return came
    return Programme.objects.filter(pk=key).first()


def lock_related(record: Stateful, path: str, strength: str, *, in_turn: bool = False) -> None:
    """Lock the row a foreign key points at, one that never comes to point at another."""
    link = record._meta.get_field(path)
    target = link.related_model
    if not isinstance(target, type):
        raise TypeError(f"no such link: {path}")
    key = getattr(record, link.attname)  # type: ignore[union-attr]
    if in_turn:
        _queue(key, "_shared" if strength == "SHARE" else "")
    lock_row(target, key, strength)


def lock_to_change(model: type[Model], key: UUID) -> None:
    """Lock one row to change it, in turn with those who read it in a stream (`lock_in_turn`)."""
    _queue(key, "")
    lock_row(model, key, "NO KEY UPDATE")


def lock_in_turn(model: type[Model], key: UUID) -> None:
    """Lock one row to read it, behind whoever waits to take a step on it that is ``in_turn``.

    PostgreSQL lets readers of a row in past a writer who waits for it; an advisory lock queues.
    """
    _queue(key, "_shared")
    lock_row(model, key, "SHARE")


def _queue(key: UUID, shared: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock{shared}(hashtextextended(%s, 0))",
            [str(key)],
        )


def lock_row(model: type[Model], key: UUID, strength: str) -> None:
    """Lock one row by itself; Django's own API knows no FOR SHARE."""
    if strength not in {"SHARE", "NO KEY UPDATE"}:
        raise ValueError(f"no such lock: {strength}")
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE id = %s FOR {strength}",  # noqa: S608 -- no input in it
            [key],
        )


#: What the database's own walls say, in words; apps add theirs when they are loaded.
WALLS: dict[str, Callable[[], StrOrPromise]] = {}


def refusal_of(error: DatabaseError) -> StrOrPromise | None:
    """The words for a wall of the database that stopped a step, if it is one of ours."""
    diagnosis = getattr(error.__cause__, "diag", None)
    words = WALLS.get(getattr(diagnosis, "constraint_name", None) or "")
    return words() if words else None
