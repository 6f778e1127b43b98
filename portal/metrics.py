"""Figures for Prometheus, kept by each process; nothing at all without a token in the settings."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Counter, Histogram

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Measure:
    """A figure read when it is asked for, such as a number of rows."""

    name: str
    help: str
    value: float


@dataclass(frozen=True)
class _Instruments:
    requests: Histogram
    database_errors: Counter


#: Threads that answer their first requests at once must not each register the same figures.
_making = threading.Lock()


def _instruments() -> _Instruments:
    with _making:
        return _made()


@functools.cache
def _made() -> _Instruments:
    # Only where somebody watches: the library is an optional part and takes memory.
    from prometheus_client import Counter, Histogram  # noqa: PLC0415

    return _Instruments(
        requests=Histogram(
            "portal_request_seconds",
            "Requests by the name of their address, with the time they took.",
            ["method", "route", "status"],
            buckets=_BUCKETS,
        ),
        database_errors=Counter(
            "portal_database_errors",
            "Requests that the database could not serve, by the kind of error.",
            ["kind"],
        ),
    )


def request_answered(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one request."""
    if settings.METRICS_TOKEN:
        _instruments().requests.labels(method, route, str(status)).observe(seconds)


def database_failed(kind: str) -> None:
    """Count one request that ended because the database was away or too slow."""
    if settings.METRICS_TOKEN:
        _instruments().database_errors.labels(kind).inc()


def exposition(measures: Iterable[Measure]) -> bytes:
    """All figures in Prometheus' own format: those of every process, and the measures."""
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
    from prometheus_client.metrics_core import GaugeMetricFamily  # noqa: PLC0415
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415
    from prometheus_client.registry import Collector  # noqa: PLC0415

    class Read(Collector):
        """The measures. As gauges of this process they would be kept once for each process."""

        def collect(self) -> Iterator[GaugeMetricFamily]:
            """Each as Prometheus wants it."""
            for measure in measures:
                yield GaugeMetricFamily(measure.name, measure.help, value=measure.value)

    _instruments()
    counted = CollectorRegistry()
    if settings.METRICS_DIR:
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    else:
        from prometheus_client import REGISTRY as counted  # noqa: PLC0415, N811
    return generate_latest(counted) + generate_latest(Read())
