"""What the workers of the bench load: the portal's own tasks, and the control's.

The control is the usual recipe: the letter is the task's argument, sent to the broker after the
commit, acknowledged when a worker takes it, tried again five times.
"""

from __future__ import annotations

import os

import django

django.setup()

from celery import shared_task  # noqa: E402 -- needs the settings
from django.conf import settings  # noqa: E402
from django.core.mail import EmailMessage  # noqa: E402

from portal import delivery  # noqa: E402
from portal.celery import app  # noqa: E402

__all__ = ["app", "control"]

#: The pauses between attempts are this much shorter, so that the bench ends within minutes.
FASTER = float(os.environ.get("BENCH_FASTER", "1"))
delivery.BACKOFF = tuple(seconds / FASTER for seconds in delivery.BACKOFF)  # type: ignore[assignment]


@shared_task(
    name="bench.control",
    acks_late=False,
    reject_on_worker_lost=False,
    autoretry_for=(Exception,),
    max_retries=5,
    retry_backoff=1,
)
def control(number: int) -> None:
    """Send one letter that is nowhere but in this message."""
    EmailMessage(
        subject=f"Control {number}",
        body="A letter without a row.",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[f"control-{number}@example.org"],
        headers={"Message-ID": f"<control-{number}@example.org>"},
    ).send()
