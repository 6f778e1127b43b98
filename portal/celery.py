"""The queue: Celery carries wake-ups only; what is due stands in rows of the database."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun

from portal import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

#: Under this name a message carries the request that it comes from.
_HEADER = "portal_request_id"


@setup_logging.connect
def _keep_our_logs(**_signal: Any) -> None:
    """Leave the log as Django set it up: Celery would add a format that knows no request."""


@before_task_publish.connect
def _take_the_request_along(headers: dict[str, Any] | None = None, **_signal: Any) -> None:
    if headers is not None:
        headers[_HEADER] = logs.current.get()


@task_prerun.connect
def _remember_the_request(task: Any = None, **_signal: Any) -> None:
    given = str(getattr(task.request, _HEADER, "") or "")
    logs.current.set(given if logs.WELL_FORMED.fullmatch(given) else "")
    logs.task.set(task.name)


@task_postrun.connect
def _forget_the_request(**_signal: Any) -> None:
    logs.current.set("")
    logs.task.set("")
