"""What is counted of ingest. Never a label that names a person, a device or a clinic."""

from collections import Counter as Tally
from collections.abc import Sequence
from datetime import datetime

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
    _duration.labels(adapter).observe(seconds)
    tally: Tally[tuple[str, str]] = Tally()
    lag = _lag.labels(adapter)
    for item, result in zip(items, results, strict=True):
        tally[item.kind if isinstance(item, Received) else "unknown", result.status] += 1
        if isinstance(item, Received) and result.status is Status.CREATED:
            lag.observe(max(0.0, (received_at - item.taken_at).total_seconds()))
    for (metric, status), count in tally.items():
        _ingested.labels(adapter, metric, status).inc(count)
