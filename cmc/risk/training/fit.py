"""One fit: ridge logistic regression (scikit-learn) whose constrained coefficients are at least zero, and its refits.

Scikit-learn's logistic regression knows no bounds: what falls below zero is left out and the rest fitted anew, until
nothing is below. One thread does the arithmetic, so that the sums are made in one order and a run repeats to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from cmc.risk.equations.inputs import Column
from cmc.risk.training.cohort import Mask

RIDGE: Final = 4.0  # penalty on standardised coefficients, half their squares times this; fixed before looking at tests
REFITS: Final = 30
DIGITS: Final = 9  # significant digits kept of a coefficient: more than the data say, less than rounding of sums
_SMALLEST_SPREAD: Final = 1e-9


def fit(columns: Column, label: Column, weight: Column, constrained: Sequence[bool]) -> Column:
    """Intercept and coefficients (1 + p) in units of the columns (n × p); those of constant columns are 0.

    Raises ValueError when everybody or nobody has the outcome.
    """
    if not 0 < label.mean() < 1:
        raise ValueError("a model needs people with and without the outcome")
    with threadpool_limits(limits=1):
        centre = np.average(columns, axis=0, weights=weight)
        spread = np.sqrt(np.average((columns - centre) ** 2, axis=0, weights=weight))
        kept = spread > _SMALLEST_SPREAD
        scaled = (columns - centre) / np.where(kept, spread, 1.0)
        bounded = np.asarray(constrained)
        while True:
            model = LogisticRegression(C=1 / RIDGE, solver="newton-cholesky", tol=1e-8, max_iter=200)
            model.fit(scaled[:, kept], label, sample_weight=weight)
            found = np.zeros(columns.shape[1])
            found[kept] = model.coef_[0]
            falling = bounded & (found < 0)
            if not falling.any():
                break
            kept &= ~falling
        slopes = np.where(kept, found / np.where(kept, spread, 1.0), 0.0)
        return significant(np.concatenate([model.intercept_ - slopes @ centre, slopes]))


def refits(
    columns: Column, label: Column, weight: Column, constrained: Sequence[bool], *, seed: Sequence[int], count: int
) -> Column:
    """The same on `count` samples of the people drawn with replacement: count × (1 + p).

    A sample in which nobody has the outcome is drawn again.
    """
    stream = np.random.default_rng(list(seed))
    found: list[Column] = []
    while len(found) < count:
        drawn = np.bincount(stream.integers(0, label.size, label.size), minlength=label.size)
        here: Mask = drawn > 0
        if 0 < label[here].mean() < 1:
            found.append(fit(columns[here], label[here], weight[here] * drawn[here], constrained))
    return np.stack(found)


def significant(values: Column) -> Column:
    """Values rounded to `DIGITS` significant digits."""
    return np.array([float(f"{value:.{DIGITS - 1}e}") for value in values])
