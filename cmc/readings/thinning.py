"""Fewer points for a chart that show the same picture: extremes stay, alarms always stay. Pure, on NumPy.

The span is cut into buckets of equal time; of each bucket the first, the last, the least and the greatest value remain.
A gap in time stays a gap, because no point is invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

POINTS_A_BUCKET: Final = 4


def thin(seconds: ArrayLike, values: ArrayLike, *, most: int, always: Sequence[int] = ()) -> NDArray[np.int64]:
    """Return the indices of the points to draw, ascending.

    `seconds` are times in any order, `values` have the same length; NaN is kept out unless named in `always`. All
    indices of `always` (alarms, HI and LO) are among the answer, however many; of the others at most `most` are. The
    first and last in time, the least and the greatest value are always among them.
    Raises ValueError for fewer than 4 points or different lengths.
    """
    times, numbers = np.asarray(seconds, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if most < POINTS_A_BUCKET or times.ndim != 1 or times.shape != numbers.shape:
        raise ValueError("at least 4 points, and as many times as values")
    named = np.unique(np.asarray(list(always), dtype=np.int64))
    drawable = np.flatnonzero(np.isfinite(numbers) & np.isfinite(times))
    if len(drawable) > most:
        drawable = drawable[_extremes(times[drawable], numbers[drawable], most // POINTS_A_BUCKET)]
    return np.union1d(drawable, named)


def _extremes(times: NDArray[np.float64], values: NDArray[np.float64], buckets: int) -> NDArray[np.int64]:
    span = times.max() - times.min()
    place = (times - times.min()) / span * buckets if span > 0 else np.zeros_like(times)
    bucket = np.minimum(place.astype(np.int64), buckets - 1)
    ends = [_last_of_each(bucket, np.lexsort((key, bucket))) for key in (times, -times, values, -values)]
    return np.unique(np.concatenate(ends))


def _last_of_each(bucket: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of every bucket the point that stands last in `order`, which is sorted by bucket."""
    sorted_buckets = bucket[order]
    last = np.append(sorted_buckets[1:] != sorted_buckets[:-1], True)
    found: NDArray[np.int64] = order[last]
    return found
