"""Noting calls and what follows from them. Nothing here commits."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import EndReason, EnrolmentState
from cmc.clinical.enrolment import Change
from cmc.core.clock import local_date
from cmc.core.errors import Conflict, FieldError, Invalid, NotFound
from cmc.core.scope import Scope
from cmc.patients import enrolling
from cmc.patients import queries as patients
from cmc.patients.tables import Enrolment, Patient
from cmc.recalls import queries
from cmc.recalls.codes import CallResult
from cmc.recalls.schemas import CallIn
from cmc.recalls.tables import RecallCall

MOST_A_DAY: Final = 3
"""So often a person is called on one day at most, whatever came of it [D]."""
REMIND_WITHIN: Final = timedelta(days=90)
THEN: Final = {CallResult.MOVED: EndReason.MOVED_OUT, CallResult.DIED: EndReason.DIED}
"""What was told and has to be recorded as the end of the enrolment, by a person (LIFE-01)."""


def note(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    wanted: CallIn,
    *,
    now: datetime,
    idempotency_key: str | None = None,
) -> RecallCall:
    """Note a call; under the same key the same call once. Nothing else changes: a death or a move is recorded there.

    Raises `NotFound`, `Invalid` for a remind day that is missing, not expected or out of range, and `Conflict` when the
    person was called often enough today or has died.
    """
    patient = patients.get(session, scope, patient_id, for_update=True)
    known = _by_key(session, scope, patient_id, idempotency_key)
    if known is not None:
        return known
    _check(wanted, on=local_date(now))
    if patient.died_on is not None:
        raise Conflict("this person's death is on record", code="death-recorded")
    today = [row for row in queries.calls(session, scope, patient_id) if local_date(row.called_at) == local_date(now)]
    if sum(row.undone_at is None and row.channel is not None for row in today) >= MOST_A_DAY:
        raise Conflict(f"a person is called {MOST_A_DAY} times a day at most", code="called-enough-today")
    row = RecallCall(
        patient_id=patient_id,
        clinic_id=_clinic(session, scope, patient),
        channel=wanted.channel.value,
        result=wanted.result.value,
        remind_on=wanted.remind_on,
        note=wanted.note,
        called_at=now,
        called_by=scope.actor,
        idempotency_key=idempotency_key,
    )
    session.add(row)
    session.flush()
    return row


def put_back(session: Session, scope: Scope, patient_id: UUID, *, now: datetime) -> RecallCall:
    """Put a person back on the list of those to call, whatever the last call brought."""
    patient = patients.get(session, scope, patient_id, for_update=True)
    row = RecallCall(
        patient_id=patient_id,
        clinic_id=_clinic(session, scope, patient),
        result=CallResult.RETURN_TO_LIST.value,
        called_at=now,
        called_by=scope.actor,
    )
    session.add(row)
    session.flush()
    return row


def undo(session: Session, scope: Scope, call_id: UUID, *, now: datetime) -> RecallCall:
    """Take back a call: it stays on record and counts no more. Raises `Conflict` when it was taken back before."""
    row = queries.call(session, scope, call_id)
    if row.undone_at is not None:
        raise Conflict("this call was taken back", code="undone")
    row.undone_at, row.undone_by = now, scope.actor
    session.flush()
    return row


def lose(session: Session, scope: Scope, patient_id: UUID, enrolment_id: UUID, *, now: datetime, on: date) -> Enrolment:
    """Call a person lost for one enrolment, by the evidence of the calls (LIFE-02); the rules may refuse.

    Only a person decides it: no job calls this. Raises `Invalid` with what the evidence lacks.
    """
    patients.get(session, scope, patient_id, for_update=True)
    rows = queries.calls(session, scope, patient_id)
    found = queries.evidence(rows, queries.last_seen_on(session, scope, patient_id))
    if found is None:
        words = "no attempt without an answer is on record since the last visit (LIFE-02)"
        raise Invalid(errors=(FieldError("/evidence", "missing", words),))
    change = Change(EnrolmentState.LOST, on, evidence=found)
    return enrolling.change(session, scope, patient_id, enrolment_id, change, now=now, on=on)


def _check(wanted: CallIn, *, on: date) -> None:
    needs = wanted.result in {CallResult.AGREED, CallResult.LATER}
    if needs and wanted.remind_on is None:
        raise Invalid(errors=(FieldError("/remind_on", "missing", "agreed and later need a day"),))
    if not needs and wanted.remind_on is not None:
        raise Invalid(errors=(FieldError("/remind_on", "not_expected", "only agreed and later have a day"),))
    earliest = on if wanted.result is CallResult.AGREED else on + timedelta(days=1)
    if wanted.remind_on is not None and not earliest <= wanted.remind_on <= on + REMIND_WITHIN:
        words = f"within {REMIND_WITHIN.days} days, and not in the past"
        raise Invalid(errors=(FieldError("/remind_on", "out_of_range", words),))


def _clinic(session: Session, scope: Scope, patient: Patient) -> UUID:
    """The clinic of the scope that looks after the person: where enrolled, else at home."""
    managed = [
        each.clinic_id
        for each in patients.enrolments(session, scope, patient.id)
        if each.state != EnrolmentState.TERMINATED and scope.includes(each.clinic_id)
    ]
    if managed:
        return managed[0]
    if scope.includes(patient.clinic_id):
        return patient.clinic_id
    raise NotFound("no such person")


def _by_key(session: Session, scope: Scope, patient_id: UUID, key: str | None) -> RecallCall | None:
    if key is None:
        return None
    query = select(RecallCall).where(col(RecallCall.called_by) == scope.actor, col(RecallCall.idempotency_key) == key)
    found = session.scalars(query).one_or_none()
    if found is not None and found.patient_id != patient_id:
        words = "this key has noted another call: send a new key with a new call"
        raise Invalid(words, code="idempotency-key-reused", errors=(FieldError("/idempotency_key", "reused", words),))
    return found
