"""Retention: cases are proposed, approved by two people, and carried out. Nothing here commits."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from cmc.accounts import second_person
from cmc.core.clock import local_date, midnight
from cmc.core.errors import Conflict
from cmc.core.scope import Scope
from cmc.patients import erasing
from cmc.patients import queries as patients
from cmc.patients.tables import Patient
from cmc.privacy import queries, retention
from cmc.privacy.codes import CaseReason, CaseState, RetentionClass
from cmc.privacy.retention import Kept
from cmc.privacy.tables import RetentionCase

ROWS_A_STEP = 5000
_PEOPLE_ONLY = "only people decide on deletion"


def propose_due(session: Session, scope: Scope, *, now: datetime, limit: int = 500) -> int:
    """Make a case of everybody whose record is older than it must be kept, and of every table with old raw intake.

    Returns the number of new cases; at most `limit` people a call.
    """
    on = local_date(now)
    before = retention.years_before(on, retention.RECORD_YEARS)
    since = retention.years_before(on, 1)
    due = queries.people_due(session, scope, before=before, refused_since=since, limit=limit)
    made = [_case(scope, CaseReason.DUE, on, now, patient=each) for each in due]
    day = retention.years_before(on, retention.INTAKE_YEARS)
    for kept in retention.RETENTION:
        if kept.keeps is not RetentionClass.INTAKE or not _has_rows_before(session, kept, day):
            continue
        if not queries.open_case(session, scope, table=kept.table):
            made.append(_case(scope, CaseReason.DUE, day, now, table=kept.table))
    session.add_all(made)
    session.flush()
    return len(made)


def request_erasure(session: Session, scope: Scope, patient_id: UUID, *, now: datetime) -> RetentionCase:
    """Record that a person asks to be erased (PIPL art. 47); it becomes possible when the retention period is over.

    Raises `NotFound` for a foreign person, `Conflict` while the person is managed or when a case is open.
    """
    patient = patients.get(session, scope, patient_id, for_update=True)
    last_care = queries.last_care_on(session, scope, patient)
    if last_care is None:
        raise Conflict("this person is under management: end the enrolments first", code="still-managed")
    if queries.open_case(session, scope, patient_id=patient_id):
        raise Conflict("there is a case for this person", code="case-open")
    case = _case(scope, CaseReason.REQUESTED, retention.record_due_on(last_care), now, patient=patient)
    session.add(case)
    session.flush()
    return case


def approve(session: Session, scope: Scope, case_id: UUID, *, now: datetime) -> RetentionCase:
    """Approve a case, as the first or the second of two people; it is carried out by the nightly job.

    Raises `NotFound` for a foreign case; `Conflict` for a machine, for the same person twice, before the case is due,
    and when it is decided.
    """
    case = queries.case(session, scope, case_id)
    second_person.require_a_person(scope, _PEOPLE_ONLY)
    if state(case) not in (CaseState.PROPOSED, CaseState.HALF_APPROVED):
        raise Conflict("this case is decided", code="case-decided")
    if case.due_on > local_date(now):
        raise Conflict(f"the record must be kept until {case.due_on}", code="must-be-kept")
    if case.first_approver is None:
        case.first_approver, case.first_approved_at = scope.actor, now
    else:
        second_person.require_independent(session, case.first_approver, scope.actor)
        case.second_approver, case.second_approved_at = scope.actor, now
    session.flush()
    return case


def refuse(session: Session, scope: Scope, case_id: UUID, *, now: datetime) -> RetentionCase:
    """Refuse a case; nothing is deleted. Raises `NotFound`, and `Conflict` when it is refused or done already."""
    case = queries.case(session, scope, case_id)
    second_person.require_a_person(scope, _PEOPLE_ONLY)
    if state(case) in (CaseState.REFUSED, CaseState.DONE):
        raise Conflict("this case is decided", code="case-decided")
    case.refused_by, case.refused_at = scope.actor, now
    session.flush()
    return case


def carry_out(session: Session, scope: Scope, case_id: UUID, *, now: datetime) -> int:
    """Delete what an approved case names, and return the number of rows.

    Raw intake goes 5,000 rows a call, and the case is done when none is left. A person who came back into care since
    is kept: the case is refused in the name of the job.
    """
    case = queries.case(session, scope, case_id)
    if state(case) is not CaseState.APPROVED:
        return 0
    if case.patient_id is not None:
        rows = _delete_person(session, scope, case, now=now)
    else:
        rows = _delete_intake(session, str(case.table_name), case.due_on)
        if rows < ROWS_A_STEP:
            case.done_at = now
    case.rows_deleted += rows
    session.flush()
    return rows


def state(case: RetentionCase) -> CaseState:
    """Return where a case stands."""
    if case.done_at is not None:
        return CaseState.DONE
    if case.refused_at is not None:
        return CaseState.REFUSED
    if case.second_approver is not None:
        return CaseState.APPROVED
    return CaseState.PROPOSED if case.first_approver is None else CaseState.HALF_APPROVED


def _delete_person(session: Session, scope: Scope, case: RetentionCase, *, now: datetime) -> int:
    patient = session.get_one(Patient, case.patient_id, with_for_update=True)
    last_care = queries.last_care_on(session, scope, patient)
    if last_care is None or retention.record_due_on(last_care) > local_date(now):
        case.refused_by, case.refused_at = scope.actor, now
        return 0
    erasing.erase(session, scope, patient.id, now=now)
    order = {table.name: place for place, table in enumerate(SQLModel.metadata.sorted_tables)}
    rows = 0
    for kept in sorted(retention.deleted_with_the_person(), key=lambda each: -order[each.table]):
        done = session.execute(delete(queries.table_of(kept)).where(queries.of_person(kept, patient.id)))
        rows += int(getattr(done, "rowcount", 0))
    case.done_at = now
    return rows


def _delete_intake(session: Session, table_name: str, before: date) -> int:
    kept = next(each for each in retention.RETENTION if each.table == table_name)
    table = queries.table_of(kept)
    old = select(table.c.id).where(table.c[str(kept.arrived)] < midnight(before)).limit(ROWS_A_STEP)
    return int(getattr(session.execute(delete(table).where(table.c.id.in_(old))), "rowcount", 0))


def _has_rows_before(session: Session, kept: Kept, day: date) -> bool:
    table = queries.table_of(kept)
    return (
        session.execute(select(table.c.id).where(table.c[str(kept.arrived)] < midnight(day)).limit(1)).first()
        is not None
    )


def _case(
    scope: Scope, reason: CaseReason, due_on: date, now: datetime, *, patient: Patient | None = None,
    table: str | None = None,
) -> RetentionCase:  # fmt: skip
    return RetentionCase(
        reason=reason.value,
        patient_id=patient.id if patient else None,
        clinic_id=patient.clinic_id if patient else None,
        table_name=table,
        due_on=due_on,
        proposed_by=scope.actor,
        proposed_at=now,
    )
