"""A clinic's calendar: what is planned on each day, by nurse, against what a nurse can do; and the list of one day.

The planned day of a task is its `planned_on`; a task without one counts on its due day. The sum over the nurses of a
day is the number of its items: both ask the same condition.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.tables import AppUser
from cmc.core.errors import invalid
from cmc.core.scope import Scope
from cmc.followups import plan_settings
from cmc.followups.calendar import is_open, knows
from cmc.followups.plan_facts import OPEN
from cmc.followups.planning.schemas import NurseDay, PlanDay, PlanDays
from cmc.followups.tables import Task
from cmc.organisations import queries as organisations
from cmc.patients.queries import visible
from cmc.patients.tables import Patient

MOST_DAYS: Final = 62
Key = tuple[UUID]


def _day() -> ColumnElement[date]:
    return func.coalesce(col(Task.planned_on), col(Task.due_on))


def _open_at(scope: Scope, clinic_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return col(Task.clinic_id) == clinic_id, col(Task.status) == OPEN, visible(scope)


def days(session: Session, scope: Scope, clinic_id: UUID, *, from_on: date, to_on: date) -> PlanDays:
    """Return the calendar of a clinic from one day to another, both in it. Raises `NotFound` and `Invalid`."""
    organisations.clinic(session, scope, clinic_id)
    if not timedelta(0) <= to_on - from_on < timedelta(days=MOST_DAYS):
        raise invalid("/to", "out_of_range", f"not before `from`, and at most {MOST_DAYS} days")
    settings = plan_settings.clinic_days(session, [clinic_id]).get(clinic_id, plan_settings.USUAL_DAYS)
    past = func.count().filter(_day() > col(Task.latest_on))
    query = (
        select(_day(), col(Task.assignee_id), func.count(), past)
        .join(Patient, col(Patient.id) == col(Task.patient_id))
        .where(*_open_at(scope, clinic_id), _day().between(from_on, to_on))
        .group_by(_day(), col(Task.assignee_id))
    )
    rows = session.execute(query).all()
    before = (
        select(func.count())
        .select_from(Task)
        .join(Patient, col(Patient.id) == col(Task.patient_id))
        .where(*_open_at(scope, clinic_id), _day() < from_on)
    )
    names = _names(session, {row[1] for row in rows if row[1] is not None})
    return PlanDays(
        clinic_id=clinic_id,
        days=[
            _one(from_on + timedelta(days=number), [tuple(row) for row in rows], names, settings)
            for number in range((to_on - from_on).days + 1)
        ],
        before=session.scalar(before) or 0,
    )


def items(
    session: Session,
    scope: Scope,
    clinic_id: UUID,
    *,
    on: date,
    assignee_id: UUID | None = None,
    unassigned: bool = False,
    after: UUID | None = None,
    limit: int = 50,
) -> list[tuple[Task, Patient]]:
    """Return up to `limit` tasks that are planned on a day, by id, after one; `NotFound` for a foreign clinic."""
    organisations.clinic(session, scope, clinic_id)
    query = (
        select(Task, Patient)
        .join(Patient, col(Patient.id) == col(Task.patient_id))
        .where(*_open_at(scope, clinic_id), _day() == on)
        .order_by(col(Task.id))
        .limit(limit)
    )
    if unassigned:
        query = query.where(col(Task.assignee_id).is_(None))
    elif assignee_id is not None:
        query = query.where(col(Task.assignee_id) == assignee_id)
    if after is not None:
        query = query.where(tuple_(col(Task.id)) > (after,))
    return [(row[0], row[1]) for row in session.execute(query)]


def _names(session: Session, user_ids: set[UUID]) -> dict[UUID, str]:
    if not user_ids:
        return {}
    query = select(col(AppUser.id), col(AppUser.display_name)).where(col(AppUser.id).in_(user_ids))
    return {row[0]: row[1] for row in session.execute(query)}


def _one(
    day: date, rows: Sequence[tuple[Any, ...]], names: dict[UUID, str], settings: plan_settings.ClinicDays
) -> PlanDay:
    own = [row for row in rows if row[0] == day]
    nurses = [
        NurseDay(
            assignee_id=nurse,
            name=names.get(nurse) if nurse is not None else None,
            planned=count,
            capacity=settings.per_nurse,
            is_over=count > settings.per_nurse,
        )
        for _, nurse, count, _ in sorted(own, key=lambda row: str(row[1]))
    ]
    return PlanDay(
        on=day,
        is_open=is_open(day, settings.weekdays, settings.closed),
        holidays_known=knows(day.year),
        planned=sum(nurse.planned for nurse in nurses),
        past_limit=sum(row[3] for row in own),
        nurses=nurses,
    )
