"""From a number to a band, only where a guideline draws the lines; everything else is ranked and has no band.

A risk is rounded to 0.1 percentage points before it is compared, so that the shown number and its band agree. Earlier
cardiovascular disease is very high without a percentage (`choice`). The bands are those of the hypertension table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cmc.clinical.stratification import RiskLevel
from cmc.risk.equations.inputs import Column

Levels: TypeAlias = NDArray[np.int8]
NO_BAND: Final = 0


@dataclass(frozen=True, slots=True)
class Cuts:
    """Lines in percent, each the lowest value of its band; below the first stands the lowest band."""

    lines: tuple[tuple[float, RiskLevel], ...]
    source: str

    def level(self, risk: Column) -> Levels:
        """The band of every probability as the number of its `RiskLevel`; `NO_BAND` where there is no estimate."""
        percent = np.round(100 * risk, 1)
        levels = np.where(np.isnan(percent), NO_BAND, int(RiskLevel.LOW)).astype(np.int8)
        for lowest, level in self.lines:
            levels[percent >= lowest] = int(level)
        return levels


CHINESE_GUIDELINE_2019: Final = Cuts(
    ((5.0, RiskLevel.MEDIUM), (10.0, RiskLevel.HIGH)),
    "中国心血管病风险评估和管理指南 2019: below 5 % low, 5 to below 10 % medium, 10 % and more high",
)
KDIGO_2024_5_YEARS: Final = Cuts(
    ((3.0, RiskLevel.MEDIUM), (5.0, RiskLevel.HIGH)),
    "KDIGO 2024: kidney failure within 5 years of 3–5 % is where referral to nephrology begins",
)


def worst(*levels: Levels) -> Levels:
    """Of each person the highest band; who has none at all keeps none. Raises ValueError without any bands."""
    if not levels:
        raise ValueError("no bands")
    return np.asarray(np.maximum.reduce(levels), dtype=np.int8)
