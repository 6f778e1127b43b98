"""What the processes write about themselves."""

from __future__ import annotations

from portal import env, logs
from portal.settings.base import DEBUG

LOG_LEVEL = env.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOG_FORMAT = env.one_of("LOG_FORMAT", ("JSON", "LINE"), "LINE" if DEBUG else "JSON")
# A developer sees errors with all their words; anywhere else they may hold what people typed.
LOGGING = logs.configuration(style=LOG_FORMAT, level=LOG_LEVEL, plain=DEBUG)
SILENCED_SYSTEM_CHECKS: list[str] = []

# -- Who watches ------------------------------------------------------------------------------
# Without a token there is no address /metrics. Prometheus sends it as "Authorization: Bearer …".
METRICS_TOKEN = env.text("METRICS_TOKEN")
if METRICS_TOKEN:
    env.needs("prometheus_client", extra="metrics", name="METRICS_TOKEN")
# Where the processes of one web server keep their figures; its own file sets this.
METRICS_DIR = env.text("PROMETHEUS_MULTIPROC_DIR")
# When /readyz answers 503.
READY_DISK_FREE_MB = env.number("READY_DISK_FREE_MB", 500)
READY_DUE_SECONDS = env.number("READY_DUE_SECONDS", 120, at_least=1)
READY_UNSENT_SECONDS = env.number("READY_UNSENT_SECONDS", 900, at_least=1)
READY_HEARTBEAT_SECONDS = env.number("READY_HEARTBEAT_SECONDS", 90, at_least=1)
