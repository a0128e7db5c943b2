"""How good a risk is: discrimination, calibration, net benefit, each with an interval from people drawn anew.

Everything is weighted by the chance of having been seen (see `cohort`). A sample of people is a count per person, so
that sorting is done once and each of the samples costs a few sums.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from cmc.risk.equations.coefficients import expit
from cmc.risk.equations.inputs import Column

SAMPLES: Final = 200
LEVEL: Final = (2.5, 97.5)
_STEPS: Final = 25
_SMALLEST: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f})"


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one risk in one group: numbers of people and events, and the figures."""

    people: int
    events: int
    auc: Figure
    observed_expected: Figure
    slope: Figure
    scaled_brier: Figure


def judged(risk: Column, label: Column, weight: Column, *, seed: int, samples: int = SAMPLES) -> Judged:
    """All figures of a risk (0–1) against outcomes; people with weight 0 do not count.

    Raises ValueError when everybody or nobody had the outcome.
    """
    here = weight > 0
    risk, label, weight = risk[here], label[here], weight[here]
    if not 0 < label.mean() < 1:
        raise ValueError("figures need people with and without the outcome")
    stream = np.random.default_rng(seed)
    counts = [np.bincount(stream.integers(0, label.size, label.size), minlength=label.size) for _ in range(samples)]
    usable = [count for count in counts if 0 < (count * label).sum() < count.sum()]
    ranking = Ranking(risk, label)

    def figure(of: Callable[[Column], float]) -> Figure:
        drawn = [of(weight * count) for count in usable]
        low, high = np.percentile(drawn, LEVEL)
        return Figure(of(weight), float(low), float(high))

    return Judged(
        int(label.size),
        int(label.sum()),
        figure(ranking.auc),
        figure(lambda w: observed_expected(risk, label, w)),
        figure(lambda w: recalibration(risk, label, w)[1]),
        figure(lambda w: scaled_brier(risk, label, w)),
    )


class Ranking:
    """The order of people by risk, made once; ties count half."""

    def __init__(self, risk: Column, label: Column) -> None:
        self._order = np.argsort(risk, kind="stable")
        ordered = risk[self._order]
        self._starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        self._label = label[self._order]

    def auc(self, weight: Column) -> float:
        """The chance that who had the outcome had the higher risk."""
        weight = weight[self._order]
        positive = np.add.reduceat(weight * self._label, self._starts)
        negative = np.add.reduceat(weight * (1 - self._label), self._starts)
        below = np.cumsum(negative) - negative
        return float((positive * (below + 0.5 * negative)).sum() / (positive.sum() * negative.sum()))


def observed_expected(risk: Column, label: Column, weight: Column) -> float:
    """Outcomes that came over outcomes foretold."""
    return float((weight * label).sum() / (weight * risk).sum())


def recalibration(risk: Column, label: Column, weight: Column) -> tuple[float, float]:
    """Intercept and slope of the outcome on the log-odds of the risk; 0 and 1 when it is calibrated."""
    clipped = np.clip(risk, _SMALLEST, 1 - _SMALLEST)
    odds = np.log(clipped / (1 - clipped))
    columns = np.stack([np.ones_like(odds), odds])
    found = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        chance = expit(found @ columns)
        gradient = columns @ (weight * (label - chance))
        curvature = (columns * (weight * chance * (1 - chance))) @ columns.T
        step = np.linalg.solve(curvature, gradient)
        found = found + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-10:
            break
    return float(found[0]), float(found[1])


def scaled_brier(risk: Column, label: Column, weight: Column) -> float:
    """One minus the mean squared error over that of one number for everybody: 0 knows nothing, 1 knows all."""
    mean = np.average(label, weights=weight)
    return float(1 - (weight * (label - risk) ** 2).sum() / (weight * (label - mean) ** 2).sum())


def net_benefit(risk: Column, label: Column, weight: Column, threshold: float) -> float:
    """Found less wrongly called, per person, when everybody from the threshold on is treated (Vickers)."""
    called = risk >= threshold
    found = (weight * label * called).sum()
    wrongly = (weight * (1 - label) * called).sum()
    return float((found - wrongly * threshold / (1 - threshold)) / weight.sum())


def calibration_bins(risk: Column, label: Column, weight: Column, bins: int = 10) -> list[tuple[float, float, float]]:
    """Per tenth of risk: mean foretold, share that had it, and the half-width of its 95 % interval."""
    here = weight > 0
    risk, label, weight = risk[here], label[here], weight[here]
    edges = np.quantile(risk, np.linspace(0, 1, bins + 1)[1:-1])
    which = np.searchsorted(edges, risk, side="right")
    found = []
    for each in range(bins):
        rows = which == each
        if not rows.any():
            continue
        share = float(np.average(label[rows], weights=weight[rows]))
        effective = weight[rows].sum() ** 2 / (weight[rows] ** 2).sum()
        half = 1.96 * float(np.sqrt(share * (1 - share) / effective))
        found.append((float(np.average(risk[rows], weights=weight[rows])), share, half))
    return found
