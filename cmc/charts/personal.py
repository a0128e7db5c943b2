"""What a doctor sets for one person: targets (4.5) and limits of alarm (4.6), each with reason and history.

A target replaces the guideline's. A limit of alarm may be stricter than the programme's critical value, never looser.
Rows are only added; the newest of a purpose and quantity holds. Nothing here commits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.charts.codes import ValuePurpose
from cmc.charts.personal_schemas import PersonalIn, WithdrawIn
from cmc.charts.tables import PersonalTargetRow
from cmc.clinical.alert_facts import AlertLimits
from cmc.clinical.targets import PersonalTarget, Quantity
from cmc.core.errors import Conflict, FieldError, Invalid
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.patients import touched
from cmc.records.fact_schemas import trimmed

_ALARMS: Final = {
    Quantity.SBP_MMHG: (None, "sbp_mmhg", 1),
    Quantity.DBP_MMHG: (None, "dbp_mmhg", 1),
    Quantity.OTHER_MMOL_L: ("low_glucose_umol_l", "high_glucose_umol_l", 1000),
}
"""Which quantities have a limit of alarm: its field below, its field above, and the units in one of the quantity's."""
_BOUNDS: Final = {
    Quantity.SBP_MMHG: (60, 300),
    Quantity.DBP_MMHG: (30, 200),
    Quantity.HBA1C_PERCENT: (3, 20),
    Quantity.FASTING_MMOL_L: (1, 50),
    Quantity.OTHER_MMOL_L: (1, 50),
    Quantity.LDL_MMOL_L: (0, 20),
    Quantity.HDL_MMOL_L: (0, 10),
    Quantity.TC_MMOL_L: (0, 30),
    Quantity.TG_MMOL_L: (0, 60),
    Quantity.BMI: (10, 80),
}


