"""From the public files to the one table that models are made from; identifiers are dropped on the way.

Creatinine of 1999–2000 and 2005–2006 is brought to the standardised method as the survey's documentation gives it;
filtration rate by CKD-EPI 2021. Diabetes is what was told, HbA1c from 6.5 %, insulin or tablets. Who was never told of
hypertension takes no medicine for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyreadstat

from cmc.clinical.renal import UMOL_L_PER_MG_DL, EgfrFormula
from cmc.core.operating import OperatorError
from cmc.core.progress import Progress
from cmc.risk.equations.ckd_epi import egfr_ml_min
from cmc.risk.equations.variables import MMOL_L_PER_MG_DL_CHOLESTEROL
from cmc.risk.training.nhanes import COLUMNS
from cmc.risk.training.public_files import CYCLES, PublicFile, checked, component, mortality

MMOL_L_PER_MG_DL_TRIGLYCERIDES: Final = 0.01129
_CREATININE: Final[Mapping[int, tuple[float, float]]] = {1999: (0.147, 1.013), 2005: (-0.016, 0.978)}
_ORIGINS: Final = {1: "Hispanic", 2: "Hispanic", 3: "Non-Hispanic White", 4: "Non-Hispanic Black", 5: "Other"}
_ORIGINS_FROM_2011: Final = {**_ORIGINS, 6: "Non-Hispanic Asian", 7: "Other"}
_KEY: Final = "SEQN"
# Places in a line of the mortality file, first and last, counted from 1.
_PLACES: Final = {
    _KEY: (1, 6),
    "eligstat": (15, 15),
    "mortstat": (16, 16),
    "ucod_leading": (17, 19),
    "permth_exm": (46, 48),
}
_READ: Final[Mapping[str, tuple[str, ...]]] = {  # component → variables; the first that a cycle has is taken
    "DEMO": ("RIDAGEYR", "RIAGENDR", "RIDRETH1", "RIDRETH3", "RIDEXPRG"),
    "BPX": ("BPXSY1", "BPXSY2", "BPXSY3", "BPXDI1", "BPXDI2", "BPXDI3"),
    "BPQ": ("BPQ020", "BPQ040A", "BPQ050A"),
    "BMX": ("BMXBMI", "BMXWAIST"),
    "SMQ": ("SMQ020", "SMQ040"),
    "DIQ": ("DIQ010", "DIQ050", "DIQ070", "DID070"),
    "MCQ": ("MCQ160B", "MCQ160C", "MCQ160E", "MCQ160F"),
    "GHB": ("LBXGH",),
    "TCHOL": ("LBXTC",),
    "HDL": ("LBDHDD", "LBXHDD", "LBDHDL"),
    "TRIGLY": ("LBXTR",),
    "BIOPRO": ("LBXSCR", "LBDSCR"),
    "ALBCR": ("URXUMA", "URXUCR"),
}


def build(files: tuple[PublicFile, ...], where: Path, to: Path, progress: Progress) -> int:
    """Write the table as Parquet after every file's hash was looked at; the number of people.

    Raises OperatorError for a missing, changed or unreadable file.
    """
    for done, _ in enumerate(checked(files, where)):
        progress("hashes", done + 1, len(files))
    tables = []
    for done, year in enumerate(CYCLES):
        progress("cycles", done, len(CYCLES))
        tables.append(_harmonised(_cycle(where, year), year))
    progress("cycles", len(CYCLES), len(CYCLES))
    table = pl.concat(tables)
    table.write_parquet(to)
    return table.height


def read_mortality(path: Path) -> pl.DataFrame:
    """The linked mortality of a cycle: who was eligible, alive (0) or dead (1), leading cause, months from the exam."""
    lines = pl.Series(path.read_text(encoding="ascii").splitlines())
    cut = {name: lines.str.slice(first - 1, last - first + 1) for name, (first, last) in _PLACES.items()}
    numbers = {name: column.str.strip_chars().replace([".", ""], None).cast(pl.Float64) for name, column in cut.items()}
    return pl.DataFrame(numbers)


def _cycle(where: Path, year: int) -> pl.DataFrame:
    """Everybody of a cycle with every variable of `_READ`; those that the cycle does not have are null."""
    people: pl.DataFrame | None = None
    for holds, names in _READ.items():
        path = where / component(year, holds)
        try:
            columns, _ = pyreadstat.read_xport(path, output_format="dict")
        except (pyreadstat.ReadstatError, OSError) as error:
            raise OperatorError(f"{path.name} is no readable transport file.") from error
        if _KEY not in columns:
            raise OperatorError(f"{path.name} lacks {_KEY}.")
        kept = {name: np.asarray(columns[name], dtype=np.float64) for name in (_KEY, *names) if name in columns}
        table = pl.DataFrame(kept).fill_nan(None)
        absent = [pl.lit(None, dtype=pl.Float64).alias(name) for name in names if name not in kept]
        table = table.with_columns(absent)
        people = table if people is None else people.join(table, on=_KEY, how="left")
    if people is None:
        raise OperatorError("There is nothing to read.")
    return people.join(read_mortality(where / mortality(year)), on=_KEY, how="left")


def _harmonised(people: pl.DataFrame, year: int) -> pl.DataFrame:
    """The columns of `COLUMNS`, in their units and words."""
    male = pl.col("RIAGENDR") == 1
    tablets = pl.coalesce("DIQ070", "DID070")
    has_diabetes = (pl.col("DIQ010") == 1) | (pl.col("LBXGH") >= 6.5) | (pl.col("DIQ050") == 1) | (tablets == 1)
    origin, words = ("RIDRETH3", _ORIGINS_FROM_2011) if year >= 2011 else ("RIDRETH1", _ORIGINS)
    table = people.with_columns(
        svy_year=pl.lit(f"{year}-{year + 1}"),
        demo_age_years=pl.col("RIDAGEYR"),
        demo_gender=pl.when(male).then(pl.lit("Men")).otherwise(pl.lit("Women")),
        demo_race=pl.col(origin).cast(pl.Int8).replace_strict(words, default="Other", return_dtype=pl.String),
        demo_pregnant=_answer(pl.col("RIDEXPRG")),
        bp_sys_mean=pl.mean_horizontal("BPXSY1", "BPXSY2", "BPXSY3"),
        bp_dia_mean=pl.mean_horizontal(*(_above_zero(f"BPXDI{place}") for place in (1, 2, 3))),
        bp_med_use=_answer(_first_no("BPQ020", "BPQ040A", "BPQ050A")),
        cc_diabetes=pl.when(has_diabetes.fill_null(value=False)).then(pl.lit("Yes")).otherwise(pl.lit("No")),
        cc_smoke=_smoking(),
        BMI=pl.col("BMXBMI"),
        waist=pl.col("BMXWAIST"),
        cc_hba1c=pl.col("LBXGH"),
        TC=pl.col("LBXTC") * MMOL_L_PER_MG_DL_CHOLESTEROL,
        HDL=pl.coalesce(_READ["HDL"]) * MMOL_L_PER_MG_DL_CHOLESTEROL,
        TG=pl.col("LBXTR") * MMOL_L_PER_MG_DL_TRIGLYCERIDES,
        cc_acr=pl.col("URXUMA") / pl.col("URXUCR") * 100,
        cc_egfr=_filtration(people, year),
        cc_cvd_hf=_answer(pl.col("MCQ160B")),
        cc_cvd_chd=_answer(pl.col("MCQ160C")),
        cc_cvd_mi=_answer(pl.col("MCQ160E")),
        cc_cvd_stroke=_answer(pl.col("MCQ160F")),
        chol_med_statin=pl.lit(None, dtype=pl.String),  # needs the files of prescriptions, which are not read
        insulin=pl.col("DIQ050"),
        oral_diab_med=tablets,
    )
    return table.select(COLUMNS)


def _answer(asked: pl.Expr) -> pl.Expr:
    """1 yes, 2 no; refused, not known and not asked are null."""
    return pl.when(asked == 1).then(pl.lit("Yes")).when(asked == 2).then(pl.lit("No"))


def _first_no(*names: str) -> pl.Expr:
    """A chain of questions of which the first "no" ends the asking: the last answer that was given."""
    *before, last = names
    chain = pl.col(last)
    for name in reversed(before):
        chain = pl.when(pl.col(name) == 2).then(pl.lit(2.0)).otherwise(chain)
    return chain


def _above_zero(name: str) -> pl.Expr:
    """A diastolic pressure of 0 was not heard."""
    return pl.when(pl.col(name) > 0).then(pl.col(name))


def _smoking() -> pl.Expr:
    """Under a hundred cigarettes in a life is never; else whether on every or some days."""
    ever, now = pl.col("SMQ020"), pl.col("SMQ040")
    return (
        pl.when(ever == 2)
        .then(pl.lit("Never"))
        .when((ever == 1) & ((now == 1) | (now == 2)))
        .then(pl.lit("Current"))
        .when((ever == 1) & (now == 3))
        .then(pl.lit("Former"))
    )


def _filtration(people: pl.DataFrame, year: int) -> pl.Series:
    """Filtration rate by CKD-EPI 2021 from standardised creatinine."""
    shift, factor = _CREATININE.get(year, (0.0, 1.0))
    measured = people.select(pl.coalesce(_READ["BIOPRO"])).to_series().to_numpy()
    rate = egfr_ml_min(
        (shift + factor * measured) * float(UMOL_L_PER_MG_DL),
        people["RIDAGEYR"].to_numpy(),
        (people["RIAGENDR"] == 1).to_numpy().astype(np.float64),
        EgfrFormula.CKD_EPI_2021,
    )
    return pl.Series(rate).fill_nan(None)
