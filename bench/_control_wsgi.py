"""The portal as it must not be built: the web server's clock decides, before the lock.

Only `bench/rush.py` runs this, against a database of its own in which the second wall is pulled
down too. It shows that the bench sees late submissions where there are some.
"""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from portal.wsgi import application as portal  # it sets Django up

# isort: split

from challenges.workflow.application import application_workflow, too_late, while_open

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from challenges.models import Application
    from portal.workflow import Step

BEHIND = timedelta(seconds=float(os.environ["BENCH_CLOCK_BEHIND"]))
_request = threading.local()


def while_this_machine_thinks_so(step: Step[Application]) -> Any:
    """In time by the clock of the web server, as it stood when the request came."""
    return None if _request.came_at < step.record.until else too_late(step.record)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Note the instant by this machine's clock, which is behind, and answer as the portal does."""
    _request.came_at = datetime.now(UTC) - BEHIND
    answer: Iterable[bytes] = portal(environ, start_response)
    return answer


_steps = application_workflow.transitions
_steps["submit"] = replace(
    _steps["submit"],
    guards=tuple(
        while_this_machine_thinks_so if guard is while_open else guard
        for guard in _steps["submit"].guards
    ),
)
