"""What became of people within a horizon: label and weight of each, for the local level. Pure.

Whoever left before the horizon was over without the event is not known and gets weight 0; who is known stands for the
like of them who left: 1 over the Kaplan–Meier chance of still being followed (inverse probability of censoring).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cmc.risk.equations.inputs import Column

LEAST_FOLLOWED: Final = 0.05  # a smaller chance of being followed would give one person the weight of twenty


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """`label` 0 or 1 within the horizon, `weight` 0 where nobody knows."""

    label: Column
    weight: Column


def outcomes(event_after: Column, left_after: Column, horizon_days: float) -> Outcomes:
    """Labels and weights from days to the event and to the end of being followed; NaN: neither happened so far.

    Everybody is watched for the whole horizon unless he leaves. An event on the day of leaving counts.
    """
    never = np.inf
    event = np.where(np.isnan(event_after), never, event_after)
    left = np.where(np.isnan(left_after), never, left_after)
    happened = (event <= horizon_days) & (event <= left)
    censored = ~happened & (left < horizon_days)
    until = np.where(happened, event, np.minimum(left, horizon_days))
    followed = _followed(until, censored)
    weight = np.where(censored, 0.0, 1.0 / np.maximum(followed, LEAST_FOLLOWED))
    return Outcomes(happened.astype(np.float64), weight)


def _followed(until: Column, censored: NDArray[np.bool_]) -> Column:
    """The Kaplan–Meier chance of being followed up to just before each one's day."""
    chance = np.ones(until.size)
    now = 1.0
    order = np.argsort(until, kind="stable")
    days, is_left = until[order], censored[order]
    starts = np.flatnonzero(np.concatenate([[True], np.diff(days) > 0])) if days.size else np.empty(0, dtype=np.intp)
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < starts.size else days.size
        chance[order[start:end]] = now
        gone = int(is_left[start:end].sum())
        now *= 1.0 - gone / (days.size - start)
    return chance
