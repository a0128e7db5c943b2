"""The local level of a model: first an external standard, then local events; never a new model by itself (pure).

A level is an intercept and a slope on the log-odds, made from raw risks and applied to raw risks; the raw number stays
beside the recalibrated one. Without local outcomes the mean is moved to that of an external Chinese standard, at most
by a factor of 2.5 in the odds, and the number stays "not locally validated". From 100 local events on the intercept is
estimated (prior N(0, 0.5²) around the raw level), from 200 on the slope too (prior N(1, 0.5²)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from cmc.core.named import NamedStr
from cmc.core.text import Text
from cmc.risk.equations.coefficients import expit
from cmc.risk.equations.inputs import Column

MOST_SHIFT: Final = math.log(2.5)
PRIOR_SPREAD: Final = 0.5
EVENTS_FOR_INTERCEPT: Final = 100
EVENTS_FOR_SLOPE: Final = 200
FOLDS: Final = 5
_Z95: Final = 1.959963984540054
_SMALLEST: Final = 1e-9
_STEPS: Final = 100


class Basis(NamedStr):
    """What the level rests on."""

    RAW = "raw", "原始水平", "as made"
    EXTERNAL = "external", "外部标准，未验证", "external standard, not validated"
    LOCAL_INTERCEPT = "local_intercept", "本地结局校正截距", "intercept from local events"
    LOCAL_SLOPE = "local_slope", "本地结局校正截距和斜率", "intercept and slope from local events"


NOT_VALIDATED: Final = Text("未经本地验证", "not locally validated")


class TooFewEvents(ValueError):
    """Local events do not suffice to move a level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLevel:
    """One version of the level of one model. `spread` is the standard error of the intercept, None without events."""

    model_id: str
    model_version: str
    version: int
    on: date
    basis: Basis
    intercept: float = 0.0
    slope: float = 1.0
    people: int = 0
    events: int = 0
    spread: float | None = None
    standard: str | None = None

    @property
    def locally_validated(self) -> bool:
        """Whether enough local events stand behind it; else every number says that it is not."""
        return self.basis in {Basis.LOCAL_INTERCEPT, Basis.LOCAL_SLOPE}

    @property
    def caveat(self) -> Text | None:
        """What is to be shown beside every number."""
        return None if self.locally_validated else NOT_VALIDATED

    def apply(self, raw: Column) -> Column:
        """Recalibrated risks in 0–1 from raw ones; NaN stays NaN. Never give it what it has returned."""
        return expit(self.intercept + self.slope * log_odds(raw))


@dataclass(frozen=True, slots=True)
class Checked:
    """Observed over expected before, and after as found in people whom the level was not estimated from."""

    before: float
    after: float


def raw_level(model_id: str, model_version: str, *, on: date) -> LocalLevel:
    """The level of a model as it was made."""
    return LocalLevel(model_id=model_id, model_version=model_version, version=0, on=on, basis=Basis.RAW)


def from_standard(before: LocalLevel, raw: Column, standard_mean: float, *, standard: str, on: date) -> LocalLevel:
    """The next level: the mean over the enrolled equals an external standard, as far as the limit lets it.

    `raw` are raw risks (NaN is left out), `standard` names the source. Raises ValueError for nobody, no name or a mean
    outside 0–1, and when a level from local events would be given up for one without.
    """
    if not standard.strip():
        raise ValueError("an external standard names its source")
    known = raw[~np.isnan(raw)]
    if not known.size or not 0 < standard_mean < 1:
        raise ValueError("a standard needs people and a mean between 0 and 1")
    if before.locally_validated:
        raise ValueError("local events are known: no external standard goes before them")
    low, high = -MOST_SHIFT, MOST_SHIFT
    odds = log_odds(known)
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if expit(odds + middle).mean() < standard_mean else (low, middle)
    return _next(before, on, Basis.EXTERNAL, 0.5 * (low + high), 1.0, people=known.size, standard=standard)


