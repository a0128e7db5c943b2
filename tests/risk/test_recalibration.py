"""The local level: an external standard first, then local events, every step a version."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmc.risk.equations.coefficients import expit
from cmc.risk.recalibration import (
    MOST_SHIFT,
    PRIOR_SPREAD,
    Basis,
    LocalLevel,
    TooFewEvents,
    checked,
    from_events,
    from_standard,
    interval,
    log_odds,
    raw_level,
)

ON = date(2026, 11, 22)
RAW = raw_level("risk-death-10y-t2", "1.0.0", on=ON)


def people(size: int, *, intercept: float = 0.0, slope: float = 1.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Raw risks, and outcomes of people whose true risk is moved."""
    stream = np.random.default_rng(seed)
    raw = expit(stream.normal(-2.2, 1.0, size))
    return raw, (stream.random(size) < expit(intercept + slope * log_odds(raw))).astype(float)


def with_events(wanted: int, **moved: float) -> tuple[np.ndarray, np.ndarray]:
    """The same, cut after so many events."""
    raw, label = people(40_000, **moved)
    end = int(np.flatnonzero(np.cumsum(label) == wanted)[0]) + 1
    return raw[:end], label[:end]


def recalibrated(events: int, **moved: float) -> LocalLevel:
    raw, label = with_events(events, **moved)
    return from_events(RAW, raw, label, np.ones(raw.size), on=ON)


def test_as_made_nothing_moves() -> None:
    raw, _ = people(50)
    np.testing.assert_allclose(RAW.apply(raw), raw, rtol=1e-12)
    assert (RAW.version, RAW.locally_validated, RAW.caveat is None) == (0, False, False)


@pytest.mark.parametrize("mean", [0.08, 0.12, 0.2])
def test_an_external_standard_moves_the_mean_to_its_own(mean: float) -> None:
    raw, _ = people(2000)
    level = from_standard(RAW, raw, mean, standard="中国生命表 2020", on=ON)
    assert level.apply(raw).mean() == pytest.approx(mean, rel=1e-6)
    assert (level.basis, level.version, level.standard) == (Basis.EXTERNAL, 1, "中国生命表 2020")
    assert not level.locally_validated


@pytest.mark.parametrize(("mean", "shift"), [(0.9, MOST_SHIFT), (0.001, -MOST_SHIFT)])
def test_no_standard_moves_the_odds_by_more_than_two_and_a_half(mean: float, shift: float) -> None:
    raw, _ = people(2000)
    assert from_standard(RAW, raw, mean, standard="x", on=ON).intercept == pytest.approx(shift)
    assert math.log(2.5) == MOST_SHIFT


def test_a_standard_without_a_name_is_none() -> None:
    raw, _ = people(200)
    with pytest.raises(ValueError, match="names its source"):
        from_standard(RAW, raw, 0.1, standard=" ", on=ON)


@pytest.mark.parametrize(
    ("events", "basis"),
    [(99, None), (100, Basis.LOCAL_INTERCEPT), (199, Basis.LOCAL_INTERCEPT), (200, Basis.LOCAL_SLOPE)],
)
def test_the_intercept_moves_from_100_local_events_and_the_slope_from_200(events: int, basis: Basis | None) -> None:
    if basis is None:
        with pytest.raises(TooFewEvents, match="99 local events"):
            recalibrated(events)
        return
    level = recalibrated(events, slope=0.7)
    assert level.basis is basis
    assert (level.slope == 1) == (basis is Basis.LOCAL_INTERCEPT)
    assert level.locally_validated
    assert level.caveat is None
    assert (level.events, level.version) == (events, 1)


def test_many_events_find_the_true_level_and_slope() -> None:
    raw, label = people(60_000, intercept=-0.5, slope=0.8)
    level = from_events(RAW, raw, label, np.ones(raw.size), on=ON)
    assert (level.intercept, level.slope) == (pytest.approx(-0.5, abs=0.08), pytest.approx(0.8, abs=0.04))


