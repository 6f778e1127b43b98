"""What runs by the clock: thin doors, each with one call behind it."""

from __future__ import annotations

from celery import shared_task

from portal import actions, outbox
from portal.delivery import deliver_due
from portal.documents import check_in_turn
from portal.registry import registry

#: A worker that has sent so many lets other tasks have their turn.
MANY = 500


@shared_task(name="portal.deliver_due")
def deliver() -> None:
    """Send what waits in the outbox, codes first; where much waits, the next hint goes on."""
    sent = deliver_due(limit=MANY)
    # Codes do not wait for letters that are still to be written.
    if sum(write() for write in registry.soon) + sent:
        outbox.wake_up()


@shared_task(name="portal.check_documents")
def check_documents() -> None:
    """Check the files that wait; where many do, the next task goes on."""
    check_in_turn(limit=20)


@shared_task(name="portal.sweep")
def sweep() -> None:
    """Find what is due and was never hinted at: the broker was down, or somebody crashed."""
    actions.sweep()
