"""The figures of a validation, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from cmc.risk.equations.coefficients import expit
from cmc.risk.training import metrics


def drawn(size: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    stream = np.random.default_rng(seed)
    risk = expit(stream.normal(-1.5, 1.2, size))
    label = (stream.random(size) < risk).astype(float)
    return risk, label, stream.uniform(0.5, 2, size)


@given(st.integers(0, 1000), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_the_auc_is_that_of_scikit_learn_with_weights_and_ties(seed: int, digits: int) -> None:
    risk, label, weight = drawn(300, seed)
    risk = risk.round(digits)
    expected = roc_auc_score(label, risk, sample_weight=weight)
    assert metrics.Ranking(risk, label).auc(weight) == pytest.approx(expected, abs=1e-12)


def test_a_true_risk_is_calibrated_and_a_doubled_one_is_not() -> None:
    risk, label, weight = drawn(60_000, 1)
    assert metrics.observed_expected(risk, label, weight) == pytest.approx(1, abs=0.03)
    intercept, slope = metrics.recalibration(risk, label, weight)
    assert (intercept, slope) == (pytest.approx(0, abs=0.05), pytest.approx(1, abs=0.05))
    assert metrics.observed_expected(np.minimum(2 * risk, 1), label, weight) < 0.6


def test_intervals_hold_the_figure_and_narrow_with_people() -> None:
    wide, narrow = (metrics.judged(*drawn(size, 2), seed=1, samples=60).auc for size in (300, 6000))
    for figure in (wide, narrow):
        assert figure.low < figure.value < figure.high
    assert narrow.high - narrow.low < 0.5 * (wide.high - wide.low)


def test_people_of_weight_zero_do_not_count() -> None:
    risk, label, weight = drawn(400, 3)
    weight[:200] = 0
    here = metrics.judged(risk, label, weight, seed=1, samples=20)
    assert here == metrics.judged(risk[200:], label[200:], weight[200:], seed=1, samples=20)


def test_figures_need_people_with_and_without_the_outcome() -> None:
    with pytest.raises(ValueError, match="with and without"):
        metrics.judged(np.array([0.1, 0.2]), np.zeros(2), np.ones(2), seed=1)


def test_net_benefit_counts_found_less_wrongly_called() -> None:
    risk, label = np.array([0.9, 0.8, 0.3, 0.1]), np.array([1.0, 0, 1, 0])
    # From 20 % on three are called, two rightly: (2 - 1 * 0.25) / 4.
    assert metrics.net_benefit(risk, label, np.ones(4), 0.2) == pytest.approx(0.4375)


def test_scaled_brier_is_zero_for_the_mean_and_one_for_the_truth() -> None:
    _, label, weight = drawn(500, 5)
    mean = np.full(500, np.average(label, weights=weight))
    assert metrics.scaled_brier(mean, label, weight) == pytest.approx(0, abs=1e-12)
    assert metrics.scaled_brier(label, label, weight) == 1


def test_tenths_of_risk_show_what_came() -> None:
    points = metrics.calibration_bins(*drawn(40_000, 6))
    assert len(points) == 10
    assert all(abs(foretold - seen) < 2 * half + 0.01 for foretold, seen, half in points)


def test_where_most_had_the_outcome_the_interval_is_of_samples_too() -> None:
    stream = np.random.default_rng(4)
    risk = stream.uniform(0.7, 0.99, 400)
    label = (stream.random(400) < risk).astype(float)
    found = metrics.judged(risk, label, np.ones(400), seed=1, samples=50)
    assert found.auc.low < found.auc.value < found.auc.high
