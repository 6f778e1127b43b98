"""What runs by the clock: thin doors, each with one call behind it."""

from __future__ import annotations

from celery import shared_task

from portal import actions
from portal.delivery import deliver_due


@shared_task(name="portal.deliver_due")
def deliver() -> None:
    """Send what waits in the outbox, codes first."""
    while deliver_due(limit=200):
        pass


@shared_task(name="portal.sweep")
def sweep() -> None:
    """Find what is due and was never hinted at: the broker was down, or somebody crashed."""
    actions.sweep()
