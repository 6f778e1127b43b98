"""Gunicorn's settings: threads for waiting on the database, one heap shared by all workers."""

import gc
import os

# Before the settings are read: a request waits this long for the database, then says so (503).
# A thread that waits for ever is a thread that nobody else gets.
os.environ.setdefault("DATABASE_STATEMENT_SECONDS", "10")
os.environ.setdefault("DATABASE_LOCK_SECONDS", "5")
os.environ.setdefault("DATABASE_IDLE_SECONDS", "30")

worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 30
graceful_timeout = 20
preload_app = True
control_socket_disable = True
accesslog = None
# A worker that answered this many requests makes room for a fresh one: a slow leak never shows.
max_requests = 20_000
max_requests_jitter = 2_000


def pre_fork(_server: object, _worker: object) -> None:
    """Move everything loaded so far out of the collector's sight, so that pages stay shared."""
    gc.collect()
    gc.freeze()
