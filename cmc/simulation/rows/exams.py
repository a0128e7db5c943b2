"""Annual examinations as rows, with the diseases for which each counts."""

from typing import Any, Final

import numpy as np
import polars as pl

from cmc.clinical.annual_exam import missing_fields, valid_for
from cmc.records.codes import Source
from cmc.simulation.exams import OFTEN_LEFT_OUT
from cmc.simulation.lives import Ending, Lives
from cmc.simulation.people import Whole
from cmc.simulation.plan import ACTOR
from cmc.simulation.rows import texts
from cmc.simulation.visits import Columns

ENTERED_AFTER_MINUTES: Final = 10
MEASURED: Final = {
    # field of the form: column, its unit in the columns
    "temperature_c": ("temperature", "tenths"),
    "pulse_bpm": ("pulse", "whole"),
    "respiration_per_min": ("respiration", "whole"),
    "sbp_mmhg": ("sbp", "whole"),
    "dbp_mmhg": ("dbp", "whole"),
    "height_cm": ("height", "tenths"),
    "weight_kg": ("weight", "tenths"),
    "waist_cm": ("waist", "tenths"),
    "fasting_glucose_mmol_l": ("fasting", "tenths"),
    "exam_foot_pulse": ("foot", "code"),
}


def given(exam: Columns, field: str) -> Whole:
    """Return a field of every examination as it was written down: -1 (0 for a code) where it was not."""
    column, kind = MEASURED[field]
    unknown = 0 if kind == "code" else -1
    forgotten = OFTEN_LEFT_OUT.index(field) if field in OFTEN_LEFT_OUT else None
    values = exam[column]
    return values if forgotten is None else np.where(exam["blank"] == forgotten, unknown, values)


def exam_rows(
    rng: np.random.Generator,
    life: Lives,
    exam: Columns,
    labs: pl.Series,
    ids: pl.Series,
    clinics: list[str],
    home: int,
) -> pl.DataFrame:
    """Return the rows of `annual_exam`; `labs` is what each says of its results."""
    who = exam["who"]
    transferred = (life.ending[who] == Ending.TRANSFERRED) & (exam["day"] > life.ended[who])
    recorded = texts.instants(exam["day"], exam["minute"] + ENTERED_AFTER_MINUTES)
    columns: dict[str, pl.Series] = {}
    for field, (_, kind) in MEASURED.items():
        values = given(exam, field)
        if field == "fasting_glucose_mmol_l":
            columns["fasting_glucose_umol_l"] = texts.whole(values * 100)
        else:
            columns[field] = texts.tenths(values) if kind == "tenths" else texts.whole(values, least=kind == "code")
    ids_of_exams = texts.ids(rng, recorded)
    return pl.DataFrame({
        "id": ids_of_exams,
        "fact_id": ids_of_exams,
        "patient_id": ids.gather(who),
        "clinic_id": texts.taken(clinics, np.where(transferred, life.to_clinic[who], home)),
        "happened_on": texts.days(exam["day"]),
        "source": pl.repeat(Source.TYPED.value, len(who), eager=True),
        **columns,
        "form": _forms(exam),
        "labs": labs,
        **_counts(exam),
        "actor": pl.repeat(ACTOR, len(who), eager=True),
        "recorded_at": recorded,
        "is_retracted": pl.repeat("f", len(who), eager=True),
    })  # fmt: skip


def way_of_life(smoking: int, cigarettes: int) -> dict[str, Any]:
    """Return the form of an examination at which smoking was asked, or nothing (code 0)."""
    if not smoking:
        return {}
    return {"lifestyle": {"smoking": smoking} | ({"cigarettes_per_day": cigarettes} if cigarettes else {})}


def _forms(exam: Columns) -> pl.Series:
    pairs, place = np.unique(np.stack([exam["smoking"], exam["cigarettes"]], axis=1), axis=0, return_inverse=True)
    return texts.taken([texts.as_json(way_of_life(*pair)) for pair in pairs.tolist()], place.reshape(-1))


def _counts(exam: Columns) -> dict[str, pl.Series]:
    """For which diseases each examination counts and what it lacks: asked once for every pattern of blanks."""
    there = {field: given(exam, field) >= (MEASURED[field][1] == "code") for field in MEASURED}
    bits = sum(flags.astype(np.int64) << place for place, flags in enumerate(there.values()))
    patterns, pattern = np.unique(bits, return_inverse=True)
    valid: list[Any] = []
    missing: list[Any] = []
    for bit in patterns:
        lacking = missing_fields([field for place, field in enumerate(there) if bit >> place & 1])
        valid.append(texts.array(disease.value for disease in valid_for(lacking)))
        missing.append(texts.as_json({disease.value: fields for disease, fields in lacking.items()}))
    return {"valid_for": texts.taken(valid, pattern), "missing_fields": texts.taken(missing, pattern)}
