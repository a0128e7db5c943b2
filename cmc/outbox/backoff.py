"""When a message that did not arrive is sent again. Pure."""

from datetime import datetime, timedelta
from typing import Final

WAITS: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The pauses before each attempt (Standard Webhooks): ten attempts within some three days."""

LONG_FAILURE: Final = timedelta(days=5)
"""A subscription to which nothing got through for so long is disabled."""


def next_attempt(attempts: int, *, now: datetime) -> datetime | None:
    """When the next attempt is due after so many have failed; None when it is given up."""
    return now + WAITS[attempts] if attempts < len(WAITS) else None
