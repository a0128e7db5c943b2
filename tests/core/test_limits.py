"""Rates are counted over any sixty seconds, exactly, and strangers cannot fill the memory."""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmc.core import limits
from cmc.core.errors import TooMany

_STEPS = st.lists(st.tuples(st.sampled_from(["gateway:1", "gateway:2"]), st.floats(0, 40)), max_size=60)


class _Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000_000.0
        monkeypatch.setattr(time, "time", lambda: self.now)


@settings(max_examples=200, deadline=None)
@given(steps=_STEPS)
def test_no_sixty_seconds_hold_more_than_is_allowed_and_nobody_is_refused_earlier(
    steps: list[tuple[str, float]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = _Clock(patch)
        counted, passed = limits.Limits(1000, machine_per_minute=3), dict[str, list[float]]()
        for who, pause in steps:
            clock.now += pause
            lately = [each for each in passed.get(who, []) if each >= clock.now - 60]
            if len(lately) < 3:
                counted.require_pace(who)
                passed.setdefault(who, []).append(clock.now)
            else:
                with pytest.raises(TooMany):
                    counted.require_pace(who)


def test_who_has_not_asked_for_a_minute_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, counted = _Clock(monkeypatch), limits.Limits(1000)
    for number in range(1000):
        counted.require_few_log_ins(f"name{number}", f"10.0.{number % 250}.1")
    clock.now += 61
    counted.require_few_log_ins("last", "10.1.1.1")
    assert len(counted._windows._times) == 2


def test_a_refusal_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, counted = _Clock(monkeypatch), limits.Limits(1000, machine_per_minute=1)
    counted.require_pace("gateway:1")
    for _ in range(5):
        clock.now += 10
        with suppress(TooMany):
            counted.require_pace("gateway:1")
    clock.now += 11
    counted.require_pace("gateway:1")
