"""Reads of people and enrolments; each takes the caller's scope."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from cmc.clinical.codes import EnrolmentState
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.patients.tables import (
    Consent,
    Enrolment,
    EnrolmentEvent,
    Patient,
    PatientDocument,
    PatientIdentifier,
    PatientMerge,
    PatientPhone,
)

# Of its own, as the statement around may select enrolments too; one for all, as a fresh one is compiled each time.
stint = SQLModel.metadata.tables[str(Enrolment.__tablename__)].alias("stint")


def visible(scope: Scope) -> ColumnElement[bool]:
    """Return the predicate "this person belongs to the scope": by home clinic, or managed there for a disease.

    A record that was merged into another is nobody: whoever looks for it is sent to the other (`holder`).
    """
    stands = col(Patient.merged_into).is_(None)
    if scope.clinic_ids is None:
        return stands
    managed = select(stint.c.id).where(
        stint.c.patient_id == col(Patient.id),
        stint.c.state != EnrolmentState.TERMINATED.value,
        scope.covers(stint.c.clinic_id),
    )
    return and_(stands, or_(scope.covers(col(Patient.clinic_id)), managed.exists()))


def get(session: Session, scope: Scope, patient_id: UUID, *, for_update: bool = False) -> Patient:
    """Return one person; raise `NotFound` when absent or foreign. `for_update` locks the row.

    Of a record that was merged into one of the scope the error says where it went.
    """
    query = select(Patient).where(col(Patient.id) == patient_id, visible(scope))
    locked = query.with_for_update().execution_options(populate_existing=True)
    patient = session.scalars(locked if for_update else query).one_or_none()
    if patient is None:
        other = holder(session, scope, patient_id)
        if other is not None:
            raise NotFound(f"this record was merged: see /v1/patients/{other.id}", code="merged")
        raise NotFound("no such person")
    return patient


def of_scope(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> dict[UUID, Patient]:
    """Return those of the people who belong to the scope, by id."""
    if not patient_ids:
        return {}
    query = select(Patient).where(col(Patient.id).in_(patient_ids), visible(scope))
    return {each.id: each for each in session.scalars(query)}


def holder(session: Session, scope: Scope, merged_id: UUID) -> Patient | None:
    """Return the person who holds what a merged record held; None when it was not merged, or into a foreign one."""
    query = (
        select(Patient)
        .join(PatientMerge, col(PatientMerge.patient_id) == col(Patient.id))
        .where(col(PatientMerge.merged_id) == merged_id, col(PatientMerge.reverted_at).is_(None), visible(scope))
    )
    return session.scalars(query).one_or_none()


def taken_over(session: Session, scope: Scope, patient_id: UUID) -> list[tuple[PatientMerge, Patient]]:
    """Return the records that a person of the scope took over, with their merges, the latest first."""
    if (
        scope.clinic_ids is not None
        and session.scalars(select(col(Patient.id)).where(col(Patient.id) == patient_id, visible(scope))).first()
        is None
    ):
        return []
    query = (
        select(PatientMerge, Patient)
        .join(Patient, col(Patient.id) == col(PatientMerge.merged_id))
        .where(col(PatientMerge.patient_id) == patient_id, col(PatientMerge.reverted_at).is_(None))
        .order_by(col(PatientMerge.id).desc())
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def by_document(session: Session, token: bytes) -> Patient | None:
    """Return the person with the token of a document or citizen ID: the same person must never be filed twice."""
    other = select(col(PatientDocument.patient_id)).where(col(PatientDocument.token) == token)
    either = or_(col(Patient.citizen_id_token) == token, col(Patient.id).in_(other))
    return session.scalars(select(Patient).where(either).limit(1)).one_or_none()


def by_health_record_number(session: Session, number: str) -> Patient | None:
    """Return the person with a health-record number."""
    return session.scalars(select(Patient).where(col(Patient.health_record_number) == number)).one_or_none()


def documents_of(session: Session, patient_ids: Sequence[UUID]) -> list[PatientDocument]:
    """Return the documents of people whom the caller found in the scope before."""
    rows = select(PatientDocument).where(col(PatientDocument.patient_id).in_(patient_ids))
    return list(session.scalars(rows.order_by(col(PatientDocument.id))))


def phones_of(session: Session, patient_ids: Sequence[UUID]) -> list[PatientPhone]:
    """Return the phones of people whom the caller found in the scope before."""
    rows = select(PatientPhone).where(col(PatientPhone.patient_id).in_(patient_ids))
    return list(session.scalars(rows.order_by(col(PatientPhone.id))))


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


def consents(session: Session, scope: Scope, patient_id: UUID) -> list[Consent]:
    """Return the grounds on which data of a person are or were used, newest first."""
    return list(
        session.scalars(
            select(Consent)
            .join(Patient, col(Patient.id) == col(Consent.patient_id))
            .where(col(Consent.patient_id) == patient_id, visible(scope))
            .order_by(col(Consent.given_at).desc(), col(Consent.id).desc())
        )
    )


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
