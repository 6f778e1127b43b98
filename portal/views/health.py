"""What machines ask: does the process live, can it work, and what are the figures."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import caches
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import Error, connection, transaction
from django.db.models import Count, Max, Min, Q
from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import metrics
from portal.choices import DocumentState, OutboxState
from portal.clock import database_now
from portal.metrics import Measure
from portal.models import Dispatch, Document, Heartbeat, OutboxMessage
from portal.registry import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.http import HttpRequest

_MEGABYTE = 1024 * 1024
#: What the broker was found to be is believed for so many seconds.
_BROKER_SECONDS = 15


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    del request
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether the parts that the process needs work; 503 where one does not.

    For the alarm. A proxy that took every copy away because letters wait would make it worse: it
    asks `healthz`.
    """
    del request
    checks = {"disk": _disk(), **_rows()}
    is_ready = all(check["ok"] for check in checks.values())
    answer = {
        "status": "ok" if is_ready else "not ready",
        "checks": checks,
        # Shown, never a failure: without it letters are later, and nothing is lost.
        "broker": caches["local"].get_or_set("broker", _broker, _BROKER_SECONDS),
    }
    return JsonResponse(answer, status=200 if is_ready else 503)


@login_not_required
@require_safe
@never_cache
def prometheus(request: HttpRequest) -> HttpResponse:
    """The figures, for whoever has the token; without one in the settings there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").encode()
    if not compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    text = metrics.exposition(_measures())
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


@contextmanager
def _soon() -> Iterator[None]:
    """Ask the database, but not for long: who asks asks again in a few seconds."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '2s'; SET LOCAL lock_timeout = '1s'")
        yield


def _rows() -> dict[str, dict[str, Any]]:
    """What the database says: that it is there, how long letters wait, when the clock last ran."""
    begin = time.perf_counter()
    try:
        with _soon():
            now = database_now()
            letters, scheduler = _letters(now), _scheduler(now)
    except Error:
        return {"database": {"ok": False}}
    milliseconds = round((time.perf_counter() - begin) * 1000, 1)
    return {
        "database": {"ok": True, "ms": milliseconds},
        "letters": letters,
        "scheduler": scheduler,
    }


def _seconds(since: datetime | None, now: datetime) -> int:
    return max(0, int((now - since).total_seconds())) if since else 0


def _for_the_morning(now: datetime) -> Q:
    """Letters that wait for the end of their reader's night, and for nothing else."""
    return Q(attempts=0, available_at__gt=now)


def _letters(now: datetime) -> dict[str, Any]:
    """Letters that nobody takes up, and letters that the mail server does not take.

    One full mailbox keeps its letter waiting for days and is no alarm; that no letter at all has
    left since the oldest was written is one.
    """
    waiting = OutboxMessage.objects.filter(state=OutboxState.PENDING)
    found = waiting.aggregate(
        due=Min("available_at"), written=Min("created_at", filter=~_for_the_morning(now))
    )
    due, unsent = _seconds(found["due"], now), _seconds(found["written"], now)
    is_stuck = (
        unsent > settings.READY_UNSENT_SECONDS
        and not OutboxMessage.objects.filter(
            state=OutboxState.SENT, sent_at__gt=found["written"]
        ).exists()
    )
    is_held = Dispatch.objects.held().exists()
    return {
        "ok": due <= settings.READY_DUE_SECONDS and not is_stuck and not is_held,
        "oldest_due_seconds": due,
        "oldest_unsent_seconds": unsent,
        # After a restore, or because somebody asked: `manage.py release_letters`.
        "held": is_held,
    }


def _scheduler(now: datetime) -> dict[str, Any]:
    """When the sweep last came to its end: the scheduler and a worker both live."""
    beat = Heartbeat.objects.filter(name="sweep").values_list("at", flat=True).first()
    seconds = _seconds(beat, now) if beat else None
    is_alive = seconds is not None and seconds <= settings.READY_HEARTBEAT_SECONDS
    return {"ok": is_alive, "seconds_since_sweep": seconds}


def _disk() -> dict[str, Any]:
    """Room for uploads, where they lie on this machine."""
    if not isinstance(default_storage, FileSystemStorage) and not isinstance(
        getattr(default_storage, "_wrapped", None), FileSystemStorage
    ):
        return {"ok": True, "stored": "elsewhere"}
    folder = Path(settings.MEDIA_ROOT)
    while not folder.exists():
        folder = folder.parent
    try:
        free = shutil.disk_usage(folder).free // _MEGABYTE
    except OSError:
        return {"ok": False}
    return {"ok": free >= settings.READY_DISK_FREE_MB, "free_mb": free}


def _broker() -> str:
    """Whether wake-ups get through."""
    try:
        with current_app.connection_for_write(connect_timeout=1) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except Exception:  # noqa: BLE001 -- each broker has errors of its own; all mean the same
        return "down"
    return "up"


def _measures() -> Iterator[Measure]:
    """Figures that stand in rows, so that no process must keep them."""
    try:
        with _soon():
            found = list(_read_measures())
    except Error:
        yield Measure("portal_database_up", "Whether the database answers.", 0)
        return
    yield Measure("portal_database_up", "Whether the database answers.", 1)
    yield from found


def _read_measures() -> Iterator[Measure]:
    now = database_now()
    letters = OutboxMessage.objects.exclude(state=OutboxState.SENT).aggregate(
        waiting=Count("pk", filter=Q(state=OutboxState.PENDING)),
        failed=Count("pk", filter=Q(state=OutboxState.FAILED)),
        oldest=Min("created_at", filter=Q(state=OutboxState.PENDING) & ~_for_the_morning(now)),
        due=Min("available_at", filter=Q(state=OutboxState.PENDING)),
    )
    yield Measure("portal_letters_waiting", "Letters not yet sent.", letters["waiting"])
    yield Measure("portal_letters_failed", "Letters given up.", letters["failed"])
    yield Measure(
        "portal_letters_oldest_unsent_seconds",
        "Since when the oldest unsent letter waits.",
        _seconds(letters["oldest"], now),
    )
    yield Measure(
        "portal_letters_oldest_due_seconds",
        "For how long nobody took up the letter whose turn it is.",
        _seconds(letters["due"], now),
    )
    held = Dispatch.objects.held().count()
    yield Measure("portal_letters_held", "Whether letters are held until somebody decides.", held)
    checking = Document.objects.filter(state=DocumentState.CHECKING).count()
    yield Measure("portal_documents_checking", "Files not yet checked.", checking)
    beat = Heartbeat.objects.filter(name="sweep").aggregate(at=Max("at"))["at"]
    if beat:
        yield Measure(
            "portal_sweep_age_seconds", "Since the sweep last came to its end.", _seconds(beat, now)
        )
    for measure in registry.measures:
        yield measure()
