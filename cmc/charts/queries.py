"""Loading charts: a constant number of statements, whether for one person or for 5,000."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    Row,
    Select,
    select,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.charts import measured, personal
from cmc.charts.chart import (
    Allergic,
    AsOf,
    Chart,
    Diagnosed,
    Enrolled,
    Examined,
    Living,
    Relative,
    Result,
    Taken,
    YearlyExam,
)  # fmt: skip
from cmc.charts.codes import Purpose
from cmc.charts.tables import MedicineReview, PersonalTargetRow
from cmc.clinical.codes import Disease, EnrolmentState, Sex
from cmc.clinical.kidney import EgfrResult, UacrResult
from cmc.clinical.laboratory import LabFlag
from cmc.clinical.renal import EgfrFormula
from cmc.clinical.targets import PersonalTarget
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.patients.queries import visible
from cmc.patients.tables import Enrolment, Patient
from cmc.records import fact_queries
from cmc.records.codes import ExaminationKind
from cmc.records.examination_findings import opened
from cmc.records.fact_tables import (
    Allergy,
    Diagnosis,
    Examination,
    FamilyHistory,
    LaboratoryResult,
    Lifestyle,
    Medication,
)

SERIES_DAYS: Final = 2 * 365
STOPPED_DAYS: Final = 3
"""How long a stopped medicine stays in a chart: for the hours between an ACE inhibitor and an ARNI (DRUG-03)."""
_SERIES: Final = ("EGFR", "UACR", "CREATININE")
_T = TypeVar("_T")


def load(session: Session, scope: Scope, patient_ids: Iterable[UUID], as_of: AsOf) -> dict[UUID, Chart]:
    """Return the charts of the people of the scope among `patient_ids`; others are left out.

    Facts, visits, examinations and readings are those recorded by `as_of.known_at` and true by `as_of.on`.
    """
    wanted = list(dict.fromkeys(patient_ids))
    people = session.execute(
        select(*Patient.__table__.columns).where(  # type: ignore[attr-defined]
            measured.among(col(Patient.id), wanted), visible(scope)
        )
    ).all()
    ids = [each.id for each in people]
    parts = _parts(session, scope, ids, as_of) if ids else {}
    return {
        each.id: Chart(
            patient_id=each.id,
            clinic_id=each.clinic_id,
            sex=Sex(each.sex),
            birth_date=each.birth_date,
            died_on=each.died_on,
            as_of=as_of,
            **parts[each.id],
        )
        for each in people
    }


def one(session: Session, scope: Scope, patient_id: UUID, as_of: AsOf) -> Chart:
    """Return the chart of one person; raise `NotFound` when absent or foreign."""
    found = load(session, scope, [patient_id], as_of).get(patient_id)
    if found is None:
        raise NotFound("no such person")
    return found


def _parts(session: Session, scope: Scope, ids: Sequence[UUID], as_of: AsOf) -> dict[UUID, dict[str, Any]]:
    parts: dict[UUID, dict[str, Any]] = {each: {} for each in ids}

    def put(name: str, statement: Select[Any], shape: Callable[[list[Row[Any]]], Any]) -> None:
        rows: dict[UUID, list[Row[Any]]] = defaultdict(list)
        for row in session.execute(statement):
            rows[row.patient_id].append(row)
        for person, found in rows.items():
            parts[person][name] = shape(found)

    put("enrolments", _enrolments(ids, as_of), lambda rows: tuple(_enrolled(each, as_of) for each in rows))
    put("visits", measured.visits(ids, as_of), lambda rows: tuple(measured.visit(each) for each in rows))
    put("highest_mmhg", measured.highest(ids, as_of), lambda rows: (rows[0].sbp, rows[0].dbp))
    for name, model, made in _FACTS:
        put(name, _facts(model, scope, ids, as_of), _each(made))
    put("labs", _latest_labs(scope, ids, as_of), lambda rows: {each.analyte: _result(each) for each in rows})
    series: dict[UUID, Any] = {}
    put("creatinines", _series(scope, ids, as_of), lambda rows: series.setdefault(rows[0].patient_id, _kidney(rows)))
    for person, found in series.items():
        parts[person] |= found
    put("examinations", _examinations(scope, ids, as_of), _examined)
    put("living", _living(scope, ids, as_of), lambda rows: _made(Living)(rows[0]))
    put("exam", measured.exams(ids, as_of), lambda rows: _made(YearlyExam)(rows[0]))
    put("pressure", measured.pressures(ids, as_of), lambda rows: measured.pressure(rows[0]))
    put("glucose", measured.glucoses(ids, as_of), lambda rows: measured.glucose(rows[0]))
    for own in session.scalars(personal.standing(ids, Purpose.TARGET, known_at=as_of.known_at)):
        parts[own.patient_id]["personal"] = parts[own.patient_id].get("personal", ()) + _personal(own)
    return parts


def _personal(row: PersonalTargetRow) -> tuple[PersonalTarget, ...]:
    found = personal.target_of(row)
    return () if found is None else (found,)


def _made(made: type[_T]) -> Callable[[Row[Any]], _T]:
    """A maker of one part from a row that has its fields by name; `on` is `happened_on`."""
    names = [each.name for each in fields(made)]  # type: ignore[arg-type]
    return lambda row: made(**{name: getattr(row, "happened_on" if name == "on" else name) for name in names})


def _each(made: type[Any]) -> Callable[[list[Row[Any]]], tuple[Any, ...]]:
    make = _made(made)
    return lambda rows: tuple(make(each) for each in rows)


_FACTS: Final[tuple[tuple[str, Any, type[Any]], ...]] = (
    ("diagnoses", Diagnosis, Diagnosed),
    ("medicines", Medication, Taken),
    ("allergies", Allergy, Allergic),
    ("family", FamilyHistory, Relative),
)


def _facts(model: Any, scope: Scope, ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    query = fact_queries.of_people(model, scope, ids, on=as_of.on, known_at=as_of.known_at)
    if model is Medication:
        since = as_of.on - timedelta(days=STOPPED_DAYS)
        query = query.where(col(Medication.stopped_on).is_(None) | (col(Medication.stopped_on) > since))
    return query.with_only_columns(*model.__table__.columns).order_by(model.happened_on, model.id)


def _enrolments(ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    return (
        select(*Enrolment.__table__.columns)  # type: ignore[attr-defined]
        .where(measured.among(col(Enrolment.patient_id), ids), col(Enrolment.enrolled_on) <= as_of.on)
        .order_by(col(Enrolment.enrolled_on), col(Enrolment.id))
    )


def _enrolled(row: Row[Any], as_of: AsOf) -> Enrolled:
    over = row.ended_on is not None and row.ended_on <= as_of.on
    state = EnrolmentState(row.state)
    if state is EnrolmentState.TERMINATED and not over:
        state = EnrolmentState.ACTIVE
    return Enrolled(
        Disease(row.disease), state, row.clinic_id, row.enrolled_on, row.confirmed_on,
        row.ended_on if over else None, row.doctor,
    )  # fmt: skip


_LAB = LaboratoryResult.__table__.c  # type: ignore[attr-defined]
_LAB_COLUMNS: Final = tuple(
    _LAB[name] for name in ("patient_id", "analyte", "happened_on", "value", "beyond", "flag", "is_critical", "formula")
)


def _latest_labs(scope: Scope, ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    query = fact_queries.of_people(LaboratoryResult, scope, ids, on=as_of.on, known_at=as_of.known_at)
    return (
        query.with_only_columns(*_LAB_COLUMNS)
        .ext(distinct_on(_LAB.patient_id, _LAB.analyte))
        .order_by(_LAB.patient_id, _LAB.analyte, _LAB.happened_on.desc(), _LAB.id.desc())
    )


def _result(row: Row[Any]) -> Result:
    return Result(row.analyte, row.happened_on, row.value, row.beyond, LabFlag(row.flag), row.is_critical, row.formula)


def _series(scope: Scope, ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    query = fact_queries.of_people(LaboratoryResult, scope, ids, on=as_of.on, known_at=as_of.known_at)
    since = as_of.on - timedelta(days=SERIES_DAYS)
    return (
        query.with_only_columns(*_LAB_COLUMNS)
        .where(_LAB.analyte.in_(_SERIES), _LAB.happened_on >= since, _LAB.beyond.is_(None))
        .order_by(_LAB.happened_on, _LAB.id)
    )


def _kidney(rows: list[Row[Any]]) -> dict[str, Any]:
    usual = EgfrFormula.CKD_EPI_2009.value
    rates = (each for each in rows if each.analyte == "EGFR")
    return {
        "egfrs": tuple(EgfrResult(each.happened_on, each.value, EgfrFormula(each.formula or usual)) for each in rates),
        "uacrs": tuple(UacrResult(each.happened_on, each.value) for each in rows if each.analyte == "UACR"),
        "creatinines": tuple((each.happened_on, each.value) for each in rows if each.analyte == "CREATININE"),
    }


def _examinations(scope: Scope, ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    c = Examination.__table__.c  # type: ignore[attr-defined]
    query = fact_queries.of_people(Examination, scope, ids, on=as_of.on, known_at=as_of.known_at)
    return (
        query.with_only_columns(c.patient_id, c.kind, c.happened_on, c.findings)
        .ext(distinct_on(c.patient_id, c.kind))
        .order_by(c.patient_id, c.kind, c.happened_on.desc(), c.id.desc())
    )


def _examined(rows: list[Row[Any]]) -> dict[ExaminationKind, Examined]:
    return {ExaminationKind(each.kind): Examined(each.happened_on, opened(each.findings)) for each in rows}


def _living(scope: Scope, ids: Sequence[UUID], as_of: AsOf) -> Select[Any]:
    c = Lifestyle.__table__.c  # type: ignore[attr-defined]
    query = fact_queries.of_people(Lifestyle, scope, ids, on=as_of.on, known_at=as_of.known_at)
    return (
        query.with_only_columns(c.patient_id, c.happened_on, c.smoking, c.passive_smoking)
        .ext(distinct_on(c.patient_id))
        .order_by(c.patient_id, c.happened_on.desc(), c.id.desc())
    )


def review(
    session: Session, scope: Scope, patient_id: UUID, review_id: UUID, *, for_update: bool = False
) -> MedicineReview:
    """Return one review of a person's medicines; raise `NotFound` when absent or foreign. `for_update` locks it."""
    query = (
        select(MedicineReview)
        .join(Patient, col(Patient.id) == col(MedicineReview.patient_id))
        .where(col(MedicineReview.id) == review_id, col(MedicineReview.patient_id) == patient_id, visible(scope))
    )
    found = session.scalars(query.with_for_update(of=MedicineReview) if for_update else query).one_or_none()
    if found is None:
        raise NotFound("no such review")
    return found


def reviews(session: Session, scope: Scope, patient_id: UUID) -> list[MedicineReview]:
    """Return the reviews of a person's medicines, newest first; raise `NotFound` for a foreign person."""
    patients.get(session, scope, patient_id)
    query = select(MedicineReview).where(col(MedicineReview.patient_id) == patient_id)
    return list(session.scalars(query.order_by(col(MedicineReview.id).desc())))


def medication(session: Session, scope: Scope, row: MedicineReview) -> Medication | None:
    """Return the medicine that came of a review which was found in the scope; None while it is blocked."""
    del scope  # `row` was found in it
    return session.get(Medication, row.medication_id) if row.medication_id else None
