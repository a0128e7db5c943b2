"""Watching the models: have the people changed, are the numbers still right (pure). Alerts call a person, nothing more.

Inputs and scores are compared with those at release by the population stability index (PSI); levels by observed over
expected with an exact Poisson interval, and month by month by a CUSUM of the log-likelihood of a shift by a quarter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from cmc.core.named import NamedStr
from cmc.risk.equations.equation import Flag
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.models.model import Task
from cmc.risk.models.scoring import Score
from cmc.risk.models.terms import Tier
from cmc.risk.models.tiers import NO_TIER, READ

PSI_ALERT: Final = 0.2
PSI_BINS: Final = 10
SHARE_ALERT: Final = 0.05  # our own line: so many more out of range than at release
CUSUM_RATIO: Final = 1.25
CUSUM_ALERT: Final = math.log(100)
_LEAST_SHARE: Final = 1e-4
_UNKNOWN: Final = "unknown"
_LEVEL: Final = 0.05
_STEPS: Final = 200


class Watch(NamedStr):
    """What is watched."""

    INPUT = "input", "输入分布", "distribution of an input"
    SCORE = "score", "评分分布", "distribution of a score"
    TIER = "tier", "模型档次构成", "mix of tiers"
    OUT_OF_RANGE = "out_of_range", "超出范围比例", "share out of range"
    LEVEL = "level", "实际与预期之比", "observed over expected"
    CUSUM = "cusum", "累积和", "CUSUM"


@dataclass(frozen=True, slots=True)
class Spread:
    """How values lay at release: inner edges of the bins, share of each bin, and last the share of unknown ones."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    def shares_of(self, values: Column) -> tuple[float, ...]:
        """The shares of other values in the same bins. Raises ValueError for nobody."""
        if not values.size:
            raise ValueError("nobody to compare")
        known = values[~np.isnan(values)]
        counts = np.bincount(np.searchsorted(self.edges, known, side="right"), minlength=len(self.edges) + 1)
        return tuple(float(each) / values.size for each in (*counts, values.size - known.size))


@dataclass(frozen=True, slots=True)
class Baseline:
    """The people at release or at the start of use: inputs by keyword, scores by task, tiers, share out of range."""

    inputs: Mapping[str, Spread]
    scores: Mapping[str, Spread]
    tiers: Mapping[str, float]
    out_of_range: float


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that was looked at: its value, and whether somebody should look too."""

    watch: Watch
    name: str
    value: float
    alert: bool


@dataclass(frozen=True, slots=True)
class Ratio:
    """Observed over expected with its exact 95 % interval."""

    observed: int
    expected: float
    value: float
    low: float
    high: float

    @property
    def alert(self) -> bool:
        """Whether chance alone does not explain it."""
        return not self.low <= 1 <= self.high


@dataclass(frozen=True, slots=True)
class Cusum:
    """After each month the evidence for a level a quarter higher, and a fifth lower; the first month of an alert."""

    higher: tuple[float, ...]
    lower: tuple[float, ...]
    alert_at: int | None


def spread_of(values: Column) -> Spread:
    """How values lie now, in tenths of the known ones. Raises ValueError for nobody."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, PSI_BINS + 1)[1:-1])) if known.size else np.empty(0)
    bare = Spread(tuple(float(edge) for edge in edges), ())
    return Spread(bare.edges, bare.shares_of(values))


def baseline_of(people: Inputs, scores: Mapping[Task, Score]) -> Baseline:
    """What later months are compared with."""
    return Baseline(
        MappingProxyType({variable.value: spread_of(people.get(variable)) for variable in READ}),
        MappingProxyType({task.key: spread_of(score.risk) for task, score in scores.items()}),
        MappingProxyType(tier_shares(scores)),
        out_of_range(scores),
    )


