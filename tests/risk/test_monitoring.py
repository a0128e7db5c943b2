"""The watch over the models: changed people, changed levels; somebody is called, nothing retrains itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from cmc.risk import monitoring
from cmc.risk.equations.inputs import Inputs
from cmc.risk.models import profiles, release
from cmc.risk.models.model import Task
from cmc.risk.models.scoring import Score
from cmc.risk.monitoring import Watch, baseline_of, compared, cusum, observed_expected, poisson_interval, psi

SCORER = release.shipped().scorer


def scored(columns: Mapping[str, np.ndarray]) -> tuple[Inputs, Mapping[Task, Score]]:
    people = Inputs.of(**columns)
    return people, SCORER.score(people)


THEN = baseline_of(*scored(profiles.drawn(4000, 1)))


def alerts(columns: Mapping[str, np.ndarray]) -> set[str]:
    return {seen.name for seen in compared(THEN, *scored(columns)) if seen.alert}


def test_the_same_kind_of_people_calls_nobody() -> None:
    assert alerts(profiles.drawn(4000, 2)) == set()


def test_another_kind_of_people_is_named_by_what_changed() -> None:
    columns = profiles.drawn(4000, 2)
    columns["sbp_mmhg"] = columns["sbp_mmhg"] + 15
    assert "sbp_mmhg" in alerts(columns)


def test_tests_that_are_no_longer_done_show_as_unknown_and_as_another_tier() -> None:
    columns = profiles.drawn(4000, 2)
    for name in ("egfr_ml_min", "uacr_mg_g"):
        columns[name] = np.where(np.arange(4000) % 2, np.nan, columns[name])
    assert {"egfr_ml_min", "uacr_mg_g", "tier"} <= alerts(columns)


def test_a_laboratory_that_reports_in_another_unit_shows_as_out_of_range() -> None:
    columns = profiles.drawn(4000, 2)
    columns["tc_mmol_l"] = np.where(np.arange(4000) % 5 == 0, columns["tc_mmol_l"] * 38.67, columns["tc_mmol_l"])
    assert "share" in alerts(columns)


def test_everything_that_a_model_reads_and_says_is_watched() -> None:
    seen = compared(THEN, *scored(profiles.drawn(500, 3)))
    assert {each.watch for each in seen} == {Watch.INPUT, Watch.SCORE, Watch.TIER, Watch.OUT_OF_RANGE}
    assert len(seen) == 18 + 6 + 2


@pytest.mark.parametrize(
    ("before", "now", "value"),
    [([0.5, 0.5], [0.5, 0.5], 0.0), ([0.5, 0.5], [0.7, 0.3], 0.1695), ([0.9, 0.1], [0.5, 0.5], 0.8789)],
)
def test_psi_by_hand(before: list[float], now: list[float], value: float) -> None:
    assert psi(before, now) == pytest.approx(value, abs=1e-4)


@given(st.integers(0, 800))
@settings(max_examples=40, deadline=None)
def test_the_poisson_interval_is_the_exact_one(count: int) -> None:
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    assert poisson_interval(count) == pytest.approx((low, chi2.ppf(0.975, 2 * count + 2) / 2), rel=1e-9)


@pytest.mark.parametrize(
    ("observed", "expected", "alert"), [(10, 12.0, False), (10, 25.0, True), (120, 95.0, True), (0, 3.0, False)]
)
def test_observed_over_expected_alerts_only_beyond_chance(observed: int, expected: float, alert: bool) -> None:
    found = observed_expected(observed, expected)
    assert found.alert is alert
    assert found.low <= found.value <= found.high


def test_without_expected_events_there_is_no_ratio() -> None:
    with pytest.raises(ValueError, match="above zero"):
        observed_expected(3, 0.0)


def test_cusum_stays_quiet_at_the_level_and_finds_a_shift_either_way() -> None:
    stream = np.random.default_rng(5)
    expected = [20.0] * 60
    quiet = cusum([int(each) for each in stream.poisson(20, 60)], expected)
    more = cusum([int(each) for each in stream.poisson(28, 60)], expected)
    fewer = cusum([int(each) for each in stream.poisson(13, 60)], expected)
    assert quiet.alert_at is None
    assert more.alert_at is not None
    assert more.higher[more.alert_at] > monitoring.CUSUM_ALERT
    assert fewer.alert_at is not None
    assert fewer.lower[fewer.alert_at] > monitoring.CUSUM_ALERT


def test_cusum_needs_a_foretold_number_for_every_month() -> None:
    with pytest.raises(ValueError, match="zip"):
        cusum([1, 2], [1.0])
