"""How clinics measure: scatter around the true level, figures rounded to ten, and figures that nobody measured."""

from typing import Final

import numpy as np

from cmc.simulation.people import Flags, Real, Whole
from cmc.simulation.region import Habits

_SBP_SCATTER, _DBP_SCATTER, _GLUCOSE_SCATTER = 6.5, 4.5, 0.07
_SBP_ENDS, _DBP_ENDS = (88, 238), (45, 138)
_LEAST_PULSE_PRESSURE: Final = 16
_FASTING_ENDS_TENTHS: Final = (24, 290)
TYPED_SBP: Final = (128, 138)
"""Where the systolic values lie that a clinic types in without measuring, ends included."""
_TYPED_DBP, _TYPED_FASTING_TENTHS = (74, 86), (56, 68)


def office_pressure(
    rng: np.random.Generator, habits: Habits, true: tuple[Real, Real], typed: Flags
) -> tuple[Whole, Whole]:
    """Measure true (SBP, DBP) in an office: whole mmHg; `typed` ones are invented."""
    count = len(typed)
    sbp = np.rint(true[0] + rng.normal(0, _SBP_SCATTER, count))
    dbp = np.rint(true[1] + rng.normal(0, _DBP_SCATTER, count))
    rounded = rng.random(count) < habits.round_share
    sbp, dbp = (np.where(rounded, np.rint(each / 10) * 10, each) for each in (sbp, dbp))
    sbp = np.where(typed, rng.integers(TYPED_SBP[0], TYPED_SBP[1] + 1, count), sbp)
    dbp = np.where(typed, rng.integers(_TYPED_DBP[0], _TYPED_DBP[1] + 1, count), dbp)
    return possible_pressure(sbp, dbp, step=np.where(rounded & ~typed, 10, 1))


def home_pressure(rng: np.random.Generator, true: tuple[Real, Real]) -> tuple[Whole, Whole]:
    """Measure true (SBP, DBP) at home: some mmHg lower than in the office, with more scatter."""
    count = len(true[0])
    sbp = np.rint(true[0] - 4 + rng.normal(0, _SBP_SCATTER + 1, count))
    dbp = np.rint(true[1] - 2.5 + rng.normal(0, _DBP_SCATTER + 0.5, count))
    return possible_pressure(sbp, dbp, step=np.ones(count))


def possible_pressure(sbp: Real, dbp: Real, *, step: Real | Whole) -> tuple[Whole, Whole]:
    """Keep pressures inside of what is possible, and the pulse pressure wide enough (BP-01)."""
    high = np.clip(sbp, *_SBP_ENDS).astype(np.int64)
    low = np.clip(dbp, *_DBP_ENDS).astype(np.int64)
    widest = high - np.where(step == 10, 20, _LEAST_PULSE_PRESSURE).astype(np.int64)
    return high, np.minimum(low, widest)


def glucose_tenths(rng: np.random.Generator, true_mmol_l: Real, typed: Flags | None = None) -> Whole:
    """Measure glucose: tenths of a mmol/L, as meters show it; `typed` ones are invented fasting values."""
    count = len(true_mmol_l)
    value = np.rint(10 * true_mmol_l * np.exp(rng.normal(0, _GLUCOSE_SCATTER, count)))
    invented = rng.integers(_TYPED_FASTING_TENTHS[0], _TYPED_FASTING_TENTHS[1] + 1, count)
    if typed is not None:
        value = np.where(typed, invented, value)
    return np.clip(value, *_FASTING_ENDS_TENTHS).astype(np.int64)
