"""Loading charts: a constant number of statements, whether for one person or for 5,000."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.charts import personal
from cmc.charts.chart import AsOf, Chart
from cmc.charts.codes import ValuePurpose
from cmc.charts.shapes import SHAPES
from cmc.charts.statements import IDS, statements, values
from cmc.charts.tables import MedicineReview, PersonalTargetRow
from cmc.clinical.codes import Sex
from cmc.clinical.targets import PersonalTarget
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.patients.queries import visible
from cmc.patients.tables import Patient
from cmc.records.fact_tables import Medication


def load(session: Session, scope: Scope, patient_ids: Iterable[UUID], as_of: AsOf) -> dict[UUID, Chart]:
    """Return the charts of the people of the scope among `patient_ids`, in their order; others are left out.

    Facts, visits, examinations and readings are those recorded by `as_of.known_at` and true by `as_of.on`.
    """
    wanted = list(dict.fromkeys(patient_ids))
    c = Patient.__table__.c  # type: ignore[attr-defined]
    in_scope = select(c.id, c.clinic_id, c.sex, c.birth_date, c.died_on).where(col(Patient.id) == IDS, visible(scope))
    found = {each.id: each for each in session.execute(in_scope, {"ids": wanted})}
    people = [found[each] for each in wanted if each in found]  # rows come as the table's pages lie
    parts = _parts(session, [each.id for each in people], as_of) if people else {}
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


def _parts(session: Session, ids: Sequence[UUID], as_of: AsOf) -> dict[UUID, dict[str, Any]]:
    parts: dict[UUID, dict[str, Any]] = {each: {} for each in ids}
    taken, connection = values(ids, as_of), session.connection()
    for name, statement in statements(dated=as_of.known_at is not None).items():
        rows: dict[UUID, list[Row[Any]]] = defaultdict(list)
        for row in connection.execute(statement, taken).all():  # at once: one by one they cost three times as much
            rows[row.patient_id].append(row)
        shape = SHAPES[name]
        for person, found in rows.items():
            parts[person].update(shape(found, as_of))
    for own in session.scalars(personal.standing(ids, ValuePurpose.TARGET, known_at=as_of.known_at)):
        parts[own.patient_id]["personal"] = parts[own.patient_id].get("personal", ()) + _personal(own)
    return parts


def _personal(row: PersonalTargetRow) -> tuple[PersonalTarget, ...]:
    found = personal.target_of(row)
    return () if found is None else (found,)


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
