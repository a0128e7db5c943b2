"""Reads of follow-ups. What the plan is made of is read in `plan_facts.py`, the work-list in `work_list.py`."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Numeric, Row, and_, cast, func, or_, select, text, tuple_, union_all
from sqlalchemy.dialects.postgresql import array, distinct_on
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Action, Classification, Disease, FootPulse
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.followups.encounter import NOTHING_BEFORE, Before
from cmc.followups.tables import Followup
from cmc.patients.queries import visible
from cmc.patients.tables import Patient
from cmc.records.fact_queries import of_people
from cmc.records.fact_tables import AnnualExam, LaboratoryResult

_LOCK_KEY = text("SELECT pg_advisory_xact_lock(hashtextextended('followup|' || :actor || '|' || :key, 0))")

# FU-CONS-01: what a follow-up must have measured to be the one before. A class alone is not enough: a reaction or a
# complication sets it without any value.
_CARRIED_A_VALUE = or_(
    and_(col(Followup.disease) == Disease.HTN.value, col(Followup.sbp_mmhg).is_not(None)),
    and_(
        col(Followup.disease) == Disease.T2DM.value,
        or_(col(Followup.fasting_glucose_umol_l).is_not(None), col(Followup.other_glucose_umol_l).is_not(None)),
    ),
)

_FORM: Any = col(Followup.form)
_Earlier = Row[str, int | None, str, int | None]


def lock_key(session: Session, scope: Scope, key: str) -> None:
    """Let only one transaction at a time work under an idempotency key of this actor."""
    session.execute(_LOCK_KEY, {"actor": scope.actor, "key": key})


def by_key(session: Session, scope: Scope, key: str) -> list[Followup]:
    """Return the records that an idempotency key of this actor has stored, in the order in which they were made."""
    query = select(Followup).where(
        col(Followup.actor) == scope.actor,
        # NOT NULL is implied; said aloud, the partial index serves any cached plan.
        col(Followup.idempotency_key).is_not(None),
        col(Followup.idempotency_key) == key,
    )
    return list(session.scalars(query.order_by(col(Followup.id))))


def before(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    diseases: Sequence[Disease],
    *,
    before: date,
    leaving_out: UUID | None = None,
) -> dict[Disease, Before]:
    """Return for each disease what a visit on the day `before` is judged against (FU-CONS-01, DM-FU-08).

    The last follow-up of the disease on an earlier day, in any mode, that carried a value and was given a class: others
    neither count nor reset. Of several on one day the last counts, and a second one on the same day is no second
    failure in a row (FU-VALID-02). `leaving_out` is an encounter that is just being corrected.
    """
    earlier = (
        select(
            col(Followup.disease),
            col(Followup.classification),
            col(Followup.action),
            col(Followup.foot_pulse),
        )
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(
            visible(scope),
            col(Followup.patient_id) == patient_id,
            col(Followup.disease).in_([disease.value for disease in diseases]),
            col(Followup.visited_on) < before,
            *_standing(leaving_out),
        )
        .order_by(
            col(Followup.disease),
            col(Followup.visited_on).desc(),
            col(Followup.visited_time).desc().nulls_last(),
            col(Followup.entered_at).desc(),
        )
    )
    judged = earlier.ext(distinct_on(col(Followup.disease))).where(
        col(Followup.classification).is_not(None), _CARRIED_A_VALUE
    )
    felt = earlier.ext(distinct_on(col(Followup.disease))).where(col(Followup.foot_pulse).is_not(None))
    found = {Disease(row.disease): row for row in session.execute(judged)}
    pulses = {Disease(row.disease): row for row in session.execute(felt)} if Disease.T2DM in diseases else {}
    return {disease: _before(found.get(disease), pulses.get(disease)) for disease in diseases}


def next_after(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    diseases: Sequence[Disease],
    *,
    after: date,
    leaving_out: UUID | None = None,
) -> dict[Disease, date]:
    """Return for each disease the day of the first stored follow-up after the day `after`, where there is one."""
    query = (
        select(col(Followup.disease), func.min(col(Followup.visited_on)))
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(
            visible(scope),
            col(Followup.patient_id) == patient_id,
            col(Followup.disease).in_([disease.value for disease in diseases]),
            col(Followup.visited_on) > after,
            *_standing(leaving_out),
        )
        .group_by(col(Followup.disease))
    )
    return {Disease(disease): day for disease, day in session.execute(query)}


def page(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    *,
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
    history: bool = False,
) -> list[Followup]:
    """Return up to `limit` follow-ups of a person by (visited_on, id) descending, after the key `after`.

    `history`: also the versions that were corrected or withdrawn.
    """
    query = (
        select(Followup)
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(col(Followup.patient_id) == patient_id, visible(scope))
        .order_by(col(Followup.visited_on).desc(), col(Followup.id).desc())
        .limit(limit)
    )
    if not history:
        query = query.where(col(Followup.ended_at).is_(None))
    if after is not None:
        query = query.where(tuple_(col(Followup.visited_on), col(Followup.id)) < after)
    return list(session.scalars(query))


def encounter(session: Session, scope: Scope, encounter_id: UUID) -> list[Followup]:
    """Return every version of an encounter, oldest first, its records in form order; `NotFound` when foreign."""
    query = (
        select(Followup)
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(col(Followup.encounter_id) == encounter_id, visible(scope))
        .order_by(col(Followup.version), col(Followup.id))
    )
    found = list(session.scalars(query.execution_options(populate_existing=True)))
    if not found:
        raise NotFound("no such visit")
    return found


def standing(session: Session, scope: Scope, patient_id: UUID, *, since: date = date.min) -> list[Followup]:
    """Return the records of a person that stand, visited since a day, the oldest first."""
    query = (
        select(Followup)
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(col(Followup.patient_id) == patient_id, visible(scope), col(Followup.visited_on) >= since)
        .where(col(Followup.ended_at).is_(None))
        .order_by(col(Followup.visited_on), col(Followup.id))
    )
    return list(session.scalars(query))


class Earlier(NamedTuple):
    """What the guideline's advice reads of an earlier record."""

    disease: str
    visited_on: date
    sbp_mmhg: int | None
    dbp_mmhg: int | None
    treated: bool
    hba1c_percent: Decimal | None
    hba1c_on: date | None


