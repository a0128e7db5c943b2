"""Results of annual examinations as rows, each judged by the record's own functions once for every case of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import numpy as np
import polars as pl

from cmc.clinical.codes import Sex
from cmc.clinical.laboratory import analytes
from cmc.core.scope import system_scope
from cmc.patients.tables import Patient
from cmc.records import laboratory
from cmc.records.annual_exams import ORIGIN
from cmc.records.codes import Source
from cmc.records.fact_schemas import LaboratoryResultIn
from cmc.simulation.laboratory import LABORATORY, OF_EXAM, Results
from cmc.simulation.lives import Ending, Lives
from cmc.simulation.people import People, Whole, completed_age
from cmc.simulation.plan import ACTOR
from cmc.simulation.rows import texts
from cmc.simulation.rows.exams import ENTERED_AFTER_MINUTES
from cmc.simulation.visits import Columns

ANALYTES: Final = {
    "total_cholesterol": "TC",
    "triglycerides": "TG",
    "hdl_cholesterol": "HDL",
    "ldl_cholesterol": "LDL",
    "creatinine": "CREATININE",
    "potassium": "POTASSIUM",
    "urine_albumin_creatinine_ratio": "UACR",
}
"""The code of each test in the catalogue of analytes."""
_DAY: Final = date(2024, 12, 31)
_NOW: Final = datetime.fromisoformat("2025-01-01T00:00:00+08:00")
_SCOPE: Final = system_scope(ACTOR)
_NOBODY: Final = UUID(int=0)
_MANY: Final = 500_000


@dataclass(frozen=True, slots=True)
class Told:
    """Every result of a cell's examinations: index of the examination, place of the test, what was written."""

    exam: Whole
    test: Whole
    written: list[str]
    fact: pl.Series


def told(rng: np.random.Generator, exam: Columns, found: Mapping[str, Results]) -> Told:
    """Return the results that were done, in order of examination and test, with the ids of their facts."""
    done = np.stack([found[test].done for test in OF_EXAM], axis=1)
    which, test = np.nonzero(done)
    values = np.stack([found[name].value for name in OF_EXAM], axis=1)[which, test]
    decimals = [LABORATORY[name][2] for name in OF_EXAM]
    written = [f"{each:.{decimals[place]}f}" for each, place in zip(values.tolist(), test.tolist(), strict=True)]
    at = texts.instants(exam["day"][which], exam["minute"][which] + ENTERED_AFTER_MINUTES)
    return Told(which, test, written, texts.ids(rng, at))


def named(exam: Columns, results: Told) -> pl.Series:
    """Return what each examination says of its results, as JSON."""
    said: list[list[str]] = [[] for _ in exam["who"]]
    rows = zip(results.exam.tolist(), results.test.tolist(), results.written, results.fact.to_list(), strict=True)
    for which, test, written, fact in rows:
        hyphened = f"{fact[:8]}-{fact[8:12]}-{fact[12:16]}-{fact[16:20]}-{fact[20:]}"
        said[which].append(_SAID[test] % (written, hyphened))
    return pl.Series([f"[{','.join(each)}]" for each in said], dtype=pl.String)


_SAID: Final = [
    f'{{"analyte":"{ANALYTES[name]}","value":"%s","unit":{json.dumps(LABORATORY[name][1])},"fact_id":"%s"}}'
    for name in OF_EXAM
]


def laboratory_rows(
    rng: np.random.Generator,
    who: People,
    life: Lives,
    exam: Columns,
    results: Told,
    ids: pl.Series,
    clinics: list[str],
    home: int,
) -> pl.DataFrame:
    """Return the rows of `laboratory_result`: those of the examinations, and the eGFR of each creatinine."""
    people = exam["who"][results.exam]
    day = exam["day"][results.exam]
    age = completed_age(who.birth[people], day).tolist()
    male = who.male[people].tolist()
    cases = [
        _judged(ANALYTES[OF_EXAM[test]], written, LABORATORY[OF_EXAM[test]][1], is_male, years if _AGED[test] else 60)
        for test, written, is_male, years in zip(results.test.tolist(), results.written, male, age, strict=True)
    ]
    transferred = (life.ending[people] == Ending.TRANSFERRED) & (day > life.ended[people])
    recorded = texts.instants(day, exam["minute"][results.exam] + ENTERED_AFTER_MINUTES)
    own = pl.DataFrame({
        "id": results.fact,
        "fact_id": results.fact,
        "patient_id": ids.gather(people),
        "clinic_id": texts.taken(clinics, np.where(transferred, life.to_clinic[people], home)),
        "happened_on": texts.days(day),
        "source": pl.repeat(Source.TYPED.value, len(people), eager=True),
        "note": pl.repeat(ORIGIN, len(people), eager=True),
        "actor": pl.repeat(ACTOR, len(people), eager=True),
        "recorded_at": recorded,
        "is_retracted": pl.repeat("f", len(people), eager=True),
    })  # fmt: skip
    with_rate = np.flatnonzero([len(each) > 1 for each in cases])
    rates = own[with_rate]
    rate_ids = texts.ids(rng, rates["recorded_at"])
    rates = rates.with_columns(id=rate_ids, fact_id=rate_ids)
    made_from = own["fact_id"].gather(with_rate)
    results_made = [each[0] for each in cases]
    rates_made = [cases[place][1] for place in with_rate.tolist()]
    nothing = pl.Series([None] * len(own), dtype=pl.String)
    return pl.concat([
        pl.concat([own.with_columns(derived_from=nothing), _columns(results_made)], how="horizontal"),
        pl.concat([rates.with_columns(derived_from=made_from), _columns(rates_made)], how="horizontal"),
    ])  # fmt: skip


_COLUMNS: Final = (
    "analyte", "written", "written_unit", "value", "beyond", "range_low", "range_high", "range_of_laboratory", "flag",
    "is_critical", "formula",
)  # fmt: skip
_Case = tuple[str | None, ...]


def _columns(cases: list[_Case]) -> pl.DataFrame:
    return pl.DataFrame(cases, schema=dict.fromkeys(_COLUMNS, pl.String), orient="row")


@lru_cache(maxsize=_MANY)
def _judged(analyte: str, written: str, unit: str, is_male: bool, age_years: int) -> tuple[_Case, ...]:
    """The columns of a result as the record stores it, and of the eGFR that follows from it."""
    birth = date(_DAY.year - age_years, 1, 1)
    sex = (Sex.M if is_male else Sex.F).value
    patient = Patient(id=_NOBODY, clinic_id=_NOBODY, sex=sex, birth_date=birth, created_at=_NOW, updated_at=_NOW)
    wanted = LaboratoryResultIn(on=_DAY, analyte=analyte, value=written, unit=unit)
    columns = laboratory.columns_of(wanted, patient)
    return tuple(_plain(row) for row in laboratory.first_rows(_SCOPE, patient, wanted, columns, now=_NOW))


def _plain(row: Any) -> _Case:
    told = (getattr(row, name) for name in _COLUMNS)
    return tuple(None if each is None else str(each).lower() if isinstance(each, bool) else str(each) for each in told)


def _depends_on_age(code: str) -> bool:
    ranges = analytes()[code].ranges
    return code == laboratory.CREATININE or any(each.age_from or each.age_below is not None for each in ranges)


_AGED: Final = [_depends_on_age(ANALYTES[name]) for name in OF_EXAM]
