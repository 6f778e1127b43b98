"""Gunicorn's settings: threads for waiting on the database, one heap shared by all workers."""

import gc
import os
import shutil
import tempfile
from typing import Any

from portal import logs

# Before the settings are read: a request waits this long for the database, then says so (503).
# A thread that waits for ever is a thread that nobody else gets.
os.environ.setdefault("DATABASE_STATEMENT_SECONDS", "10")
os.environ.setdefault("DATABASE_LOCK_SECONDS", "5")
os.environ.setdefault("DATABASE_IDLE_SECONDS", "30")
os.environ.setdefault("DATABASE_CONNECT_SECONDS", "3")
# Each process keeps its figures in a file here, and whoever is asked adds them up.
_FIGURES = bool(os.environ.get("METRICS_TOKEN")) or "METRICS_TOKEN_FILE" in os.environ
if _FIGURES:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="portal-figures-")

worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 30
graceful_timeout = 20
preload_app = True
control_socket_disable = True
accesslog = None
# No proxy says where the portal lies, so whoever does (`SCRIPT_NAME: /x`) would only get 500.
forwarder_headers = ""
# The same lines as the portal's own: gunicorn would write addresses with their tokens.
logconfig_dict = logs.configuration(
    style=os.environ.get("LOG_FORMAT", "json").upper(),
    level=os.environ.get("LOG_LEVEL", "INFO").upper(),
    plain=False,
    loggers={
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
)
# A worker that answered this many requests makes room for a fresh one: a slow leak never shows.
max_requests = 20_000
max_requests_jitter = 2_000


def pre_fork(_server: object, _worker: object) -> None:
    """Move everything loaded so far out of the collector's sight, so that pages stay shared."""
    gc.collect()
    gc.freeze()


def child_exit(_server: object, worker: Any) -> None:
    """Give up the open figures of a worker that has ended; what it counted stays counted."""
    if _FIGURES:
        from prometheus_client import multiprocess  # noqa: PLC0415 -- an optional part

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: object) -> None:
    """Take the folder of figures away."""
    if _FIGURES:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
