"""Reads of what is held of a person, of who is due, and of the cases."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, Select, Table, and_, func, or_, select, true
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from cmc.clinical.codes import EnrolmentState
from cmc.core.clock import local_date, midnight
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.followups.tables import Followup
from cmc.patients.tables import Enrolment, Patient
from cmc.privacy.retention import Kept
from cmc.privacy.tables import RetentionCase
from cmc.readings.tables import Reading
from cmc.records.fact_columns import Fact
from cmc.records.tables import FACT_TABLES


def table_of(kept: Kept) -> Table:
    """Return the table of an entry."""
    return SQLModel.metadata.tables[kept.table]


def of_person(kept: Kept, patient_id: UUID) -> ColumnElement[bool]:
    """Return the predicate "this row of the table belongs to the person"."""
    column = table_of(kept).c[str(kept.person)]
    if kept.through is None:
        return column == patient_id
    between = SQLModel.metadata.tables[kept.through]
    return column.in_(select(between.c.id).where(between.c.patient_id == patient_id))


def held(session: Session, scope: Scope, kept: Kept, patient: Patient) -> list[dict[str, Any]]:
    """Return what a table holds of a person whom the caller found in the scope, sealed and technical columns left out.

    Everything is returned, also what another clinic of the region wrote: it is the person's.
    """
    del scope  # `patient` was found in it
    columns = [each for each in table_of(kept).columns if not isinstance(each.type, LargeBinary)]
    query = select(*columns).where(of_person(kept, patient.id))
    if "id" in table_of(kept).c:
        query = query.order_by(table_of(kept).c.id)
    return [dict(row) for row in session.execute(query).mappings()]


def last_care_on(session: Session, scope: Scope, patient: Patient) -> date | None:
    """Return the last day on which something was done for the person; None while an enrolment is open."""
    del scope  # `patient` was found in it
    stints = session.execute(
        select(col(Enrolment.state), col(Enrolment.ended_on)).where(col(Enrolment.patient_id) == patient.id)
    ).all()
    if any(state != EnrolmentState.TERMINATED for state, _ in stints):
        return None
    latest: Sequence[date | None] = [
        session.scalar(select(func.max(col(Followup.visited_on))).where(col(Followup.patient_id) == patient.id)),
        session.scalar(select(func.max(col(Reading.taken_on))).where(col(Reading.patient_id) == patient.id)),
        *(session.scalar(_last_fact(table, patient.id)) for table in FACT_TABLES.values()),
        *(ended_on for _, ended_on in stints),
        local_date(patient.created_at),
    ]
    return max(each for each in latest if each is not None)


def people_due(session: Session, scope: Scope, *, before: date, refused_since: date, limit: int) -> list[Patient]:
    """Return people whose last care lies before a day, longest on file first.

    Who has an open case, or one that was refused since `refused_since`, is left out.
    """
    asked = select(col(RetentionCase.id)).where(
        col(RetentionCase.patient_id) == col(Patient.id),
        or_(col(RetentionCase.refused_at).is_(None), col(RetentionCase.refused_at) >= midnight(refused_since)),
    )
    open_stint = and_(col(Enrolment.patient_id) == col(Patient.id), or_(
        col(Enrolment.ended_on).is_(None), col(Enrolment.ended_on) >= before))  # fmt: skip
    query = (
        select(Patient)
        .where(
            col(Patient.erased_at).is_(None),
            col(Patient.created_at) < midnight(before),
            scope.covers(col(Patient.clinic_id)),
            ~asked.exists(),
            ~select(col(Enrolment.id)).where(open_stint).exists(),
            ~_after(Followup, "visited_on", before),
            ~_after(Reading, "taken_on", before),
            *(~_after(table, "happened_on", before) for table in FACT_TABLES.values()),
        )
        .order_by(col(Patient.id))
        .limit(limit)
    )
    return list(session.scalars(query))


def cases(session: Session, scope: Scope, *, after: UUID | None = None, limit: int = 50) -> list[RetentionCase]:
    """Return cases, newest first, after an id; those of tables concern the whole region."""
    query = select(RetentionCase).where(_seen(scope)).order_by(col(RetentionCase.id).desc()).limit(limit)
    if after is not None:
        query = query.where(col(RetentionCase.id) < after)
    return list(session.scalars(query))


def case(session: Session, scope: Scope, case_id: UUID) -> RetentionCase:
    """Return one case, locked; raise `NotFound` when it is absent or foreign."""
    query = select(RetentionCase).where(col(RetentionCase.id) == case_id, _seen(scope)).with_for_update()
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("no such case")
    return found


def open_case(session: Session, scope: Scope, *, patient_id: UUID | None = None, table: str | None = None) -> bool:
    """Tell whether a person or a table has a case that is neither done nor refused."""
    subject = col(RetentionCase.patient_id) == patient_id if patient_id else col(RetentionCase.table_name) == table
    query = select(col(RetentionCase.id)).where(
        subject, _seen(scope), col(RetentionCase.done_at).is_(None), col(RetentionCase.refused_at).is_(None)
    )
    return session.scalars(query.limit(1)).first() is not None


def approved(session: Session, scope: Scope, *, limit: int) -> list[UUID]:
    """Return the cases that two people approved and that are not done, oldest first."""
    query = select(col(RetentionCase.id)).where(
        _seen(scope),
        col(RetentionCase.second_approver).is_not(None),
        col(RetentionCase.done_at).is_(None),
        col(RetentionCase.refused_at).is_(None),
    )
    return list(session.scalars(query.order_by(col(RetentionCase.id)).limit(limit)))


def _seen(scope: Scope) -> ColumnElement[bool]:
    if scope.clinic_ids is None:
        return true()
    return col(RetentionCase.clinic_id).in_(scope.clinic_ids)


def _last_fact(table: type[Fact], patient_id: UUID) -> Select[Any]:
    return select(func.max(col(table.happened_on))).where(col(table.patient_id) == patient_id)


def _after(table: type[SQLModel], column: str, day: date) -> ColumnElement[bool]:
    rows = SQLModel.metadata.tables[str(table.__tablename__)]
    return select(rows.c.patient_id).where(rows.c.patient_id == col(Patient.id), rows.c[column] >= day).exists()
