"""Wake-ups: what Celery carries, and what runs by the clock."""

from __future__ import annotations

from portal import env

# While the broker is down, the web processes deliver letters themselves, in one thread each.
DELIVER_WITHOUT_WORKER = env.flag("DELIVER_WITHOUT_WORKER", default=True)
CELERY_BROKER_URL = env.text("REDIS_URL", "redis://localhost:6379/0")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Publishing must fail at once when the broker is down: it happens inside a person's request.
    "max_retries": 0,
    "retry_on_timeout": False,
    "socket_connect_timeout": 1,
    "visibility_timeout": 600,
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "portal.sweep",
        "schedule": 10.0,
        # A sweep that waited in the queue longer than this has been overtaken by a later one.
        "options": {"expires": 20},
    },
}