def from_events(before: LocalLevel, raw: Column, label: Column, weight: Column, *, on: date) -> LocalLevel:
    """The next level from local outcomes: `label` 0 or 1 within the horizon, `weight` 0 where nobody knows.

    Raises TooFewEvents below 100 events, ValueError when the slope turns out not to be above zero.
    """
    odds, label, weight = _usable(raw, label, weight)
    events = int(label.sum())
    if events < EVENTS_FOR_INTERCEPT:
        raise TooFewEvents(f"{events} local events: the level moves from {EVENTS_FOR_INTERCEPT} on")
    with_slope = events >= EVENTS_FOR_SLOPE
    (intercept, slope), spread = _most_likely(odds, label, weight, with_slope=with_slope)
    if slope <= 0:
        raise ValueError("the local slope is not above zero: the model does not rank here")
    basis = Basis.LOCAL_SLOPE if with_slope else Basis.LOCAL_INTERCEPT
    return _next(before, on, basis, intercept, slope, people=label.size, events=events, spread=spread)


def checked(raw: Column, label: Column, weight: Column) -> Checked:
    """What recalibration would bring, each fifth of the people judged by a level from the other four.

    Raises TooFewEvents when the other four fifths of any part have fewer than 100 events.
    """
    odds, label, weight = _usable(raw, label, weight)
    fold = np.arange(label.size) % FOLDS
    expected = np.empty(label.size)
    for each in range(FOLDS):
        rest = fold != each
        events = int(label[rest].sum())
        if events < EVENTS_FOR_INTERCEPT:
            raise TooFewEvents(f"{events} local events in four fifths: too few to check")
        with_slope = events >= EVENTS_FOR_SLOPE
        (intercept, slope), _ = _most_likely(odds[rest], label[rest], weight[rest], with_slope=with_slope)
        expected[~rest] = expit(intercept + slope * odds[~rest])
    observed = float((weight * label).sum())
    return Checked(observed / float((weight * expit(odds)).sum()), observed / float((weight * expected).sum()))


def log_odds(risk: Column) -> Column:
    """Log-odds of probabilities, kept finite; NaN stays NaN."""
    clipped = np.clip(risk, _SMALLEST, 1 - _SMALLEST)
    return np.asarray(np.log(clipped / (1 - clipped)))


def interval(level: LocalLevel) -> tuple[float, float] | None:
    """The 95 % interval of the intercept, None without local events."""
    if level.spread is None:
        return None
    return level.intercept - _Z95 * level.spread, level.intercept + _Z95 * level.spread


def _usable(raw: Column, label: Column, weight: Column) -> tuple[Column, Column, Column]:
    here = (weight > 0) & ~np.isnan(raw)
    if not np.isin(label[here], (0.0, 1.0)).all():
        raise ValueError("an outcome is 0 or 1")
    return log_odds(raw[here]), label[here], weight[here]


def _most_likely(odds: Column, label: Column, weight: Column, *, with_slope: bool) -> tuple[tuple[float, float], float]:
    """Intercept, slope and the standard error of the intercept at the mode of the posterior (Newton's steps).

    With a slope the log-odds are centred for the steps, so that the two do not pull at each other; the prior of the
    intercept then speaks of the level at the mean.
    """
    centre = float(np.average(odds, weights=weight)) if with_slope else 0.0
    columns = np.stack([np.ones_like(odds), odds - centre])[: 2 if with_slope else 1]
    offset = np.full_like(odds, centre) if with_slope else odds
    prior = np.array([0.0, 1.0])[: len(columns)]
    found = prior.copy()
    for _ in range(_STEPS):
        chance = expit(offset + found @ columns)
        gradient = columns @ (weight * (label - chance)) - (found - prior) / PRIOR_SPREAD**2
        curvature = (columns * (weight * chance * (1 - chance))) @ columns.T + np.eye(len(columns)) / PRIOR_SPREAD**2
        step = np.linalg.solve(curvature, gradient)
        found = found + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-12:
            break
    shares = np.array([1.0, -centre])[: len(columns)]  # of the intercept that is kept, in what was found at the centre
    spread = float(np.sqrt(shares @ np.linalg.inv(curvature) @ shares))
    if not with_slope:
        return (float(found[0]), 1.0), spread
    return (float(found[0] + centre * (1 - found[1])), float(found[1])), spread


def _next(
    before: LocalLevel,
    on: date,
    basis: Basis,
    intercept: float,
    slope: float,
    *,
    people: int,
    events: int = 0,
    spread: float | None = None,
    standard: str | None = None,
) -> LocalLevel:
    return LocalLevel(
        model_id=before.model_id,
        model_version=before.model_version,
        version=before.version + 1,
        on=on,
        basis=basis,
        intercept=intercept,
        slope=slope,
        people=people,
        events=events,
        spread=spread,
        standard=standard,
    )
