"""Statements of what was measured: last visits, annual examinations, and readings of the last 90 days in numbers.

Visits lie in a layer above; their table is named here by its columns, so that rules of follow-ups can take charts.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Row,
    Select,
    Uuid,
    any_,
    bindparam,
    case,
    column,
    func,
    select,
    table,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlmodel import col

from cmc.charts.chart import AsOf, GlucoseBrief, PressureBrief, Visit, YearlyExam
from cmc.clinical.codes import Disease, ReadingKind, Setting
from cmc.core.clock import midnight
from cmc.core.scope import Scope
from cmc.readings.tables import Reading
from cmc.records.exam_form import ExamForm
from cmc.records.fact_queries import of_people
from cmc.records.fact_tables import AnnualExam

READINGS_DAYS: Final = 90
LOW_GLUCOSE_UP_TO_UMOL_L: Final = 3900  # DRUG-11
_VISIT: Final = (
    "disease", "visited_on", "sbp_mmhg", "dbp_mmhg", "heart_rate_bpm", "weight_kg", "fasting_glucose_umol_l",
    "classification", "is_controlled", "next_visit_on",
)  # fmt: skip
_EXAM: Final = (
    "happened_on", "height_cm", "weight_kg", "waist_cm", "sbp_mmhg", "dbp_mmhg", "pulse_bpm", "fasting_glucose_umol_l",
    "exam_foot_pulse", "valid_for", "form",
)  # fmt: skip
followup = table(
    "followup", column("patient_id", Uuid()), column("id"), column("recorded_at"),
    *(column(name, Date() if name.endswith("_on") else None) for name in _VISIT),
)  # fmt: skip


def among(column_of: Any, ids: Sequence[UUID]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column_of == any_(bindparam(None, list(ids), type_=ARRAY(Uuid()), unique=True))
    return found


def recorded_by(recorded: Any, as_of: AsOf) -> list[ColumnElement[bool]]:
    return [] if as_of.known_at is None else [recorded <= as_of.known_at]


def visits(ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    c = followup.c
    return (
        select(c.patient_id, *(c[name] for name in _VISIT))
        .ext(distinct_on(c.patient_id, c.disease))
        .where(among(c.patient_id, ids), c.visited_on <= as_of.on, *recorded_by(c.recorded_at, as_of))
        .order_by(c.patient_id, c.disease, c.visited_on.desc(), c.id.desc())
    )


def visit(row: Row[Any]) -> Visit:
    values = {name: getattr(row, name) for name in _VISIT}
    return Visit(**values | {"disease": Disease(row.disease)})


def highest(ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    c = followup.c
    return (
        select(c.patient_id, func.max(c.sbp_mmhg).label("sbp"), func.max(c.dbp_mmhg).label("dbp"))
        .where(among(c.patient_id, ids), c.visited_on <= as_of.on, c.sbp_mmhg.is_not(None), c.dbp_mmhg.is_not(None))
        .where(*recorded_by(c.recorded_at, as_of))
        .group_by(c.patient_id)
    )


def exams(scope: Scope, ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    c = AnnualExam.__table__.c  # type: ignore[attr-defined]
    query = of_people(AnnualExam, scope, ids, on=as_of.on, known_at=as_of.known_at)
    return (
        query.with_only_columns(c.patient_id, *(c[name] for name in _EXAM))
        .ext(distinct_on(c.patient_id))
        .order_by(c.patient_id, c.happened_on.desc(), c.id.desc())
    )


def exam(row: Row[Any]) -> YearlyExam:
    values = {name: getattr(row, name) for name in _EXAM if name != "happened_on"}
    more = {"valid_for": frozenset(map(Disease, row.valid_for)), "form": ExamForm.model_validate(row.form)}
    return YearlyExam(on=row.happened_on, **values | more)


def _readings(ids: Sequence[UUID], as_of: AsOf, kind: ReadingKind, *columns: Any) -> Select[Any]:
    """Counts and sums of one kind by person; readings of the chart's own date count up to its midnight."""
    since, tomorrow = as_of.on - timedelta(days=READINGS_DAYS - 1), midnight(as_of.on + timedelta(days=1))
    return (
        select(
            col(Reading.patient_id),
            func.count().label("count_"),
            func.max(col(Reading.taken_at)).label("last_at"),
            *columns,
        )
        .where(among(col(Reading.patient_id), ids), col(Reading.kind) == kind.value, col(Reading.taken_on) >= since)
        .where(
            col(Reading.taken_on) <= as_of.on,
            col(Reading.taken_at) < tomorrow,
            *recorded_by(col(Reading.received_at), as_of),
        )
        .group_by(col(Reading.patient_id))
    )


def _last(value: Any) -> Any:
    """The value of the latest reading."""
    order = (col(Reading.taken_at).desc(), col(Reading.id).desc())
    return func.array_agg(aggregate_order_by(value, *order), type_=ARRAY(Integer))[1]


def _mean(value: Any, setting: Setting) -> Any:
    return func.avg(case((col(Reading.setting) == setting.value, value)), type_=Numeric())


def pressures(ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    sbp, dbp = col(Reading.sbp_mmhg), col(Reading.dbp_mmhg)
    means = (
        _mean(limb, setting).label(f"{setting.value}_{name}")
        for setting in (Setting.HOME, Setting.OFFICE)
        for name, limb in (("sbp", sbp), ("dbp", dbp))
    )
    last = (_last(sbp).label("last_sbp"), _last(dbp).label("last_dbp"))
    return _readings(ids, as_of, ReadingKind.BLOOD_PRESSURE, *last, *means)


def pressure(row: Row[Any]) -> PressureBrief:
    def pair(sbp: Decimal | None, dbp: Decimal | None) -> tuple[Decimal, Decimal] | None:
        return None if sbp is None or dbp is None else (sbp, dbp)

    home, office = pair(row.home_sbp, row.home_dbp), pair(row.office_sbp, row.office_dbp)
    return PressureBrief(row.count_, row.last_at, (row.last_sbp, row.last_dbp), home, office)


def glucoses(ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    value = col(Reading.glucose_umol_l)
    low = func.count(case((value <= LOW_GLUCOSE_UP_TO_UMOL_L, 1))).label("low")
    mean = func.avg(value, type_=Numeric()).label("mean")
    return _readings(ids, as_of, ReadingKind.GLUCOSE, _last(value).label("last"), mean, low)


def glucose(row: Row[Any]) -> GlucoseBrief:
    return GlucoseBrief(row.count_, row.last_at, row.last, row.mean, row.low)
