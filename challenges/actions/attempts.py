"""What was refused is noted after the step was undone: it may be all a team has to show."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import connection, transaction

from challenges.models import RefusedAttempt
from challenges.workflow.form import FormMoved
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from challenges.choices import AttemptKind
    from challenges.models import Application
    from portal.models import User

#: So many instants are kept of each kind; later ones are only counted.
KEPT = 20

# One statement and one row for each person and kind. A page that tries again and again (it saves
# every ten seconds, a button is hammered) is counted once a second at most, so that it can neither
# fill a table nor make a row hot.
NOTE = """
    INSERT INTO {table} AS noted (id, application_id, person_id, kind, instants, count, last_at)
    SELECT %(id)s, %(application)s, %(person)s, %(kind)s, ARRAY[at], 1, at
    FROM (SELECT clock_timestamp() AS at) AS now
    ON CONFLICT (application_id, person_id, kind) DO UPDATE SET
        instants = CASE WHEN cardinality(noted.instants) < %(kept)s
                   THEN noted.instants || EXCLUDED.instants ELSE noted.instants END,
        count = noted.count + 1,
        last_at = EXCLUDED.last_at
    WHERE noted.last_at < EXCLUDED.last_at - interval '1 second'
"""


@contextmanager
def noting_refusal(*, application: Application, by: User, kind: AttemptKind) -> Iterator[None]:
    """Note a refusal once the refused step is undone, and pass it on; wrap the action with it."""
    try:
        yield
    except FormMoved:
        raise  # it is tried again at once
    except StepRefused as refusal:
        if not refusal.permission:
            note_refusal(application=application, by=by, kind=kind)
        raise


@transaction.atomic
def note_refusal(*, application: Application, by: User, kind: AttemptKind) -> None:
    """Keep that it was tried, and when, by the database's clock."""
    table = connection.ops.quote_name(RefusedAttempt._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE.format(table=table),
            {
                "id": str(uuid4()),
                "application": str(application.pk),
                "person": str(by.pk),
                "kind": str(kind.value),
                "kept": KEPT,
            },
        )
