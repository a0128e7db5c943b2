"""The statements of a chart, each made once: making one costs as much as running it.

They take `values`: the ids of people who were found in the caller's scope before, and the dates. Two shapes of each:
as known now, and as known at an instant. Visits lie in a layer above; their table is named here by its columns, so that
rules of follow-ups can take charts.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    Uuid,
    any_,
    bindparam,
    case,
    column,
    func,
    or_,
    select,
    table,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlmodel import col

from cmc.charts.chart import AsOf
from cmc.clinical.codes import ReadingKind, Setting
from cmc.core.clock import midnight
from cmc.patients.tables import Enrolment
from cmc.readings.tables import Reading
from cmc.records.fact_columns import Fact
from cmc.records.fact_queries import known
from cmc.records.fact_tables import (
    Allergy,
    AnnualExam,
    Diagnosis,
    Examination,
    FamilyHistory,
    LaboratoryResult,
    Lifestyle,
    Medication,
)

READINGS_DAYS: Final = 90
LOW_GLUCOSE_UP_TO_UMOL_L: Final = 3900  # DRUG-11
SERIES_DAYS: Final = 2 * 365
PRESSURES: Final = 3
PRESSURES_DAYS: Final = 365
"""How many days with a visit, and how far back, count for the mean pressure of a person."""
STOPPED_DAYS: Final = 3
"""How long a stopped medicine stays in a chart: for the hours between an ACE inhibitor and an ARNI (DRUG-03)."""
VISIT: Final = (
    "disease", "visited_on", "sbp_mmhg", "dbp_mmhg", "heart_rate_bpm", "weight_kg", "fasting_glucose_umol_l",
    "classification", "is_controlled", "next_visit_on",
)  # fmt: skip
EXAM: Final = (
    "happened_on", "height_cm", "weight_kg", "waist_cm", "sbp_mmhg", "dbp_mmhg", "pulse_bpm", "fasting_glucose_umol_l",
    "exam_foot_pulse", "valid_for", "form",
)  # fmt: skip
_SERIES: Final = ("EGFR", "UACR", "CREATININE")
LAB: Final = ("patient_id", "analyte", "happened_on", "value", "beyond", "flag", "is_critical", "formula")
_EXAMINATION: Final = ("patient_id", "kind", "happened_on", "findings")
_LIVING: Final = ("patient_id", "happened_on", "smoking", "passive_smoking")
followup: Final = table(
    "followup", column("patient_id", Uuid()), column("id"), column("recorded_at"), column("ended_at"),
    *(column(name, Date() if name.endswith("_on") else None) for name in VISIT),
)  # fmt: skip
IDS: Final = any_(bindparam("ids", type_=ARRAY(Uuid())))
_ON, KNOWN_AT = bindparam("on", type_=Date()), bindparam("known_at", type_=DateTime(timezone=True))


def values(ids: Sequence[UUID], as_of: AsOf) -> dict[str, Any]:
    """Return what the statements take."""
    return {
        "ids": list(ids),
        "on": as_of.on,
        "known_at": as_of.known_at,
        "tomorrow": midnight(as_of.on + timedelta(days=1)),
        "stopped_since": as_of.on - timedelta(days=STOPPED_DAYS),
        "pressures_since": as_of.on - timedelta(days=PRESSURES_DAYS - 1),
        "series_since": as_of.on - timedelta(days=SERIES_DAYS),
        "readings_since": as_of.on - timedelta(days=READINGS_DAYS - 1),
    }


@lru_cache
def statements(*, dated: bool) -> Mapping[str, Select[Any]]:
    """Return the statements by the part of the chart that they bring; `dated`: as known at `known_at`."""
    kept = Medication.stopped_on
    since = bindparam("stopped_since", type_=Date())
    return {
        "enrolments": _enrolments(),
        "visits": _visits(dated),
        "highest_mmhg": _highest(dated),
        "pressures": _recent(dated),
        "diagnoses": _facts(Diagnosis, dated),
        "medicines": _facts(Medication, dated).where(col(kept).is_(None) | (col(kept) > since)),
        "allergies": _facts(Allergy, dated),
        "family": _facts(FamilyHistory, dated),
        "labs": _latest(LaboratoryResult, LAB, ("patient_id", "analyte"), dated),
        "series": _series(dated),
        "examinations": _latest(Examination, _EXAMINATION, ("patient_id", "kind"), dated),
        "living": _latest(Lifestyle, _LIVING, ("patient_id",), dated),
        "exam": _latest(AnnualExam, ("patient_id", *EXAM), ("patient_id",), dated),
        "pressure": _pressures(dated),
        "glucose": _glucoses(dated),
    }


def _by_then(recorded: Any, dated: bool) -> list[ColumnElement[bool]]:
    return [recorded <= KNOWN_AT] if dated else []


def visit_stood(dated: bool) -> list[ColumnElement[bool]]:
    """Return the predicate "this row of a visit stands", now or as known at an instant."""
    c = followup.c
    if not dated:
        return [c.ended_at.is_(None)]
    return [c.recorded_at <= KNOWN_AT, or_(c.ended_at.is_(None), c.ended_at > KNOWN_AT)]


def _enrolments() -> Select[Any]:
    c = Enrolment.__table__.c  # type: ignore[attr-defined]
    return select(*c).where(c.patient_id == IDS, c.enrolled_on <= _ON).order_by(c.enrolled_on, c.id)


def _visits(dated: bool) -> Select[Any]:
    c = followup.c
    return (
        select(c.patient_id, *(c[name] for name in VISIT))
        .ext(distinct_on(c.patient_id, c.disease))
        .where(c.patient_id == IDS, c.visited_on <= _ON, *visit_stood(dated))
        .order_by(c.patient_id, c.disease, c.visited_on.desc(), c.id.desc())
    )


def _highest(dated: bool) -> Select[Any]:
    c = followup.c
    return (
        select(c.patient_id, func.max(c.sbp_mmhg).label("sbp"), func.max(c.dbp_mmhg).label("dbp"))
        .where(c.patient_id == IDS, c.visited_on <= _ON, c.sbp_mmhg.is_not(None), c.dbp_mmhg.is_not(None))
        .where(*visit_stood(dated))
        .group_by(c.patient_id)
    )


def _recent(dated: bool) -> Select[Any]:
    """The mean pressure of each of the last days with a visit; a record for each disease is one visit."""
    c = followup.c
    since = bindparam("pressures_since", type_=Date())
    place = func.row_number().over(partition_by=c.patient_id, order_by=c.visited_on.desc()).label("place")
    means = (func.avg(c[name], type_=Numeric()).label(name) for name in ("sbp_mmhg", "dbp_mmhg"))
    days = (
        select(c.patient_id, c.visited_on.label("happened_on"), *means, place)
        .where(c.patient_id == IDS, c.visited_on <= _ON, c.visited_on >= since)
        .where(c.sbp_mmhg.is_not(None), c.dbp_mmhg.is_not(None), *visit_stood(dated))
        .group_by(c.patient_id, c.visited_on)
        .subquery()
    )
    return select(days).where(days.c.place <= PRESSURES).order_by(days.c.patient_id, days.c.place)


def _standing(model: type[Fact], names: Sequence[str], dated: bool) -> Select[Any]:
    c = model.__table__.c  # type: ignore[attr-defined]
    query = select(*(c[name] for name in names)) if names else select(*c)
    stands = known(model, KNOWN_AT if dated else None)
    return query.where(c.patient_id == IDS, c.happened_on <= _ON, stands)


def _facts(model: type[Fact], dated: bool) -> Select[Any]:
    return _standing(model, (), dated).order_by(col(model.happened_on), col(model.id))


def _latest(model: type[Fact], names: Sequence[str], by: Sequence[str], dated: bool) -> Select[Any]:
    c = model.__table__.c  # type: ignore[attr-defined]
    each = [c[name] for name in by]
    latest = _standing(model, names, dated).ext(distinct_on(*each))
    return latest.order_by(*each, c.happened_on.desc(), c.id.desc())


def _series(dated: bool) -> Select[Any]:
    c = LaboratoryResult.__table__.c  # type: ignore[attr-defined]
    since = bindparam("series_since", type_=Date())
    results = _standing(LaboratoryResult, LAB, dated)
    return results.where(c.analyte.in_(_SERIES), c.happened_on >= since, c.beyond.is_(None)).order_by(
        c.happened_on, c.id
    )


def _readings(dated: bool, kind: ReadingKind, *columns: Any) -> Select[Any]:
    """Counts and sums of one kind by person; readings of the chart's own date count up to its midnight."""
    c = Reading.__table__.c  # type: ignore[attr-defined]
    since, tomorrow = bindparam("readings_since", type_=Date()), bindparam("tomorrow", type_=DateTime(timezone=True))
    return (
        select(c.patient_id, func.count().label("count_"), func.max(c.taken_at).label("last_at"), *columns)
        .where(c.patient_id == IDS, c.kind == kind.value, c.taken_on >= since, c.taken_on <= _ON)
        .where(c.taken_at < tomorrow, *_by_then(c.received_at, dated))
        .group_by(c.patient_id)
    )


