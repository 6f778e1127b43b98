"""The portal with two additions for `bench/pages.py`: a count of statements, and a bad page.

The bad page is the control: a list by score as it must not be built. It reads every application of
the call with its reviews and shows fifty of them. A bench that does not call it slow sees nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.wsgi import application as portal  # it sets Django up

# isort: split

from django.db import connection
from django.utils.html import format_html_join

from challenges.models import Application, ReviewAssignment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CONTROL = "/bench-control/"
#: Where the number of statements of each request is written; only while they are counted.
COUNTS = os.environ.get("BENCH_COUNTS", "")


class Statements:
    """Counts what one request sends to the database."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        """Count one, and let it pass."""
        self.number += 1
        return execute(*args)


def counted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    """The answer, and a line with the number of statements behind its last byte."""
    statements = Statements()
    with connection.execute_wrapper(statements):
        answer = portal(environ, start_response)
        yield from answer
    getattr(answer, "close", lambda: None)()
    with Path(COUNTS).open("a", encoding="utf-8") as file:
        file.write(f"{statements.number}\n")


def naive_list(call: str) -> bytes:
    """Everything is read, added up here, put in order here, and fifty rows are shown."""
    found = []
    for application in Application.objects.filter(call=call).select_related("startup"):
        totals = [
            float(assignment.review.total)
            for assignment in ReviewAssignment.objects.filter(
                application=application, state="done"
            ).select_related("review")
        ]
        found.append((sum(totals) / len(totals) if totals else 0.0, application.startup.name))
    found.sort(reverse=True)
    return format_html_join("\n", "<p>{} {}</p>", found[:50]).encode()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The portal, and the control beside it."""
    path = environ["PATH_INFO"]
    if path.startswith(CONTROL):
        page = naive_list(path.removeprefix(CONTROL).rstrip("/"))
        start_response("200 OK", [("Content-Length", str(len(page)))])
        return [page]
    return counted(environ, start_response) if COUNTS else portal(environ, start_response)
