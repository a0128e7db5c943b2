"""What is counted of ingest. Never a label that names a person, a device or a clinic."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from prometheus_client import Counter, Histogram

from cmc.ingest.received import Faults, Received
from cmc.ingest.results import ItemResult, Status

_ingested = Counter("cmc_readings_ingested_total", "Items by what became of them", ["adapter", "metric", "result"])
_duration = Histogram("cmc_ingest_duration_seconds", "Time from the body to the COMMIT of a request", ["adapter"])
_lag = Histogram(
    "cmc_reading_lag_seconds",
    "From the measurement to its arrival, of new readings",
    ["adapter"],
    buckets=(10, 60, 600, 3600, 21600, 86400, 604800, 2592000, 15552000, float("inf")),
)


def record(
    adapter: str,
    items: Sequence[Received | Faults],
    results: Sequence[ItemResult],
    *,
    received_at: datetime,
    seconds: float,
) -> None:
    """Count one request; call it after its COMMIT."""
    duration, lag = _timed(adapter)
    duration.observe(seconds)
    tally: dict[tuple[str, str], int] = {}
    for item, result in zip(items, results, strict=True):
        status = result.status
        kind = item.kind if isinstance(item, Received) else "unknown"
        tally[kind, status] = tally.get((kind, status), 0) + 1
        if status is Status.CREATED and isinstance(item, Received):
            lag.observe(max(0.0, (received_at - item.taken_at).total_seconds()))
    for (metric, became), count in tally.items():
        _counted(adapter, metric, became).inc(count)


@lru_cache(maxsize=256)
def _timed(adapter: str) -> tuple[Histogram, Histogram]:
    return _duration.labels(adapter), _lag.labels(adapter)


@lru_cache(maxsize=1024)
def _counted(adapter: str, metric: str, status: str) -> Counter:
    return _ingested.labels(adapter, metric, status)
