"""The only module that reads the wall clock, and the one that names the local zone.

Everything else takes `now` (an aware instant) or `on` (a local date) as an argument, so that rules and jobs can be
run for any moment. Monotonic time (waiting, measuring) may be read anywhere.
"""

import time as ticking
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

LOCAL: Final = ZoneInfo("Asia/Shanghai")
"""The zone of days and opening hours: all clinics of the service work in it."""


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present local date (Asia/Shanghai)."""
    return local_date(now())


def epoch_seconds() -> float:
    """Seconds since 1970 (UTC), for what another machine checks against its own clock; rules take `now`."""
    return ticking.time()


def local_date(at: datetime) -> date:
    """The local date (Asia/Shanghai) on which the aware instant `at` falls."""
    return at.astimezone(LOCAL).date()


def midnight(on: date) -> datetime:
    """The aware instant at which the local date `on` (Asia/Shanghai) begins."""
    return datetime.combine(on, time.min, LOCAL)
