"""A made-up survey in the columns of the real one, whose truth is known: who is frail misses laboratory values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

SIZE = 5000
YEARS = ("1999-2000", "2001-2002", "2003-2004", "2005-2006", "2007-2008", "2009-2010", "2011-2012", "2013-2014")
ORIGINS = ("Hispanic", "Non-Hispanic Asian", "Non-Hispanic Black", "Non-Hispanic White")


def survey(size: int = SIZE, seed: int = 1) -> pl.DataFrame:
    """Columns as `nhanes.COLUMNS`; death follows age, kidney, smoking and a frailty that also hides tests."""
    stream = np.random.default_rng(seed)
    age = stream.integers(18, 81, size).astype(np.float64)
    yes = {name: stream.random(size) < share for name, share in SHARES.items()}
    sbp = np.clip(stream.normal(110 + 0.35 * age, 16, size), 85, 220)
    egfr = np.clip(stream.normal(118 - 0.7 * age, 18, size), 12, 140)
    acr = np.clip(np.exp(stream.normal(1.2 + 0.02 * age, 1.5, size)), 0.5, 4000)
    frail = stream.random(size) < 0.12
    hazard = np.exp(-9.0 + 0.075 * age + 0.6 * yes["smoke"] + 0.5 * yes["dm"] + 0.8 * yes["hf"] + 1.6 * frail)
    hazard *= np.exp(0.012 * (90 - np.minimum(egfr, 90)) + 0.12 * np.log(acr))
    months = stream.exponential(12 / hazard)
    year = stream.integers(0, len(YEARS), size)
    end = 12 * (2019.5 - (1999 + 2 * year)) + stream.uniform(-6, 6, size)
    died = months < end
    hidden = frail | (stream.random(size) < 0.03)
    levels = {
        "cc_hba1c": np.clip(stream.normal(5.5 + 1.6 * yes["dm"], 0.6, size), 4, 14),
        "TC": np.clip(stream.normal(5.1, 1, size), 2.2, 10),
        "HDL": np.clip(stream.normal(1.4, 0.35, size), 0.5, 3.5),
        "TG": np.clip(stream.normal(1.6, 0.6, size), 0.3, 8),
        "cc_egfr": egfr,
        "cc_acr": acr,
    }
    words = np.array(["No", "Yes"])
    return pl.DataFrame(
        {
            "svy_year": np.array(YEARS)[year],
            "demo_age_years": age,
            "demo_gender": np.array(["Women", "Men"])[yes["male"].astype(int)],
            "demo_race": stream.choice(ORIGINS, size),
            "demo_pregnant": ["No" if young else None for young in age < 45],
            "bp_sys_mean": sbp,
            "bp_dia_mean": np.clip(stream.normal(76, 10, size), 45, 120),
            "BMI": np.clip(stream.normal(27, 5, size), 16, 48),
            "waist": np.clip(stream.normal(95, 12, size), 60, 150),
            **{name: np.where(hidden, np.nan, column) for name, column in levels.items()},
            "bp_med_use": words[yes["bp"].astype(int)],
            "cc_diabetes": words[yes["dm"].astype(int)],
            "cc_cvd_mi": words[yes["mi"].astype(int)],
            "cc_cvd_chd": words[yes["mi"].astype(int)],
            "cc_cvd_stroke": words[yes["stroke"].astype(int)],
            "cc_cvd_hf": words[yes["hf"].astype(int)],
            "chol_med_statin": [None] * size,
            "cc_smoke": np.where(yes["smoke"], "Current", np.where(yes["former"], "Former", "Never")),
            "insulin": np.where(yes["dm"] & yes["insulin"], 1.0, 2.0),
            "oral_diab_med": np.where(yes["dm"], 1.0, 2.0),
            "eligstat": np.ones(size),
            "mortstat": died.astype(np.float64),
            "ucod_leading": np.where(
                died, stream.choice([1.0, 5.0, 2.0, 10.0], size, p=[0.35, 0.15, 0.3, 0.2]), np.nan
            ),
            "permth_exm": np.floor(np.where(died, months, end)),
        },
        schema_overrides={"chol_med_statin": pl.String},
        nan_to_null=True,
    )


SHARES = {
    "male": 0.5,
    "smoke": 0.22,
    "former": 0.25,
    "dm": 0.2,
    "bp": 0.35,
    "mi": 0.07,
    "stroke": 0.05,
    "hf": 0.05,
    "insulin": 0.3,
}


@pytest.fixture(scope="session")
def survey_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The survey as a Parquet file."""
    path = tmp_path_factory.mktemp("survey") / "survey.parquet"
    survey().write_parquet(path)
    return path
