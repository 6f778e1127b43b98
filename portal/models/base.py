"""What records of every app share."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from uuid import UUID


class ClockNow(models.Func):
    """The database's clock at the statement, where `Now` would be the transaction's start."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()

    def get_group_by_cols(self) -> list[Any]:
        """Nothing to group by: it is another at each row, and one group would become many."""
        return []


def came_with(rows: Any) -> bool:
    """Whether the rows of a relation were read together with the record they belong to."""
    name = rows.field.remote_field.get_accessor_name()
    return name in getattr(rows.instance, "_prefetched_objects_cache", {})


def has_rows(rows: Any) -> bool:
    """Whether a relation has any, asked of the database only where they did not come along."""
    return bool(rows.all()) if came_with(rows) else bool(rows.exists())


class Record(models.Model):
    """A record whose key says nothing: neither order nor number nor owner."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        abstract = True


class Traced(Record):
    """A record that says whose trail its entries belong to: a startup's, a programme's, nobody's.

    So a startup's journey and a programme's history are each one query.
    """

    class Meta:
        abstract = True

    @property
    def startup_key(self) -> UUID | None:
        """The startup whose journey this record belongs to, if any."""
        return None

    @property
    def programme_key(self) -> UUID | None:
        """The programme this record belongs to, if any."""
        return None


class Stateful(Traced):
    """A record with a life of its own; its states change by rows of `workflow.py` only."""

    state_changed_at = models.DateTimeField(_("in this state since"), db_default=Now())

    class Meta:
        abstract = True
