"""Every change of a referral: proposed → sent → accepted → returned → closed, no step skipped. Nothing here commits."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.alerts import queries as alerts
from cmc.clinical.alert_timing import CHECK_WITHIN_DAYS
from cmc.core.clock import local_date
from cmc.core.errors import Conflict, FieldError, Invalid, Stale
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.organisations import queries as organisations
from cmc.patients import queries as patients
from cmc.patients import touched
from cmc.referrals import queries
from cmc.referrals.codes import ReferralCause, ReferralDirection, ReferralEnd, ReferralState
from cmc.referrals.tables import Referral

NEXT: Final = {
    ReferralState.PROPOSED: ReferralState.SENT,
    ReferralState.SENT: ReferralState.ACCEPTED,
    ReferralState.ACCEPTED: ReferralState.RETURNED,
}
"""The one step after each state; closing is possible from every state."""
_AT: Final = {
    ReferralState.SENT: "sent_at",
    ReferralState.ACCEPTED: "accepted_at",
    ReferralState.RETURNED: "returned_at",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A referral as somebody asks for it; `alert_id` names the alert that it answers."""

    patient_id: UUID
    clinic_id: UUID | None = None
    direction: ReferralDirection
    reason: ReferralCause
    is_urgent: bool = False
    institution: str | None = None
    department: str | None = None
    note: str | None = None
    alert_id: UUID | None = None


def propose(session: Session, scope: Scope, wanted: Wanted, *, now: datetime) -> Referral:
    """Put a referral on file; of one alert once: the second asking gets the first.

    A down-referral is of a person who comes back: it is checked within 14 days as well (HTN-GL-07). Raises `NotFound`
    and `Invalid` for a reason that does not fit the direction.
    """
    patient = patients.get(session, scope, wanted.patient_id, for_update=True)
    clinic_id = wanted.clinic_id or patient.clinic_id
    organisations.clinic(session, scope, clinic_id)
    down = wanted.direction is ReferralDirection.DOWN
    if (wanted.reason is ReferralCause.STABLE) != down and wanted.reason is not ReferralCause.OTHER:
        words = "STABLE (or OTHER) is the reason of a down-referral, and of no other (HTN-GL-07)"
        raise Invalid(errors=(FieldError("/reason", "not_expected", words),))
    source = f"hand:{new_id()}"
    if wanted.alert_id is not None:
        alert = alerts.get(session, scope, wanted.alert_id)
        if alert.patient_id != patient.id:
            raise Invalid(errors=(FieldError("/alert_id", "not_expected", "this alert is of another person"),))
        source = f"alert:{alert.id}"
        known = queries.by_source(session, scope, patient.id, source)
        if known is not None:
            return known
    on = local_date(now)
    row = Referral(
        patient_id=patient.id,
        clinic_id=clinic_id,
        source=source,
        direction=wanted.direction.value,
        reason=wanted.reason.value,
        is_urgent=wanted.is_urgent,
        institution=wanted.institution,
        department=wanted.department,
        note=wanted.note,
        proposed_on=on,
        proposed_by=scope.actor,
        proposed_at=now,
        check_by=on + timedelta(days=CHECK_WITHIN_DAYS),
    )
    session.add(row)
    return _kept(session, row, now=now)


def step(
    session: Session,
    scope: Scope,
    referral_id: UUID,
    to: ReferralState,
    *,
    now: datetime,
    institution: str | None = None,
    department: str | None = None,
    advice: str | None = None,
    version: int | None = None,
) -> Referral:
    """Take a referral one step further. Sending needs an institution, and begins the 14 days of the check anew.

    Raises `NotFound`, `Conflict` for a step that is skipped or taken twice, `Stale`, and `Invalid` without an
    institution.
    """
    row = _changing(session, scope, referral_id, version)
    if NEXT.get(ReferralState(row.state)) is not to:
        raise Conflict(f"from {row.state} the next step is {_after(row)}", code="step-not-allowed")
    row.institution, row.department = institution or row.institution, department or row.department
    if to is ReferralState.SENT:
        if row.institution is None:
            raise Invalid(errors=(FieldError("/institution", "missing", "to which institution"),))
        row.check_by = local_date(now) + timedelta(days=CHECK_WITHIN_DAYS)
    row.advice = advice or row.advice
    row.state = to.value
    setattr(row, _AT[to], now)
    return _kept(session, row, now=now)


def close(
    session: Session,
    scope: Scope,
    referral_id: UUID,
    ending: ReferralEnd,
    *,
    now: datetime,
    note: str | None = None,
    version: int | None = None,
) -> Referral:
    """End a referral, from whatever step: what was treated has come back first. Raises `NotFound` and `Conflict`."""
    row = _changing(session, scope, referral_id, version)
    if row.state == ReferralState.CLOSED:
        raise Conflict("this referral is closed", code="referral-closed")
    if ending is ReferralEnd.TREATED and row.state != ReferralState.RETURNED:
        raise Conflict("treated and returned: record the return first", code="step-not-allowed")
    row.state, row.closed_at, row.closed_by, row.ending = ReferralState.CLOSED.value, now, scope.actor, ending.value
    row.note = note or row.note
    return _kept(session, row, now=now)


def checked_on(row: Referral, on: date) -> bool:
    """Whether the check is overdue on a local date."""
    return row.state != ReferralState.CLOSED and row.check_by is not None and row.check_by < on


def _after(row: Referral) -> str:
    found = NEXT.get(ReferralState(row.state))
    return found.value if found is not None else ReferralState.CLOSED.value


def _changing(session: Session, scope: Scope, referral_id: UUID, version: int | None) -> Referral:
    row = queries.get(session, scope, referral_id, for_update=True)
    if version is not None and row.version != version:
        raise Stale("read it again: there is a newer version")
    return row


def _kept(session: Session, row: Referral, *, now: datetime) -> Referral:
    if row in session.dirty:
        row.version += 1
    session.flush()
    touched.mark(session, [row.patient_id], at=now, topics=(touched.FOLLOWUPS,))
    return row
