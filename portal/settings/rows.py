"""Rows: everything that must survive, sessions and throttle counters included."""

from __future__ import annotations

from portal import env

_database = env.database("DATABASE_URL")
_PGBOUNCER = env.flag("PGBOUNCER")
# How long one statement, one lock and an idle transaction may take. `portal/gunicorn.py` bounds the
# web server, so that a person gets an answer; jobs and migrations take their time.
_bounds = {
    "statement_timeout": env.number("DATABASE_STATEMENT_SECONDS", 0),
    "lock_timeout": env.number("DATABASE_LOCK_SECONDS", 0),
    "idle_in_transaction_session_timeout": env.number("DATABASE_IDLE_SECONDS", 0),
}
_options = {
    "connect_timeout": env.number("DATABASE_CONNECT_SECONDS", 10, at_least=2),
    **_database.get("OPTIONS", {}),
}
# PgBouncer refuses connections that bring options: there the role has them (ALTER ROLE … SET …).
if any(_bounds.values()) and not _PGBOUNCER:
    _options["options"] = " ".join(
        [
            *([str(_options["options"])] if "options" in _options else []),
            *(f"-c {name}={seconds}s" for name, seconds in _bounds.items() if seconds),
        ]
    )
DATABASES = {
    "default": {
        **_database,
        "OPTIONS": _options,
        "CONN_MAX_AGE": env.number("DATABASE_CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": _PGBOUNCER,
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# How long a form's answer is kept for its second click.
ANSWERED_REQUEST_DAYS = env.number("ANSWERED_REQUEST_DAYS", 7, at_least=1)
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
    },
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "local"},
}
