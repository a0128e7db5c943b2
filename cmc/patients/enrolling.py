"""Changes of enrolments: into management, from state to state, to another clinic, and the end of all by death.

Every change is an event that is kept, and marks the person as touched; nothing here commits.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.clinical.enrolment import Change, Fault, Stint, applied, transferred
from cmc.clinical.enrolment import faults as faults_of
from cmc.core.errors import Conflict, FieldError, Invalid, NotFound, invalid
from cmc.core.scope import Scope
from cmc.organisations import queries as organisations
from cmc.patients import consents, queries, touched
from cmc.patients.codes import Purpose
from cmc.patients.schemas import EnrolmentIn
from cmc.patients.tables import Enrolment, EnrolmentEvent, Patient

_LET_FIND = text(
    "INSERT INTO patient_token (token, clinic_id, patient_id)"
    " SELECT DISTINCT token, CAST(:clinic_id AS uuid), patient_id FROM patient_token WHERE patient_id = :patient_id"
    " ON CONFLICT DO NOTHING"
)
"""Lets a clinic that comes to manage a person look for them; it never needs to be taken back: whoever is found is
checked against the scope by their own row (`search_queries.search`)."""


def enrol(
    session: Session, scope: Scope, patient_id: UUID, wanted: EnrolmentIn, *, now: datetime, on: date
) -> Enrolment:
    """Begin an enrolment: a suspicion, a confirmed diagnosis, or management (HTN-EN-01).

    One open enrolment per person and disease. Raises `NotFound`, `Invalid` that names what the state needs, `Conflict`.
    """
    patient = queries.get(session, scope, patient_id, for_update=True)
    clinic_id = wanted.clinic_id or patient.clinic_id
    organisations.clinic(session, scope, clinic_id)
    require(patient, wanted, on)
    for other in queries.all_enrolments(session, patient_id):
        if other.disease != wanted.disease:
            continue
        if other.state != EnrolmentState.TERMINATED:
            raise Conflict("this person is already enrolled for this disease", code="already-enrolled")
        if other.ended_on is not None and other.ended_on >= wanted.enrolled_on:
            raise invalid("/enrolled_on", "overlaps", "must lie after the last day of the former enrolment")
    enrolment = Enrolment(
        patient_id=patient_id,
        clinic_id=clinic_id,
        disease=wanted.disease.value,
        state=wanted.state.value,
        referred_on=wanted.referred_on,
        primary_disease=wanted.primary_disease,
        confirmed_on=wanted.confirmed_on,
        confirmed_at=wanted.confirmed_at,
        enrolled_on=wanted.enrolled_on,
        doctor=wanted.doctor,
        created_at=now,
    )
    _open(session, scope, patient, enrolment, now=now)
    if wanted.consent:
        agreed = consents.at_enrolment(wanted.consent_version, wanted.consent_channel)
        consents.note(session, scope, patient_id, agreed, now=now)
    return enrolment


def refer(
    session: Session, scope: Scope, patient_id: UUID, enrolment_id: UUID, *, referred_on: date, now: datetime, on: date
) -> Enrolment:
    """Note that a suspicion was referred up to be confirmed; its result is asked for within 2 weeks (HTN-SC-02)."""
    queries.get(session, scope, patient_id, for_update=True)
    enrolment = _one(session, scope, patient_id, enrolment_id)
    if enrolment.state != EnrolmentState.SUSPECTED:
        raise Conflict("only a suspicion is referred to be confirmed", code="not-suspected")
    if not enrolment.enrolled_on <= referred_on <= on:
        raise invalid("/on", "out_of_range", "must lie between the day of the suspicion and today")
    enrolment.referred_on = referred_on
    session.flush()
    touched.mark(session, [patient_id], at=now)
    return enrolment


def change(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    enrolment_id: UUID,
    wanted: Change,
    *,
    note: str | None = None,
    now: datetime,
    on: date,
) -> Enrolment:
    """Change an enrolment's state (LIFE-01…04). A death is the person's: it closes every enrolment (`record_death`)."""
    queries.get(session, scope, patient_id, for_update=True)
    enrolment = _one(session, scope, patient_id, enrolment_id)
    if wanted.reason is EndReason.TRANSFERRED:
        raise invalid("/reason", "use_transfer", "a transfer needs the receiving clinic: use :transfer")
    if wanted.to_state is EnrolmentState.TERMINATED and wanted.reason is EndReason.DIED:
        record_death(session, scope, patient_id, died_on=wanted.on, cause=note, now=now, on=on)
        return enrolment
    _apply(session, scope, enrolment, wanted, note=note, now=now, on=on)
    return enrolment


def record_death(
    session: Session, scope: Scope, patient_id: UUID, *, died_on: date, cause: str | None, now: datetime, on: date
) -> Patient:
    """Record a person's death and close every open enrolment on that day, at whichever clinic (LIFE-01).

    An enrolment that began after the death was an error of entry and ends on its first day. Raises `Conflict` when a
    death is on record already.
    """
    patient = queries.get(session, scope, patient_id, for_update=True)
    if patient.died_on is not None:
        raise Conflict("this person's death is on record", code="death-recorded")
    if not patient.birth_date <= died_on <= on:
        raise invalid("/died_on", "out_of_range", "must lie between the birth date and today")
    patient.died_on, patient.death_cause = died_on, cause
    patient.updated_at, patient.version = now, patient.version + 1
    for enrolment in queries.all_enrolments(session, patient_id):
        if enrolment.state != EnrolmentState.TERMINATED:
            ended_on = max(died_on, enrolment.enrolled_on)
            _write(session, scope, enrolment, Change(EnrolmentState.TERMINATED, ended_on, EndReason.DIED), now=now)
    session.flush()
    touched.mark(session, [patient_id], at=now)
    return patient


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
    """Close an enrolment on `on` and open the same one at another clinic the next day (LIFE-05); return the new one.

    Who was lost arrives lost: only being seen again changes that (LIFE-03). The person's own clinic changes when no
    other enrolment is open where they come from. The other clinic may lie outside the scope: the person then leaves it.
    """
    patient = queries.get(session, scope, patient_id, for_update=True)
    old = _one(session, scope, patient_id, enrolment_id)
    organisations.any_clinic(session, to_clinic_id)
    leaving = Change(EnrolmentState.TERMINATED, on, EndReason.TRANSFERRED, to_clinic=str(to_clinic_id))
    _, following = transferred(_stint(session, scope, old), leaving)
    _apply(session, scope, old, leaving, note=note, now=now, on=today)
    new = _continued(old, to_clinic_id, following, now)
    _open(session, scope, patient, new, now=now)
    remaining = queries.all_enrolments(session, patient_id)
    if not any(each.state != EnrolmentState.TERMINATED and each.clinic_id == old.clinic_id for each in remaining):
        patient.clinic_id, patient.updated_at, patient.version = to_clinic_id, now, patient.version + 1
        session.flush()
    return new


def _continued(old: Enrolment, clinic_id: UUID, stint: Stint, now: datetime) -> Enrolment:
    if stint.state is None or stint.enrolled_on is None:
        raise ValueError("what was not begun cannot go on")
    return Enrolment(
        patient_id=old.patient_id,
        clinic_id=clinic_id,
        disease=old.disease,
        state=stint.state.value,
        primary_disease=old.primary_disease,
        confirmed_on=stint.confirmed_on,
        confirmed_at=stint.confirmed_at,
        referred_on=old.referred_on,
        enrolled_on=stint.enrolled_on,
        doctor=stint.doctor,
        last_follow_up_on=stint.last_seen_on,
        created_at=now,
    )


def require(patient: Patient, wanted: EnrolmentIn, on: date) -> None:
    """Raise `Invalid` that names what the wanted state needs of a person and does not have (HTN-EN-01, LIFE-01)."""
    before = Stint(disease=wanted.disease, birth=patient.birth_date, clinic=str(wanted.clinic_id or patient.clinic_id))
    first = Change(
        wanted.state,
        wanted.enrolled_on,
        confirmed_on=wanted.confirmed_on,
        confirmed_at=wanted.confirmed_at,
        doctor=wanted.doctor,
        consent=wanted.consent,
    )
    faults = _told(faults_of(before, first, on), {"to_state": "state", "on": "enrolled_on"})
    if wanted.referred_on is not None and not wanted.enrolled_on <= wanted.referred_on <= on:
        faults.append(FieldError("/referred_on", "out_of_range", "must lie between the suspicion and today"))
    if patient.died_on is not None:
        faults.append(FieldError("/enrolled_on", "after_death", "this person has died"))
    if faults:
        raise Invalid(errors=tuple(faults))


def _told(faults: Sequence[Fault], names: Mapping[str, str] = MappingProxyType({})) -> list[FieldError]:
    return [
        FieldError(f"/{names.get(each.field, each.field)}", each.code, f"{each.reason.text.en} ({each.reason.rule})")
        for each in faults
    ]


def _one(session: Session, scope: Scope, patient_id: UUID, enrolment_id: UUID) -> Enrolment:
    for enrolment in queries.enrolments(session, scope, patient_id):
        if enrolment.id == enrolment_id:
            return enrolment
    raise NotFound("no such enrolment")


def _apply(
    session: Session, scope: Scope, enrolment: Enrolment, wanted: Change, *, note: str | None, now: datetime, on: date
) -> None:
    faults = faults_of(_stint(session, scope, enrolment), wanted, on)
    if faults:
        raise Invalid(errors=tuple(_told(faults)))
    _write(session, scope, enrolment, wanted, note=note, now=now)
    session.flush()
    if wanted.consent:
        consents.note(session, scope, enrolment.patient_id, consents.at_enrolment(None, None), now=now)
    touched.mark(session, [enrolment.patient_id], at=now)


def _stint(session: Session, scope: Scope, enrolment: Enrolment) -> Stint:
    return Stint(
        disease=Disease(enrolment.disease),
        state=EnrolmentState(enrolment.state),
        last_change_on=_last_change_on(enrolment, queries.events(session, scope, [enrolment.id])),
        enrolled_on=enrolment.enrolled_on,
        last_seen_on=enrolment.last_follow_up_on,
        confirmed_on=enrolment.confirmed_on,
        confirmed_at=enrolment.confirmed_at,
        clinic=str(enrolment.clinic_id),
        doctor=enrolment.doctor,
        consent=consents.allows(session, scope, enrolment.patient_id, Purpose.MANAGEMENT),
    )


def _last_change_on(enrolment: Enrolment, events: Sequence[EnrolmentEvent]) -> date:
    return max((event.happened_on for event in events), default=enrolment.enrolled_on)


def _open(session: Session, scope: Scope, patient: Patient, enrolment: Enrolment, *, now: datetime) -> None:
    session.add(enrolment)
    if enrolment.clinic_id != patient.clinic_id:
        session.execute(_LET_FIND, {"patient_id": patient.id, "clinic_id": enrolment.clinic_id})
    session.flush()
    first = Change(EnrolmentState(enrolment.state), enrolment.enrolled_on)
    session.add(_event(scope, enrolment, None, first, note=None, now=now))
    session.flush()
    touched.mark(session, [enrolment.patient_id], at=now)


def _write(
    session: Session, scope: Scope, enrolment: Enrolment, wanted: Change, *, note: str | None = None, now: datetime
) -> None:
    before = _stint(session, scope, enrolment)
    after = applied(before, wanted)
    enrolment.state, enrolment.enrolled_on = wanted.to_state.value, after.enrolled_on or wanted.on
    enrolment.confirmed_on, enrolment.confirmed_at = after.confirmed_on, after.confirmed_at
    enrolment.doctor, enrolment.ended_on = after.doctor, after.ended_on
    enrolment.end_reason = after.end_reason.value if after.end_reason else None
    session.add(_event(scope, enrolment, before.state, wanted, note=note, now=now))


def _event(
    scope: Scope, enrolment: Enrolment, before: EnrolmentState | None, to: Change, *, note: str | None, now: datetime
) -> EnrolmentEvent:
    return EnrolmentEvent(
        enrolment_id=enrolment.id,
        from_state=before.value if before else None,
        to_state=to.to_state.value,
        happened_on=to.on,
        reason=to.reason.value if to.reason else None,
        evidence=to.evidence.plain() if to.evidence else None,
        note=note,
        actor=scope.actor,
        recorded_at=now,
    )
