"""Changes of people and enrolments. Every change marks the person as touched; nothing here commits."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical import identity_numbers
from cmc.clinical.codes import EndReason, EnrolmentState, Sex
from cmc.core.crypto import Keyring
from cmc.core.errors import Conflict, FieldError, Invalid, NotFound, invalid
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.organisations import queries as organisations
from cmc.patients import life_cycle, queries, touched
from cmc.patients.schemas import EnrolmentIn, PatientIn
from cmc.patients.tables import Enrolment, EnrolmentEvent, Patient, PatientIdentifier

_CARD_WORDS = {
    identity_numbers.IdentityProblem.LENGTH: "a citizen ID has 18 characters, or 15 in the old form",
    identity_numbers.IdentityProblem.CHARACTERS: "a citizen ID has digits, and X only as the last character",
    identity_numbers.IdentityProblem.CHECK_DIGIT: "the last character does not fit the others: a digit is mistyped",
    identity_numbers.IdentityProblem.BIRTH_DATE: "the birth date inside the number does not exist",
    identity_numbers.IdentityProblem.FUTURE_BIRTH: "the birth date inside the number lies in the future",
}

EARLIEST_BIRTH = date(1880, 1, 1)


@dataclass(frozen=True, slots=True)
class Registration:
    """The stored person and the codes of what a nurse should check."""

    patient: Patient
    warnings: tuple[str, ...]


def register(
    session: Session, scope: Scope, keys: Keyring, wanted: PatientIn, *, now: datetime, on: date
) -> Registration:
    """Put a person on file.

    Raises `Invalid` for a wrong citizen ID or missing sex or birth date, `NotFound` for a foreign clinic, `Conflict`
    when the citizen ID or an identifier is on file already (IDC-01…06).
    """
    organisations.clinic(session, scope, wanted.clinic_id)
    card = _citizen_id(wanted.citizen_id, on) if wanted.citizen_id else None
    sex, birth_date, warnings = _sex_and_birth(wanted, card, on)
    patient = Patient(
        id=new_id(),
        clinic_id=wanted.clinic_id,
        name=wanted.name,
        sex=sex.value,
        birth_date=birth_date,
        birth_date_precision="day" if card else wanted.birth_date_precision,
        phone=wanted.phone,
        address=wanted.address,
        created_at=now,
        updated_at=now,
    )
    if card is not None:
        _protect(session, scope, keys, patient, card.number)
    _refuse_known_identifiers(session, scope, wanted)
    session.add(patient)
    session.flush()
    session.add_all(
        PatientIdentifier(system=each.system, value=each.value, patient_id=patient.id) for each in wanted.identifiers
    )
    session.flush()
    return Registration(patient, warnings)


def enrol(
    session: Session, scope: Scope, patient_id: UUID, wanted: EnrolmentIn, *, now: datetime, on: date
) -> Enrolment:
    """Take a person into management of a disease as ACTIVE (HTN-EN-01, one open enrolment per person and disease)."""
    patient = queries.get(session, scope, patient_id, for_update=True)
    clinic_id = wanted.clinic_id or patient.clinic_id
    organisations.clinic(session, scope, clinic_id)
    _check_enrolment(patient, wanted, on)
    for other in queries.open_enrolments(session, scope, [patient_id]):
        if other.disease == wanted.disease:
            raise Conflict("this person is already enrolled for this disease", code="already-enrolled")
    for former in queries.enrolments(session, scope, patient_id):
        overlaps = former.ended_on is not None and former.ended_on >= wanted.enrolled_on
        if former.disease == wanted.disease and overlaps:
            raise invalid("/enrolled_on", "overlaps", "must lie after the last day of the former enrolment")
    enrolment = Enrolment(
        patient_id=patient_id,
        clinic_id=clinic_id,
        disease=wanted.disease.value,
        state=EnrolmentState.ACTIVE.value,
        primary_disease=wanted.primary_disease,
        confirmed_on=wanted.confirmed_on,
        confirmed_at=wanted.confirmed_at,
        enrolled_on=wanted.enrolled_on,
        doctor=wanted.doctor,
        created_at=now,
    )
    session.add(enrolment)
    session.flush()
    _record(session, scope, enrolment, None, life_cycle.Change(EnrolmentState.ACTIVE, wanted.enrolled_on), now=now)
    return enrolment


def change(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    enrolment_id: UUID,
    wanted: life_cycle.Change,
    *,
    note: str | None = None,
    now: datetime,
    on: date,
) -> Enrolment:
    """Change an enrolment's state (LIFE-01…04); a death also closes the person's other enrolments on that day."""
    patient = queries.get(session, scope, patient_id, for_update=True)
    enrolment = _one(session, scope, patient_id, enrolment_id)
    if wanted.on > on:
        raise invalid("/on", "in_future", "must not lie in the future")
    if wanted.reason is EndReason.TRANSFERRED:
        raise invalid("/reason", "use_transfer", "a transfer needs the receiving clinic: use :transfer")
    _apply(session, scope, enrolment, wanted, note=note, now=now)
    if wanted.reason is EndReason.DIED:
        patient.died_on, patient.updated_at, patient.version = wanted.on, now, patient.version + 1
        for other in queries.open_enrolments(session, scope, [patient_id]):
            if other.id != enrolment.id:
                _apply(session, scope, other, wanted, note=note, now=now)
    session.flush()
    return enrolment


def transfer(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    enrolment_id: UUID,
    to_clinic_id: UUID,
    *,
    on: date,
    note: str | None = None,
    now: datetime,
    today: date,
) -> Enrolment:
    """Close an enrolment on `on` and open the same one at another clinic the next day (LIFE-05); return the new one."""
    patient = queries.get(session, scope, patient_id, for_update=True)
    old = _one(session, scope, patient_id, enrolment_id)
    organisations.clinic(session, scope, to_clinic_id)
    if to_clinic_id == old.clinic_id:
        raise invalid("/to_clinic_id", "same_clinic", "must be another clinic")
    if on > today:
        raise invalid("/on", "in_future", "must not lie in the future")
    ending = life_cycle.Change(EnrolmentState.TERMINATED, on, EndReason.TRANSFERRED)
    _apply(session, scope, old, ending, note=note, now=now)
    session.flush()
    new = Enrolment(
        patient_id=patient_id,
        clinic_id=to_clinic_id,
        disease=old.disease,
        state=EnrolmentState.ACTIVE.value,
        primary_disease=old.primary_disease,
        confirmed_on=old.confirmed_on,
        confirmed_at=old.confirmed_at,
        enrolled_on=on + timedelta(days=1),
        created_at=now,
    )
    session.add(new)
    session.flush()
    _record(session, scope, new, None, life_cycle.Change(EnrolmentState.ACTIVE, new.enrolled_on), now=now)
    session.execute(
        update(Patient)
        .where(col(Patient.id) == patient.id)
        .values(clinic_id=to_clinic_id, updated_at=now, version=col(Patient.version) + 1)
    )
    return new


def _citizen_id(number: str, on: date) -> identity_numbers.CitizenId:
    try:
        return identity_numbers.parse_citizen_id(number, on)
    except identity_numbers.IdentityNumberError as error:
        raise invalid("/citizen_id", error.reason.lower(), _CARD_WORDS[error.reason]) from error


def _sex_and_birth(
    wanted: PatientIn, card: identity_numbers.CitizenId | None, on: date
) -> tuple[Sex, date, tuple[str, ...]]:
    sex, birth_date = wanted.sex or (card and card.sex), wanted.birth_date or (card and card.birth)
    missing = [
        FieldError(f"/{field}", "missing", "needed when there is no citizen ID")
        for field, value in (("sex", sex), ("birth_date", birth_date))
        if not value
    ]
    if not sex or not birth_date:
        raise Invalid(errors=tuple(missing))
    if not EARLIEST_BIRTH <= birth_date <= on:
        raise invalid("/birth_date", "out_of_range", f"must lie between {EARLIEST_BIRTH} and today")
    warnings = []
    if card and sex != card.sex:
        warnings.append("sex_differs_from_citizen_id")
    if card and birth_date != card.birth:
        warnings.append("birth_date_differs_from_citizen_id")
    return sex, birth_date, tuple(warnings)


def _protect(session: Session, scope: Scope, keys: Keyring, patient: Patient, number: str) -> None:
    token = keys.token("citizen-id", number)
    known = queries.by_citizen_id(session, token)
    if known is not None:
        where = f"the record is /v1/patients/{known.id}" if scope.includes(known.clinic_id) else "ask for a transfer"
        raise Conflict(f"this citizen ID is on file; {where}", code="person-exists")
    patient.citizen_id_token = token
    patient.citizen_id_cipher = keys.encrypt(number, context=f"patient.citizen_id|{patient.id}")
    patient.citizen_id_masked = identity_numbers.mask(number)


def _refuse_known_identifiers(session: Session, scope: Scope, wanted: PatientIn) -> None:
    for index, each in enumerate(wanted.identifiers):
        if queries.by_identifier(session, scope, each.system, [each.value]):
            raise Conflict(
                "this identifier is on file",
                code="person-exists",
                errors=(FieldError(f"/identifiers/{index}", "exists", "another record has this identifier"),),
            )


def _check_enrolment(patient: Patient, wanted: EnrolmentIn, on: date) -> None:
    faults = []
    if wanted.enrolled_on > on:
        faults.append(FieldError("/enrolled_on", "in_future", "must not lie in the future"))
    if wanted.confirmed_on > wanted.enrolled_on:
        faults.append(FieldError("/confirmed_on", "after_enrolment", "must not lie after the enrolment"))
    if wanted.confirmed_on < patient.birth_date:
        faults.append(FieldError("/confirmed_on", "before_birth", "must not lie before the birth date"))
    if patient.died_on is not None:
        faults.append(FieldError("/enrolled_on", "after_death", "this person has died"))
    if not wanted.consent:
        faults.append(FieldError("/consent", "missing", "enrolment needs the person's consent (HTN-EN-01)"))
    if faults:
        raise Invalid(errors=tuple(faults))


def _one(session: Session, scope: Scope, patient_id: UUID, enrolment_id: UUID) -> Enrolment:
    for enrolment in queries.enrolments(session, scope, patient_id):
        if enrolment.id == enrolment_id:
            return enrolment
    raise NotFound("no such enrolment")


def _apply(
    session: Session, scope: Scope, enrolment: Enrolment, wanted: life_cycle.Change, *, note: str | None, now: datetime
) -> None:
    events = queries.events(session, scope, [enrolment.id])
    last_change_on = events[-1].happened_on if events else enrolment.enrolled_on
    state = EnrolmentState(enrolment.state)
    faults = life_cycle.faults(state, enrolment.enrolled_on, last_change_on, wanted)
    if faults:
        raise Invalid(errors=tuple(faults))
    enrolment.state = wanted.to_state.value
    if wanted.to_state is EnrolmentState.TERMINATED:
        enrolment.ended_on = wanted.on
        enrolment.end_reason = wanted.reason.value if wanted.reason else None
    _record(session, scope, enrolment, state, wanted, note=note, now=now)


def _record(
    session: Session,
    scope: Scope,
    enrolment: Enrolment,
    before: EnrolmentState | None,
    to: life_cycle.Change,
    *,
    note: str | None = None,
    now: datetime,
) -> None:
    session.add(
        EnrolmentEvent(
            enrolment_id=enrolment.id,
            from_state=before.value if before else None,
            to_state=to.to_state.value,
            happened_on=to.on,
            reason=to.reason.value if to.reason else None,
            note=note,
            actor=scope.actor,
            recorded_at=now,
        )
    )
    touched.mark(session, [enrolment.patient_id], at=now)
