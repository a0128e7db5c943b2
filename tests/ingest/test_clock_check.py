"""Whether a device's clock can be believed, from what it sent before."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.ingest.clock_check import ClockReason, Seen, check_clock, estimated_skew

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
IN_USE = datetime(2026, 1, 10, tzinfo=UTC)


def _live(days_ago: float, sequence: int | None = None, *, delay: timedelta = timedelta(seconds=20)) -> Seen:
    at = NOW - timedelta(days=days_ago)
    return Seen(at, at + delay, sequence)


def _new(taken_at: datetime, sequence: int | None = 100) -> Seen:
    return Seen(taken_at, NOW, sequence)


HISTORY = [_live(day, 100 - day) for day in range(1, 11)]
ALONE = [
    ("1970-01-01T00:05:00+00:00", "clock_reset", True),
    ("2000-01-01T07:00:00+00:00", "clock_reset", True),
    ("2010-06-01T07:00:00+00:00", "clock_reset", True),
    ("2014-12-31T07:00:00+00:00", "clock_reset", True),
    ("2028-03-17T07:00:00+00:00", "clock_in_future", True),
    ("2026-11-22T04:00:01+00:00", "clock_in_future", True),
    ("2026-11-22T04:00:00+00:00", "clock_ahead", False),
    ("2026-11-21T04:10:01+00:00", "clock_ahead", False),
    ("2026-11-21T04:10:00+00:00", None, False),
    ("2026-01-08T00:00:00+00:00", "before_activation", True),
    ("2026-01-09T00:00:00+00:00", None, False),
]


@pytest.mark.parametrize(("taken_at", "reason", "held"), ALONE)
def test_a_time_that_cannot_be_is_held_and_one_that_is_a_little_off_is_noted(
    taken_at: str, reason: str | None, held: bool
) -> None:
    verdict = check_clock(_new(datetime.fromisoformat(taken_at)), (), activated_at=IN_USE)
    assert ([each.value for each in verdict.reasons], verdict.held) == ([reason] if reason else [], held)


BACK = [
    (timedelta(days=300), ClockReason.BACKWARDS, True),
    (timedelta(days=1, hours=24, seconds=1), ClockReason.BACKWARDS, True),
    (timedelta(days=1, hours=24), ClockReason.SET_BACK, False),
    (timedelta(days=1, hours=1), ClockReason.SET_BACK, False),
    (timedelta(days=1, minutes=10, seconds=1), ClockReason.SET_BACK, False),
    (timedelta(days=1, minutes=10), None, False),
    (timedelta(hours=3), None, False),
]


@pytest.mark.parametrize(("ago", "reason", "held"), BACK)
def test_the_number_went_on_and_the_time_went_back(ago: timedelta, reason: ClockReason | None, held: bool) -> None:
    verdict = check_clock(_new(NOW - ago), HISTORY)
    assert (verdict.reasons, verdict.held) == ((reason,) if reason else (), held)


def test_a_stored_reading_with_a_smaller_number_is_ordinary() -> None:
    verdict = check_clock(_new(NOW - timedelta(days=20), sequence=80), [*HISTORY, _live(30, 70)])
    assert verdict.reasons == ()


def test_one_wrong_reading_from_the_future_is_not_held_against_those_after_it() -> None:
    wild = Seen(NOW + timedelta(days=500), NOW - timedelta(days=3), 98)
    assert check_clock(_new(NOW - timedelta(hours=3)), [wild]).reasons == ()


def test_a_reading_that_arrives_live_is_believed_whatever_was_before() -> None:
    odd = Seen(NOW - timedelta(minutes=1), NOW, 50)
    assert check_clock(odd, [Seen(NOW + timedelta(days=2), NOW + timedelta(days=2), 49)]).reasons == ()


def test_numbers_that_begin_anew_are_noted() -> None:
    verdict = check_clock(_new(NOW - timedelta(minutes=1), sequence=1), HISTORY)
    assert (verdict.reasons, verdict.held) == ((ClockReason.RESTARTED,), False)


SKEWS = [
    ([5, 8, 30], -5),
    ([-3600, -3590, 100], 3600),
    ([3600, 3610, 3650, 90000], -3600),
    ([60, 7200, 90000], None),
    ([10, 20], None),
    ([], None),
]


@pytest.mark.parametrize(("delays", "ahead"), SKEWS)
def test_how_far_a_clock_is_off_is_seen_in_the_least_delays(delays: list[int], ahead: int | None) -> None:
    seen = [Seen(NOW, NOW + timedelta(seconds=each)) for each in delays]
    assert estimated_skew(seen) == (None if ahead is None else timedelta(seconds=ahead))


_SEEN = st.builds(
    Seen,
    st.datetimes(datetime(2014, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.just(NOW),
    st.none() | st.integers(0, 200),
)


@given(_SEEN, st.lists(_SEEN, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_the_history_does_not_matter(new: Seen, history: list[Seen], random: object) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert check_clock(new, shuffled) == check_clock(new, history)