def _last(value: Any) -> Any:
    """The value of the latest reading."""
    order = (col(Reading.taken_at).desc(), col(Reading.id).desc())
    return func.array_agg(aggregate_order_by(value, *order), type_=ARRAY(Integer))[1]


def _mean(value: Any, setting: Setting) -> Any:
    return func.avg(case((col(Reading.setting) == setting.value, value)), type_=Numeric())


def _pressures(dated: bool) -> Select[Any]:
    sbp, dbp = col(Reading.sbp_mmhg), col(Reading.dbp_mmhg)
    means = (
        _mean(limb, setting).label(f"{setting.value}_{name}")
        for setting in (Setting.HOME, Setting.OFFICE)
        for name, limb in (("sbp", sbp), ("dbp", dbp))
    )
    last = (_last(sbp).label("last_sbp"), _last(dbp).label("last_dbp"))
    at_home = case((col(Reading.setting) == Setting.HOME.value, col(Reading.taken_on)))
    home = (func.count(at_home.distinct()).label("home_days"), func.count(at_home).label("home_count"))
    return _readings(dated, ReadingKind.BLOOD_PRESSURE, *last, *means, *home)


def _glucoses(dated: bool) -> Select[Any]:
    value = col(Reading.glucose_umol_l)
    low = func.count(case((value <= LOW_GLUCOSE_UP_TO_UMOL_L, 1))).label("low")
    mean = func.avg(value, type_=Numeric()).label("mean")
    return _readings(dated, ReadingKind.GLUCOSE, _last(value).label("last"), mean, low)