def earlier(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    *,
    before: date,
    leaving_out: UUID | None = None,
    limit: int = 40,
) -> list[Earlier]:
    """Return the records of a person of earlier days that stand, the newest first."""
    query = (
        select(
            col(Followup.disease),
            col(Followup.visited_on),
            col(Followup.sbp_mmhg),
            col(Followup.dbp_mmhg),
            _FORM.has_any(array(["medications", "insulin"])),
            cast(_FORM["hba1c_percent"].astext, Numeric(4, 1)),
            cast(_FORM["hba1c_on"].astext, Date),
        )
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(col(Followup.patient_id) == patient_id, visible(scope), col(Followup.visited_on) < before)
        .where(*_standing(leaving_out))
        .order_by(col(Followup.visited_on).desc(), col(Followup.entered_at).desc())
        .limit(limit)
    )
    return [Earlier(*row) for row in session.execute(query)]


def last_hba1c(session: Session, scope: Scope, patient_id: UUID, *, on: date) -> tuple[Decimal, date] | None:
    """Return the newest HbA1c of the record, in percent, with its day."""
    query = of_people(LaboratoryResult, scope, [patient_id], on=on).where(col(LaboratoryResult.analyte) == "HBA1C")
    columns = query.with_only_columns(col(LaboratoryResult.value), col(LaboratoryResult.happened_on))
    row = session.execute(columns.order_by(col(LaboratoryResult.happened_on).desc()).limit(1)).first()
    return None if row is None else (row[0], row[1])


def height_cm(session: Session, scope: Scope, patient_id: UUID, *, on: date) -> Decimal | None:
    """Return the height in cm that was measured last, at a visit or an annual examination, up to a day."""
    written = _FORM["height_cm"].astext
    visited: Any = (
        select(col(Followup.visited_on).label("day"), cast(written, Numeric(4, 1)).label("cm"))
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(col(Followup.patient_id) == patient_id, visible(scope), col(Followup.visited_on) <= on)
        .where(col(Followup.ended_at).is_(None), written.is_not(None))
    )
    exams = of_people(AnnualExam, scope, [patient_id], on=on).where(col(AnnualExam.height_cm).is_not(None))
    examined: Any = exams.with_only_columns(
        col(AnnualExam.happened_on).label("day"), col(AnnualExam.height_cm).label("cm")
    )
    both = union_all(visited, examined).subquery()
    return session.scalar(select(both.c.cm).order_by(both.c.day.desc()).limit(1))


def _standing(leaving_out: UUID | None) -> list[ColumnElement[bool]]:
    stands = col(Followup.ended_at).is_(None)
    return [stands] if leaving_out is None else [stands, col(Followup.encounter_id) != leaving_out]


def _before(judged: _Earlier | None, felt: _Earlier | None) -> Before:
    if judged is None and felt is None:
        return NOTHING_BEFORE
    return Before(
        classification=Classification(judged.classification) if judged else None,
        action=Action(judged.action) if judged else None,
        foot_pulse=FootPulse(felt.foot_pulse) if felt else None,
    )
