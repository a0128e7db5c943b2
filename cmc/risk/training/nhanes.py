"""The survey NHANES with its linked mortality, from one Parquet file of rows without identifiers.

Columns and units as `cmc risk data` writes them: pressures in mmHg, cholesterol in mmol/L, albumin-creatinine ratio in
mg/g, HbA1c in %, months from the examination to death or to 31 December 2019. Cause 1 is the heart, 5 the vessels of
the brain (the ten leading causes of the public file, whose cause and month are perturbed for some of the dead).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from cmc.core.operating import OperatorError
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.training.cohort import AGES, Cohort

CV_CAUSES: Final = (1, 5)
_LEVELS: Final = {
    "demo_age_years": Variable.AGE,
    "bp_sys_mean": Variable.SBP,
    "bp_dia_mean": Variable.DBP,
    "BMI": Variable.BMI,
    "waist": Variable.WAIST,
    "cc_hba1c": Variable.HBA1C,
    "TC": Variable.TC,
    "HDL": Variable.HDL,
    "TG": Variable.TRIGLYCERIDES,
    "cc_egfr": Variable.EGFR,
    "cc_acr": Variable.UACR,
}
_ANSWERS: Final = {
    "bp_med_use": Variable.BP_TREATED,
    "cc_diabetes": Variable.DIABETES,
    "cc_cvd_mi": Variable.PRIOR_MI,
    "cc_cvd_chd": Variable.PRIOR_IHD,
    "cc_cvd_stroke": Variable.PRIOR_STROKE,
    "cc_cvd_hf": Variable.PRIOR_HF,
    "chol_med_statin": Variable.STATIN,
}
_NUMBERED: Final = {"insulin": Variable.INSULIN, "oral_diab_med": Variable.ORAL_GLUCOSE_LOWERING}  # 1 yes, 2 no
_FOLLOWED: Final = ("svy_year", "demo_gender", "demo_race", "demo_pregnant", "cc_smoke", "eligstat", "mortstat")
COLUMNS: Final = (*_LEVELS, *_ANSWERS, *_NUMBERED, *_FOLLOWED, "ucod_leading", "permth_exm")


def sha256(path: Path) -> str:
    """The hash of the data file, kept in every manifest. Raises OperatorError when it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise OperatorError(f"{path.name} cannot be read: {error.strerror}.") from error


def read(path: Path) -> Cohort:
    """Adults of 30–79, not pregnant, whose fate is known. Raises OperatorError for a file without the columns."""
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise OperatorError(f"{path.name} is no readable Parquet file.") from error
    missing = sorted(set(COLUMNS) - set(frame.columns))
    if missing:
        raise OperatorError(f"{path.name} lacks the columns {', '.join(missing)}.")
    frame = frame.with_columns(pl.col(pl.Categorical).cast(pl.String))
    return cohort(frame)


def cohort(frame: pl.DataFrame) -> Cohort:
    """The same from a table in memory with the columns of `COLUMNS`."""
    lowest, below = AGES
    kept = frame.filter(
        (pl.col("demo_age_years") >= lowest)
        & (pl.col("demo_age_years") < below)
        & (pl.col("demo_pregnant").fill_null("No") != "Yes")
        & (pl.col("eligstat") == 1)
        & pl.col("mortstat").is_not_null()
        & pl.col("permth_exm").is_not_null()
    )
    died = kept["mortstat"].to_numpy() == 1
    cause = np.isin(kept["ucod_leading"].fill_null(0).to_numpy(), CV_CAUSES)
    return Cohort(
        people=_people(kept),
        months=kept["permth_exm"].cast(pl.Float64).to_numpy(),
        died=died,
        cv_death=died & cause,
        year=kept["svy_year"].str.slice(0, 4).cast(pl.Int16).to_numpy(),
        group=kept["demo_race"].to_numpy().astype(np.str_),
    )


def _people(frame: pl.DataFrame) -> Inputs:
    columns = {variable.value: _level(frame[name]) for name, variable in _LEVELS.items()}
    columns |= {variable.value: _either(frame[name], "Yes", "No") for name, variable in _ANSWERS.items()}
    columns |= {variable.value: _either(frame[name].cast(pl.Float64), 1.0, 2.0) for name, variable in _NUMBERED.items()}
    columns[Variable.MALE.value] = _either(frame["demo_gender"], "Men", "Women")
    smoke = frame["cc_smoke"]
    known = smoke.is_not_null().to_numpy()
    for variable, answer in ((Variable.SMOKER, "Current"), (Variable.EX_SMOKER, "Former")):
        columns[variable.value] = np.where(known, (smoke == answer).fill_null(value=False).to_numpy(), np.nan)
    # No earlier disease of the heart or brain is known only when every part of it was denied.
    parts = np.stack([columns[each.value] for each in (Variable.PRIOR_MI, Variable.PRIOR_IHD, Variable.PRIOR_STROKE)])
    none = np.where((parts == 0).all(axis=0), 0.0, np.nan)
    return Inputs.of(**columns, prior_cvd=none)


def _level(series: pl.Series) -> Column:
    return np.asarray(series.cast(pl.Float64).to_numpy(), dtype=np.float64)


def _either(series: pl.Series, yes: str | float, no: str | float) -> Column:
    """1, 0, or NaN for every other answer."""
    found = np.full(len(series), np.nan)
    found[(series == yes).fill_null(value=False).to_numpy()] = 1.0
    found[(series == no).fill_null(value=False).to_numpy()] = 0.0
    return found
