"""Who moves an event takes their turn among those who write its letters."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from events.models import Event
from events.workflow.event import event_workflow
from portal.choices import Role
from portal.workflow import lock_in_turn
from tests.factories.events import make_event
from tests.factories.portal import make_programme, make_staff

READERS = 3
#: How long a letter takes here, and how long the test waits for a mover who never comes.
HELD, PATIENCE = 0.15, 20.0


@pytest.mark.django_db(transaction=True)
def test_a_stream_of_letters_does_not_keep_the_event_from_being_moved():
    """Readers of a row join the ones before: without a queue there is always one more."""
    programme = make_programme()
    manager = make_staff(programme, Role.MANAGER)
    event = make_event(programme)
    moved, go = threading.Event(), threading.Barrier(READERS + 1)

    def write_letters(number):
        go.wait()
        time.sleep(number * HELD / READERS)  # so that one begins before another ends
        ends = time.monotonic() + PATIENCE
        while not moved.is_set() and time.monotonic() < ends:
            with transaction.atomic():
                lock_in_turn(Event, event.pk)
                time.sleep(HELD)
        connection.close()

    writers = [threading.Thread(target=write_letters, args=(number,)) for number in range(READERS)]
    for writer in writers:
        writer.start()
    go.wait()
    time.sleep(HELD)
    begun = time.monotonic()
    event_workflow.perform(
        event,
        "move",
        actor=manager,
        reason="The hall is taken.",
        data={
            "starts_at": event.starts_at + timedelta(days=1),
            "ends_at": event.ends_at + timedelta(days=1),
            "place": event.place,
            "join_link": event.join_link,
        },
    )
    waited = time.monotonic() - begun
    moved.set()
    for writer in writers:
        writer.join()
    # Not a measure of speed: whoever never gets a turn comes when the writers have lost patience.
    assert waited < PATIENCE / 2
