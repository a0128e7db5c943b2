"""Changes of enrolments: into management, from state to state, to another clinic, and the end of all by death.

Every change is an event that is kept, and marks the person as touched; nothing here commits.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.clinical.enrolment import ARROWS, Requirement
from cmc.core.errors import Conflict, FieldError, Invalid, NotFound, invalid
from cmc.core.scope import Scope
from cmc.organisations import queries as organisations
from cmc.patients import consents, life_cycle, queries, touched
from cmc.patients.codes import Purpose
from cmc.patients.life_cycle import Change
from cmc.patients.schemas import EnrolmentIn
from cmc.patients.tables import Enrolment, EnrolmentEvent, Patient

_LET_FIND = text(
    "INSERT INTO patient_token (token, clinic_id, patient_id)"
    " SELECT DISTINCT token, CAST(:clinic_id AS uuid), patient_id FROM patient_token WHERE patient_id = :patient_id"
    " ON CONFLICT DO NOTHING"
)
"""Lets a clinic that comes to manage a person look for them; it never needs to be taken back (see `queries.search`)."""


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
    if wanted.on > on:
        raise invalid("/on", "in_future", "must not lie in the future")
    if wanted.reason is EndReason.TRANSFERRED:
        raise invalid("/reason", "use_transfer", "a transfer needs the receiving clinic: use :transfer")
    if wanted.to_state is EnrolmentState.TERMINATED and wanted.reason is EndReason.DIED:
        record_death(session, scope, patient_id, died_on=wanted.on, cause=note, now=now, on=on)
        return enrolment
    _apply(session, scope, enrolment, wanted, note=note, now=now)
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
    if to_clinic_id == old.clinic_id:
        raise invalid("/to_clinic_id", "same_clinic", "must be another clinic")
    if on > today:
        raise invalid("/on", "in_future", "must not lie in the future")
    state = EnrolmentState(old.state)
    _apply(session, scope, old, Change(EnrolmentState.TERMINATED, on, EndReason.TRANSFERRED), note=note, now=now)
    new = _continued(old, to_clinic_id, state, on + timedelta(days=1), now)
    _open(session, scope, patient, new, now=now)
    remaining = queries.all_enrolments(session, patient_id)
    if not any(each.state != EnrolmentState.TERMINATED and each.clinic_id == old.clinic_id for each in remaining):
        patient.clinic_id, patient.updated_at, patient.version = to_clinic_id, now, patient.version + 1
        session.flush()
    return new


def _continued(old: Enrolment, clinic_id: UUID, state: EnrolmentState, enrolled_on: date, now: datetime) -> Enrolment:
    return Enrolment(
        patient_id=old.patient_id,
        clinic_id=clinic_id,
        disease=old.disease,
        state=state.value,
        primary_disease=old.primary_disease,
        confirmed_on=old.confirmed_on,
        confirmed_at=old.confirmed_at,
        referred_on=old.referred_on,
        enrolled_on=enrolled_on,
        last_follow_up_on=old.last_follow_up_on,
        created_at=now,
    )


def require(patient: Patient, wanted: EnrolmentIn, on: date) -> None:
    """Raise `Invalid` that names what the wanted state needs of a person and does not have (HTN-EN-01, LIFE-01)."""
    faults = []
    if wanted.enrolled_on > on:
        faults.append(FieldError("/enrolled_on", "in_future", "must not lie in the future"))
    needs = ARROWS.get((None, wanted.state))
    if needs is None:
        words = "an enrolment begins as SUSPECTED, CONFIRMED or ACTIVE (LIFE-01)"
        raise invalid("/state", "transition_not_allowed", words)
    if Requirement.CONFIRMATION in needs:
        faults += [
            FieldError(f"/{name}", "missing", f"{words} (HTN-EN-01)")
            for name, value, words in (
                ("confirmed_on", wanted.confirmed_on, "needs the date of the confirmation"),
                ("confirmed_at", wanted.confirmed_at, "needs the institution that confirmed"),
            )
            if value is None
        ]
    if wanted.referred_on is not None and not wanted.enrolled_on <= wanted.referred_on <= on:
        faults.append(FieldError("/referred_on", "out_of_range", "must lie between the suspicion and today"))
    faults += _confirmation_faults(patient, wanted)
    if patient.died_on is not None:
        faults.append(FieldError("/enrolled_on", "after_death", "this person has died"))
    if Requirement.CONSENT in needs and not wanted.consent:
        faults.append(FieldError("/consent", "missing", "enrolment needs the person's consent (HTN-EN-01)"))
    if faults:
        raise Invalid(errors=tuple(faults))


def _confirmation_faults(patient: Patient, wanted: EnrolmentIn) -> list[FieldError]:
    faults: list[FieldError] = []
    if wanted.confirmed_on is None:
        return faults
    if wanted.confirmed_on > wanted.enrolled_on:
        faults.append(FieldError("/confirmed_on", "after_enrolment", "must not lie after the enrolment"))
    if wanted.confirmed_on < patient.birth_date:
        faults.append(FieldError("/confirmed_on", "before_birth", "must not lie before the birth date"))
    return faults


def _one(session: Session, scope: Scope, patient_id: UUID, enrolment_id: UUID) -> Enrolment:
    for enrolment in queries.enrolments(session, scope, patient_id):
        if enrolment.id == enrolment_id:
            return enrolment
    raise NotFound("no such enrolment")


def _apply(
    session: Session, scope: Scope, enrolment: Enrolment, wanted: Change, *, note: str | None, now: datetime
) -> None:
    stint = life_cycle.Stint(
        EnrolmentState(enrolment.state),
        enrolment.enrolled_on,
        _last_change_on(enrolment, queries.events(session, scope, [enrolment.id])),
        enrolment.last_follow_up_on,
        disease=Disease(enrolment.disease),
        confirmed_on=enrolment.confirmed_on,
        confirmed_at=enrolment.confirmed_at,
        clinic=str(enrolment.clinic_id),
        doctor=enrolment.doctor,
        consent=consents.allows(session, scope, enrolment.patient_id, Purpose.MANAGEMENT),
    )
    faults = life_cycle.faults(stint, wanted)
    if faults:
        raise Invalid(errors=tuple(faults))
    _write(session, scope, enrolment, wanted, note=note, now=now)
    session.flush()
    if wanted.consent:
        consents.note(session, scope, enrolment.patient_id, consents.at_enrolment(None, None), now=now)
    touched.mark(session, [enrolment.patient_id], at=now)


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
    before, enrolment.state = EnrolmentState(enrolment.state), wanted.to_state.value
    enrolment.confirmed_on = wanted.confirmed_on or enrolment.confirmed_on
    enrolment.confirmed_at = wanted.confirmed_at or enrolment.confirmed_at
    enrolment.doctor = wanted.doctor or enrolment.doctor
    if before is EnrolmentState.CONFIRMED and wanted.to_state is EnrolmentState.ACTIVE:
        enrolment.enrolled_on = wanted.on  # the first managed day: a suspicion is no management
    if wanted.to_state is EnrolmentState.TERMINATED:
        enrolment.ended_on = wanted.on
        enrolment.end_reason = wanted.reason.value if wanted.reason else None
    session.add(_event(scope, enrolment, before, wanted, note=note, now=now))


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
