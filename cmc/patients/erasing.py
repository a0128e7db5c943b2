"""Destroying what names a person. Nothing here commits.

The data key goes, and with it every sealed field, wherever a copy of the ciphertext lies: it opens nowhere any more. A
backup from before still holds the wrapped key; it lapses with the backup, or with the master key (`cmc keys drop`).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from cmc.clinical.codes import EnrolmentState
from cmc.core.errors import Conflict
from cmc.core.scope import Scope
from cmc.patients import queries, touched
from cmc.patients.tables import (
    BasicInformation,
    DuplicateKey,
    Patient,
    PatientDocument,
    PatientIdentifier,
    PatientPhone,
    PatientToken,
)

_FORGET_PAIRS = text("DELETE FROM duplicate_pair WHERE one_id = :patient_id OR other_id = :patient_id")
"""A table of a layer above: what is said there of a person ends with the person."""


def erase(session: Session, scope: Scope, patient_id: UUID, *, now: datetime) -> Patient:
    """Make a person's record a stump: no name, no number, no way to be found, the birth date cut to its year.

    Visits and readings stay and count; they are nobody's. The citizen ID can be put on file again. Raises `NotFound`
    for a foreign person, `Conflict` while the person is managed. Erasing a stump again changes nothing.
    """
    patient = queries.get(session, scope, patient_id, for_update=True)
    if patient.erased_at is not None:
        return patient
    if any(each.state != EnrolmentState.TERMINATED for each in queries.all_enrolments(session, patient_id)):
        raise Conflict("this person is under management: end the enrolments first", code="still-managed")
    for _, former in queries.taken_over(session, scope, patient_id):  # what was merged into it is the same person
        _destroy(session, former, now=now)
    _destroy(session, patient, now=now)
    touched.mark(session, [patient_id], at=now)
    return patient


def _destroy(session: Session, patient: Patient, *, now: datetime) -> None:
    for column in ("data_key", "name_cipher", "citizen_id_cipher", "citizen_id_original_cipher", "citizen_id_token"):
        setattr(patient, column, None)
    patient.phone_cipher = patient.address_cipher = patient.death_cause = patient.health_record_number = None
    patient.birth_date, patient.birth_date_precision = patient.birth_date.replace(month=1, day=1), "year"
    patient.erased_at = patient.updated_at = now
    patient.version += 1
    session.flush()
    for table in (PatientToken, PatientIdentifier, PatientDocument, PatientPhone, BasicInformation, DuplicateKey):
        rows = SQLModel.metadata.tables[str(table.__tablename__)]
        session.execute(delete(rows).where(rows.c.patient_id == patient.id))
    session.execute(_FORGET_PAIRS, {"patient_id": patient.id})