def set_value(
    session: Session, scope: Scope, patient_id: UUID, wanted: PersonalIn, *, now: datetime, on: date
) -> PersonalTargetRow:
    """Set a target or a limit of alarm of a person, in place of the one before.

    Raises `NotFound` for a foreign person and `Invalid` for what cannot be a target or would let a critical value pass.
    """
    patient = patients.get(session, scope, patient_id, for_update=True)
    faults = list(_faults(wanted, on))
    if faults:
        raise Invalid(errors=tuple(faults))
    row = PersonalTargetRow(
        patient_id=patient.id,
        clinic_id=patient.clinic_id,
        purpose=wanted.purpose.value,
        quantity=wanted.quantity.value,
        low=wanted.low,
        high=wanted.high,
        set_on=on,
        until=wanted.until,
        reason=wanted.reason,
        replaces_id=_standing_id(session, patient.id, wanted.purpose, wanted.quantity),
        actor=scope.actor,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    touched.mark(session, [patient.id], at=now)
    return row


def withdraw(
    session: Session, scope: Scope, patient_id: UUID, wanted: WithdrawIn, *, now: datetime, on: date
) -> PersonalTargetRow:
    """Give back what holds for everybody; raise `Conflict` when nothing of a person's own stands."""
    patient = patients.get(session, scope, patient_id, for_update=True)
    standing = session.get(
        PersonalTargetRow, _standing_id(session, patient.id, wanted.purpose, wanted.quantity) or UUID(int=0)
    )
    if standing is None or (standing.low is None and standing.high is None):
        raise Conflict("nothing is set for this person", code="nothing-set")
    row = PersonalTargetRow(
        patient_id=patient.id,
        clinic_id=patient.clinic_id,
        purpose=wanted.purpose.value,
        quantity=wanted.quantity.value,
        set_on=on,
        reason=wanted.reason,
        replaces_id=standing.id,
        actor=scope.actor,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    touched.mark(session, [patient.id], at=now)
    return row


def history(session: Session, scope: Scope, patient_id: UUID) -> list[PersonalTargetRow]:
    """Return everything that was set for a person of the scope, the latest first."""
    patients.get(session, scope, patient_id)
    query = select(PersonalTargetRow).where(col(PersonalTargetRow.patient_id) == patient_id)
    return list(session.scalars(query.order_by(col(PersonalTargetRow.id).desc())))


def standing(
    ids: Sequence[UUID], purpose: ValuePurpose, *, known_at: datetime | None = None
) -> Select[PersonalTargetRow]:
    """Return the statement for the newest row of each quantity, of people whom the caller found in the scope."""
    c = PersonalTargetRow.__table__.c  # type: ignore[attr-defined]
    query = select(PersonalTargetRow).ext(distinct_on(c.patient_id, c.quantity))
    query = query.where(
        c.patient_id == any_(bindparam(None, list(ids), type_=ARRAY(Uuid()))), c.purpose == purpose.value
    )
    if known_at is not None:
        query = query.where(c.recorded_at <= known_at)
    return query.order_by(c.patient_id, c.quantity, c.id.desc())


def target_of(row: PersonalTargetRow) -> PersonalTarget | None:
    """Return what the rules take; None for a row that gives the guideline back."""
    if row.low is None and row.high is None:
        return None
    low, high = trimmed(row.low), trimmed(row.high)
    return PersonalTarget(Quantity(row.quantity), low, high, row.actor, row.set_on, row.reason, row.until)


def alarm_limits(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, on: date) -> dict[UUID, AlertLimits]:
    """Return the limits of alarm of those people of the scope who have limits of their own on a date."""
    del scope  # the people were found in it
    rows: dict[UUID, list[PersonalTargetRow]] = defaultdict(list)
    for row in session.scalars(standing(patient_ids, ValuePurpose.ALARM)):
        if row.until is None or on < row.until:
            rows[row.patient_id].append(row)
    return {person: limits_of(found) for person, found in rows.items()}


def limits_of(rows: Iterable[PersonalTargetRow]) -> AlertLimits:
    """Return the limits that rows of one person make, beside the programme's."""
    given: dict[str, int] = {}
    for row in rows:
        below, above, units = _ALARMS[Quantity(row.quantity)]
        if below is not None and row.low is not None:
            given[below] = int(row.low * units)
        if row.high is not None:
            given[above] = int(row.high * units)
    return AlertLimits(**given)


def _standing_id(session: Session, patient_id: UUID, purpose: ValuePurpose, quantity: Quantity) -> UUID | None:
    query = (
        select(col(PersonalTargetRow.id))
        .where(
            col(PersonalTargetRow.patient_id) == patient_id,
            col(PersonalTargetRow.purpose) == purpose.value,
            col(PersonalTargetRow.quantity) == quantity.value,
        )
        .order_by(col(PersonalTargetRow.id).desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def _faults(wanted: PersonalIn, on: date) -> Iterable[FieldError]:
    if wanted.until is not None and wanted.until <= on:
        yield FieldError("/until", "out_of_range", "a day after today")
    if wanted.low is None and wanted.high is None:
        yield FieldError("/high", "missing", "a target needs an end: low, high or both")
        return
    low, high = _BOUNDS[wanted.quantity]
    for name, value in (("low", wanted.low), ("high", wanted.high)):
        if value is not None and not low <= value <= high:
            yield FieldError(f"/{name}", "out_of_range", f"{low} to {high}")
    if wanted.low is not None and wanted.high is not None and wanted.low >= wanted.high:
        yield FieldError("/low", "out_of_range", "below the upper end")
    if wanted.purpose is ValuePurpose.ALARM:
        yield from _alarm_faults(wanted)


def _alarm_faults(wanted: PersonalIn) -> Iterable[FieldError]:
    if wanted.quantity not in _ALARMS:
        allowed = ", ".join(each.value for each in _ALARMS)
        yield FieldError("/quantity", "not_in_list", f"a limit of alarm is of {allowed}")
        return
    below, above, units = _ALARMS[wanted.quantity]
    usual = AlertLimits()
    if wanted.low is not None and below is None:
        yield FieldError("/low", "not_here", "this alarm has an upper limit only")
    for name, value, limit, stricter in (("low", wanted.low, below, 1), ("high", wanted.high, above, -1)):
        if value is None or limit is None:
            continue
        critical = Decimal(getattr(usual, limit)) / units
        if (value - critical) * stricter < 0:
            words = f"{'at least' if stricter > 0 else 'at most'} {critical.normalize():f}: stricter, never looser"
            yield FieldError(f"/{name}", "looser_than_critical", words)
