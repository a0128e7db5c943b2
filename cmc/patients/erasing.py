"""Destroying what names a person. Nothing here commits.

The data key goes, and with it every sealed field, wherever a copy of the ciphertext lies: it opens nowhere any more. A
backup from before still holds the wrapped key; it lapses with the backup, or with the master key (`cmc keys drop`).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import EnrolmentState
from cmc.core.errors import Conflict
from cmc.core.scope import Scope
from cmc.patients import queries, touched
from cmc.patients.tables import Patient, PatientIdentifier, PatientToken


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
    for column in ("data_key", "name_cipher", "citizen_id_cipher", "citizen_id_original_cipher", "citizen_id_token"):
        setattr(patient, column, None)
    patient.phone_cipher = patient.address_cipher = patient.death_cause = None
    patient.birth_date, patient.birth_date_precision = patient.birth_date.replace(month=1, day=1), "year"
    patient.erased_at = patient.updated_at = now
    patient.version += 1
    session.flush()
    session.execute(delete(PatientToken).where(col(PatientToken.patient_id) == patient_id))
    touched.mark(session, [patient_id], at=now)
    session.execute(delete(PatientIdentifier).where(col(PatientIdentifier.patient_id) == patient_id))
    return patient
