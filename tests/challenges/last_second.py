"""What the tests of the last second share: other sessions, real locks, a draft and its deadline."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection

from challenges.actions.application import submit_application
from challenges.choices import ApplicationState
from challenges.models import Application, Call
from portal import clock
from portal.models import AnsweredRequest, AuditEntry, InboxNotice, OutboxMessage
from tests.factories.challenges import make_application, make_call

#: What the first wall says, the guard; the database's own wall has another sentence.
TOO_LATE = "The deadline passed on"


@contextmanager
def other_session():
    """A second session of the database, in a transaction that the test ends."""
    session = connection.get_new_connection(connection.get_connection_params())
    try:
        yield session
    finally:
        session.close()


def until_somebody_waits(work=None):
    """Return when another session waits for a lock, or when the work that was to wait is done."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if work is not None and work.done():
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


def sleep_until(instant):
    """Return when the database's clock has passed ``instant``."""
    while (left := (instant - clock.database_now()).total_seconds()) >= 0:
        time.sleep(left + 0.002)


def complete_draft(seconds_left=3600.0, **call):
    """A draft with nothing missing, the deadline so far away by the database's clock."""
    closes_at = clock.database_now() + timedelta(seconds=seconds_left)
    return make_application(call=make_call(closes_at=closes_at, **call), complete=True)


def submit(application, by=None, key=None):
    """Submit as the owner does; a fresh record, as every request has."""
    return submit_application(
        application=Application.objects.get(pk=application.pk),
        key=key or uuid.uuid4(),
        terms_version=application.call.terms_version,
        by=by or application.started_by,
    )


def set_deadline(call, instant):
    Call.objects.filter(pk=call.pk).update(closes_at=instant, accepts_until=instant)


def assert_nothing_was_submitted(application):
    application.refresh_from_db()
    assert application.state == ApplicationState.DRAFT
    assert (application.revision_count, application.submitted_at) == (0, None)
    assert not application.revisions.exists()
    assert not OutboxMessage.objects.exists()
    assert not AnsweredRequest.objects.exists()


def assert_submitted_once(application, readers=1):
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert application.submitted_at < application.deadline
    assert application.revisions.get().submitted_at == application.submitted_at
    assert AuditEntry.objects.about(application).filter(verb="submit").count() == 1
    for letters in (OutboxMessage.objects.about(application), InboxNotice.objects.all()):
        assert letters.count() == readers
        assert letters.values("recipient").distinct().count() == readers
