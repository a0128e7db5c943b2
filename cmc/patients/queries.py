"""Reads of people and enrolments; each takes the caller's scope."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true, tuple_
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from cmc.clinical.codes import Disease, EnrolmentState
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.patients.tables import Enrolment, EnrolmentEvent, Patient, PatientIdentifier

# Of its own, as the statement around may select enrolments too; one for all, as a fresh one is compiled each time.
_stint = SQLModel.metadata.tables[str(Enrolment.__tablename__)].alias("stint")


def visible(scope: Scope) -> ColumnElement[bool]:
    """Return the predicate "this person belongs to the scope": by home clinic, or managed there for a disease."""
    if scope.clinic_ids is None:
        return true()
    managed = select(_stint.c.id).where(
        _stint.c.patient_id == col(Patient.id),
        _stint.c.state != EnrolmentState.TERMINATED.value,
        scope.covers(_stint.c.clinic_id),
    )
    return or_(scope.covers(col(Patient.clinic_id)), managed.exists())


def get(session: Session, scope: Scope, patient_id: UUID, *, for_update: bool = False) -> Patient:
    """Return one person; raise `NotFound` when absent or foreign. `for_update` locks the row."""
    query = select(Patient).where(col(Patient.id) == patient_id, visible(scope))
    patient = session.scalars(query.with_for_update() if for_update else query).one_or_none()
    if patient is None:
        raise NotFound("no such person")
    return patient


def by_citizen_id(session: Session, token: bytes) -> Patient | None:
    """Return the person with a citizen-ID token, wherever managed: the same person must never be filed twice."""
    return session.scalars(select(Patient).where(col(Patient.citizen_id_token) == token)).one_or_none()


def by_identifier(session: Session, scope: Scope, system: str, values: Sequence[str]) -> dict[str, Patient]:
    """Return the people that another system knows by `values`, keyed by value."""
    rows = session.execute(
        select(col(PatientIdentifier.value), Patient)
        .join(Patient, col(Patient.id) == col(PatientIdentifier.patient_id))
        .where(
            col(PatientIdentifier.system) == system,
            col(PatientIdentifier.value).in_(values),
            visible(scope),
        )
    )
    return {row[0]: row[1] for row in rows}


def page(
    session: Session,
    scope: Scope,
    *,
    clinic_id: UUID | None = None,
    disease: Disease | None = None,
    state: EnrolmentState | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> list[Patient]:
    """Return up to `limit` people by (name, id), after the key `after`."""
    query = select(Patient).where(visible(scope)).order_by(col(Patient.name), col(Patient.id)).limit(limit)
    if clinic_id is not None:
        query = query.where(col(Patient.clinic_id) == clinic_id)
    if disease is not None or state is not None:
        enrolled = select(col(Enrolment.patient_id)).where(col(Enrolment.patient_id) == col(Patient.id))
        if disease is not None:
            enrolled = enrolled.where(col(Enrolment.disease) == disease.value)
        if state is not None:
            enrolled = enrolled.where(col(Enrolment.state) == state.value)
        query = query.where(enrolled.exists())
    if after is not None:
        query = query.where(tuple_(col(Patient.name), col(Patient.id)) > after)
    return list(session.scalars(query))


def enrolments(session: Session, scope: Scope, patient_id: UUID) -> list[Enrolment]:
    """Return a person's enrolments, newest first; the person must lie in the scope (see `get`)."""
    return list(
        session.scalars(
            select(Enrolment)
            .join(Patient, col(Patient.id) == col(Enrolment.patient_id))
            .where(col(Enrolment.patient_id) == patient_id, visible(scope))
            .order_by(col(Enrolment.enrolled_on).desc(), col(Enrolment.id).desc())
        )
    )


def all_enrolments(session: Session, patient_id: UUID) -> list[Enrolment]:
    """Return every enrolment of a person whom the caller found in the scope before, at whichever clinic."""
    return list(session.scalars(select(Enrolment).where(col(Enrolment.patient_id) == patient_id)))


def events(session: Session, scope: Scope, enrolment_ids: Sequence[UUID]) -> list[EnrolmentEvent]:
    """Return the changes of state of several enrolments, oldest first."""
    return list(
        session.scalars(
            select(EnrolmentEvent)
            .join(Enrolment, col(Enrolment.id) == col(EnrolmentEvent.enrolment_id))
            .join(Patient, col(Patient.id) == col(Enrolment.patient_id))
            .where(col(EnrolmentEvent.enrolment_id).in_(enrolment_ids), visible(scope))
            .order_by(col(EnrolmentEvent.happened_on), col(EnrolmentEvent.id))
        )
    )