def compared(baseline: Baseline, people: Inputs, scores: Mapping[Task, Score]) -> tuple[Seen, ...]:
    """The month against the baseline: PSI of inputs, scores and tiers, share out of range."""
    seen = []
    for variable in READ:
        seen.append(_psi(Watch.INPUT, variable.value, baseline.inputs[variable.value], people.get(variable)))
    for task, score in scores.items():
        seen.append(_psi(Watch.SCORE, task.key, baseline.scores[task.key], score.risk))
    now = tier_shares(scores)
    value = psi([baseline.tiers[name] for name in now], list(now.values()))
    seen.append(Seen(Watch.TIER, "tier", value, value > PSI_ALERT))
    share = out_of_range(scores)
    seen.append(Seen(Watch.OUT_OF_RANGE, "share", share, share > baseline.out_of_range + SHARE_ALERT))
    return tuple(seen)


def psi(before: Sequence[float], now: Sequence[float]) -> float:
    """The population stability index of two lists of shares of the same bins; empty bins count as one in 10,000."""
    then, later = (np.maximum(np.asarray(shares), _LEAST_SHARE) for shares in (before, now))
    return float(((later - then) * np.log(later / then)).sum())


def tier_shares(scores: Mapping[Task, Score]) -> dict[str, float]:
    """The share of people in each tier of the deaths, and without a tier."""
    tiers = next(iter(scores.values())).tier
    shares = {tier.value: float((tiers == place).mean()) for place, tier in enumerate(Tier)}
    return {**shares, _UNKNOWN: float((tiers == NO_TIER).mean())}


def out_of_range(scores: Mapping[Task, Score]) -> float:
    """The share of people with a value that was refused, clamped or beyond what the models are for."""
    beyond = Flag.IMPLAUSIBLE | Flag.OUT_OF_RANGE | Flag.CLAMPED | Flag.EXTRAPOLATED
    flags = next(iter(scores.values())).flags
    return float(((flags & np.uint8(beyond)) != 0).mean())


def observed_expected(observed: int, expected: float) -> Ratio:
    """Events over the sum of risks with the exact (Garwood) 95 % interval of a Poisson count.

    Raises ValueError unless `expected` is above zero.
    """
    if not expected > 0 or observed < 0:
        raise ValueError("expected events are above zero, observed ones not below")
    low, high = poisson_interval(observed)
    return Ratio(observed, expected, observed / expected, low / expected, high / expected)


def poisson_interval(observed: int) -> tuple[float, float]:
    """The exact 95 % interval of the mean of a Poisson count."""
    low = 0.0 if observed == 0 else _mean_where(lambda mean: 1 - _at_most(observed - 1, mean) >= _LEVEL / 2, observed)
    return low, _mean_where(lambda mean: _at_most(observed, mean) <= _LEVEL / 2, observed)


def cusum(observed: Sequence[int], expected: Sequence[float]) -> Cusum:
    """Evidence, month by month, that events came a quarter more (or a fifth less) often than foretold.

    Poisson log-likelihood ratios summed, never below zero; an alert is evidence of 100 to 1. Months whose outcomes are
    not complete yet are for the caller to leave out. Raises ValueError for lists of different length.
    """
    higher, lower = [], []
    up = down = 0.0
    alert_at = None
    for month, (count, mean) in enumerate(zip(observed, expected, strict=True)):
        up = max(0.0, up + _evidence(count, mean, CUSUM_RATIO))
        down = max(0.0, down + _evidence(count, mean, 1 / CUSUM_RATIO))
        higher.append(up)
        lower.append(down)
        if alert_at is None and max(up, down) > CUSUM_ALERT:
            alert_at = month
    return Cusum(tuple(higher), tuple(lower), alert_at)


def _psi(watch: Watch, name: str, before: Spread, values: Column) -> Seen:
    value = psi(before.shares, before.shares_of(values))
    return Seen(watch, name, value, value > PSI_ALERT)


def _evidence(count: int, mean: float, ratio: float) -> float:
    return count * math.log(ratio) - (ratio - 1) * mean


def _at_most(count: int, mean: float) -> float:
    """The Poisson chance of `count` or fewer."""
    each = np.arange(count + 1)
    logs = each * math.log(mean) - mean - np.array([math.lgamma(one + 1) for one in each])
    return float(np.exp(logs).sum())


def _mean_where(holds: Callable[[float], bool], count: int) -> float:
    """The smallest mean from which on something holds, by halving; it holds at the upper end."""
    low, high = 1e-12, count + 10 * math.sqrt(count + 1) + 10
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
