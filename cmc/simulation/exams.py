"""Annual examinations of one cell: about one a year and person, some of them with a blank."""

from typing import Final

import numpy as np

from cmc.clinical.codes import ExamFootPulse
from cmc.clinical.examination_codes import Smoking
from cmc.simulation import measuring
from cmc.simulation.levels import Levels
from cmc.simulation.lives import Lives
from cmc.simulation.people import People, Whole
from cmc.simulation.plan import Plan, stream
from cmc.simulation.region import Cell
from cmc.simulation.visits import Columns

OFTEN_LEFT_OUT: Final = (
    "temperature_c",
    "respiration_per_min",
    "waist_cm",
    "fasting_glucose_mmol_l",
    "exam_foot_pulse",
)
_KEPT, _BLANK, _FIRST_DAY, _LAST_DAY = 0.985, 0.02, 59, 330
_STOPPED_MEN, _STOPPED_WOMEN, _ASKED = 0.25, 0.01, 0.95
_SYMMETRIC: Final = int(ExamFootPulse.SYMMETRIC)


def exams(plan: Plan, cell: Cell, who: People, life: Lives, true: Levels) -> Columns:
    """Return the examinations of a cell's people in order of person and day.

    Columns: `who` index into the cell · `day` · `minute` · `temperature` `height` `weight` `waist` in tenths ·
    `pulse` `respiration` `sbp` `dbp` · `fasting` in tenths of a mmol/L, -1 where it was not asked for · `foot` 0 where
    not asked for · `blank` the index into `OFTEN_LEFT_OUT` of the field that was forgotten, -1 for none · `smoking` the
    form's code, 0 where not asked, with `cigarettes` a day of who smokes.
    """
    rng, count = stream(plan, cell.number, "exams"), len(who)
    come = np.clip(rng.beta(40, 1, count), 0, 1) * _KEPT * cell.clinic.habits.keeps_rhythm
    parts = []
    start, end = (int(np.datetime64(each, "D").astype(np.int64)) for each in (plan.start, plan.end))
    for year in range(plan.start.year, plan.end.year + 1):
        first = int(np.datetime64(f"{year}-01-01", "D").astype(np.int64))
        day = np.maximum(first + rng.integers(_FIRST_DAY, _LAST_DAY, count), life.registered + 1)
        there = (rng.random(count) < come) & (day >= start) & (day <= end) & (day < first + 365)
        there &= life.in_care(np.arange(count), day) & (day != life.ended)
        idx = np.flatnonzero(there)
        parts.append(_examine(rng, cell, who, true, idx, day[idx]))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["day"], columns["who"]))
    return {name: each[order] for name, each in columns.items()} | _ways(plan, cell, who, columns["who"][order])


def _ways(plan: Plan, cell: Cell, who: People, idx: Whole) -> Columns:
    """Smoking as asked at examinations: who smokes, had stopped before the records began, or never did."""
    rng = stream(plan, cell.number, "exam_ways")
    former = rng.random(len(who)) < np.where(who.male, _STOPPED_MEN, _STOPPED_WOMEN)
    smoking = np.where(who.cigarettes > 0, Smoking.SMOKES, np.where(former, Smoking.QUIT, Smoking.NEVER))
    asked = rng.random(len(idx)) < _ASKED
    return {
        "smoking": np.where(asked, smoking[idx], 0),
        "cigarettes": np.where(asked, who.cigarettes[idx], 0),
    }


def _examine(rng: np.random.Generator, cell: Cell, who: People, true: Levels, idx: Whole, day: Whole) -> Columns:
    count = len(idx)
    typed = rng.random(count) < cell.clinic.habits.typed_share
    sbp, dbp = measuring.office_pressure(rng, cell.clinic.habits, true.pressure(idx, day), typed)
    diabetic = who.has[idx, 1]
    weak = rng.integers(1, len(ExamFootPulse) + 1, count)
    foot = np.where(rng.random(count) < 0.93, _SYMMETRIC, weak)
    of_htn = len(OFTEN_LEFT_OUT) - 2
    blank = np.where(diabetic, rng.integers(0, len(OFTEN_LEFT_OUT), count), rng.integers(0, of_htn, count))
    waist = np.where(who.male[idx], 880, 845) + 8 * (who.weight_kg[idx] - 66) + rng.normal(0, 40, count)
    return {
        "who": idx,
        "day": day,
        "minute": rng.integers(8 * 60, 11 * 60, count),
        "temperature": np.clip(np.rint(rng.normal(365, 2, count)), 358, 373).astype(np.int64),
        "pulse": rng.integers(58, 92, count),
        "respiration": rng.integers(14, 21, count),
        "sbp": sbp,
        "dbp": dbp,
        "height": who.height_tenths[idx],
        "weight": np.rint(10 * who.weight_kg[idx] + rng.normal(0, 8, count)).astype(np.int64),
        "waist": np.clip(np.rint(waist), 560, 1400).astype(np.int64),
        "fasting": np.where(diabetic, measuring.glucose_tenths(rng, true.fasting(idx, day), typed), -1),
        "foot": np.where(diabetic, foot, 0),
        "blank": np.where(rng.random(count) < _BLANK, blank, -1),
    }