def test_the_prior_holds_back_and_the_interval_holds_the_truth() -> None:
    raw, label = with_events(120, intercept=0.5)
    level = from_events(RAW, raw, label, np.ones(raw.size), on=ON)
    without_prior = 0.0
    for _ in range(60):
        chance = expit(log_odds(raw) + without_prior)
        without_prior += (label - chance).sum() / (chance * (1 - chance)).sum()
    assert 0 < level.intercept < without_prior
    found = interval(level)
    assert found is not None
    assert found[0] < 0.5 < found[1]
    assert interval(RAW) is None


def test_the_interval_is_of_the_intercept_that_is_kept_beside_a_slope() -> None:
    """Centred log-odds make the steps easy; the standard error at the centre is not that of the intercept at zero."""
    raw, label = people(20_000, intercept=-0.4, slope=0.8)
    level = from_events(RAW, raw, label, np.ones(raw.size), on=ON)
    odds = log_odds(raw)
    centre = float(odds.mean())
    columns = np.stack([np.ones_like(odds), odds])
    chance = expit(level.intercept + level.slope * odds)
    turned = np.array([[1.0, centre], [0.0, 1.0]])  # level at the centre and slope, from intercept and slope
    curvature = (columns * (chance * (1 - chance))) @ columns.T + turned.T @ (np.eye(2) / PRIOR_SPREAD**2) @ turned
    assert level.basis is Basis.LOCAL_SLOPE
    assert level.spread == pytest.approx(float(np.sqrt(np.linalg.inv(curvature)[0, 0])), rel=1e-6)
    found = interval(level)
    assert found is not None
    assert found[0] < -0.4 < found[1]


def test_who_nobody_knows_does_not_count() -> None:
    raw, label = with_events(150)
    weight = np.ones(raw.size)
    more = from_events(
        RAW,
        np.concatenate([raw, [0.4, np.nan]]),
        np.concatenate([label, [1.0, 1.0]]),
        np.concatenate([weight, [0.0, 1.0]]),
        on=ON,
    )
    assert more == from_events(RAW, raw, label, weight, on=ON)


def test_local_events_are_not_given_up_for_a_standard() -> None:
    raw, _ = people(500)
    with pytest.raises(ValueError, match="no external standard goes before"):
        from_standard(recalibrated(150), raw, 0.1, standard="x", on=ON)


def test_every_step_is_a_new_version_from_raw_numbers() -> None:
    raw, label = with_events(150, intercept=0.3)
    first = from_standard(RAW, raw, 0.1, standard="x", on=ON)
    second = from_events(first, raw, label, np.ones(raw.size), on=ON)
    assert (first.version, second.version) == (1, 2)
    assert second.intercept == from_events(RAW, raw, label, np.ones(raw.size), on=ON).intercept


def test_a_model_that_ranks_the_wrong_way_is_not_recalibrated() -> None:
    raw, label = people(30_000, intercept=-4, slope=-1.0)
    with pytest.raises(ValueError, match="does not rank here"):
        from_events(RAW, raw, label, np.ones(raw.size), on=ON)


def test_what_it_brings_is_judged_in_people_it_was_not_made_from() -> None:
    raw, label = people(12_000, intercept=-0.6)
    found = checked(raw, label, np.ones(raw.size))
    assert found.before < 0.7
    assert found.after == pytest.approx(1, abs=0.03)


@given(st.floats(-0.9, 0.9), st.floats(0.3, 2), st.lists(st.floats(0.001, 0.98), min_size=2, max_size=20))
@settings(max_examples=50)
def test_a_level_never_changes_who_comes_first(intercept: float, slope: float, risks: list[float]) -> None:
    level = LocalLevel(
        model_id="m", model_version="1", version=1, on=ON, basis=Basis.EXTERNAL, intercept=intercept, slope=slope
    )
    raw = np.sort(np.array(risks))
    moved = level.apply(raw)
    assert (np.diff(moved) >= 0).all()
    assert ((moved > 0) & (moved < 1)).all()
