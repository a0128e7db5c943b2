"""When a job is due: pure."""

from datetime import UTC, datetime, time, timedelta

import pytest

from cmc.core.clock import LOCAL
from cmc.core.jobs import Daily, Every, LastRun, is_due, latest_slot

THREE = Daily(time(3, 0))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=LOCAL).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "started", "ok", "due"),
    [
        (local(10, 3, 0), None, None, True),  # never run
        (local(10, 2, 59), local(9, 3), local(9, 3), False),  # before the hour
        (local(10, 3, 0), local(9, 3), local(9, 3), True),  # at the hour
        (local(10, 3, 1), local(10, 3), local(10, 3), False),  # done
        (local(10, 18), local(8, 3), local(8, 3), True),  # down at the hour: made up for
        (local(10, 1), local(8, 3), local(8, 3), True),  # down over midnight
        (local(10, 3, 5), local(10, 3), local(9, 3), False),  # failed a moment ago
        (local(10, 3, 10), local(10, 3), local(9, 3), True),  # failed a while ago
        (local(10, 3, 0), local(10, 2, 58), local(10, 2, 58), True),  # yesterday's, made up for late
        (local(10, 3, 0), local(20, 3), local(20, 3), True),  # the clock was set back
    ],
)
def test_a_daily_job_is_due_once_for_each_local_day(now, started, ok, due):
    assert is_due(THREE, LastRun(started, ok), now) is due


def test_a_job_at_an_interval_is_due_at_each_tick():
    now = local(10, 3)
    assert is_due(Every(5), LastRun(now, now), now + timedelta(seconds=1))


def test_the_day_is_the_one_of_shanghai():
    assert latest_slot(time(3, 0), datetime(2026, 3, 9, 19, 0, tzinfo=UTC)) == local(10, 3)
    assert latest_slot(time(3, 0), datetime(2026, 3, 9, 18, 59, tzinfo=UTC)) == local(9, 3)
