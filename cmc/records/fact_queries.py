"""Reads of facts, each as known at any instant; each takes the caller's scope."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Select, Uuid, and_, any_, bindparam, select, true
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.patients.tables import Patient
from cmc.records.fact_columns import Fact

Row = TypeVar("Row", bound=Fact)


def known(table: type[Fact], known_at: datetime | BindParameter[datetime] | None = None) -> ColumnElement[bool]:
    """Return the predicate "this row stood at that instant": recorded by then, not yet replaced, no retraction.

    None: as known now.
    """
    later = aliased(table)
    replaced = select(col(later.id)).where(col(later.replaces_id) == col(table.id))
    if known_at is None:
        return and_(~col(table.is_retracted), ~replaced.exists())
    replaced = replaced.where(col(later.recorded_at) <= known_at)
    return and_(col(table.recorded_at) <= known_at, ~col(table.is_retracted), ~replaced.exists())


def of_people(
    table: type[Row],
    scope: Scope,
    patient_ids: Sequence[UUID],
    *,
    on: date | None = None,
    known_at: datetime | None = None,
) -> Select[tuple[Row]]:
    """Return the statement for the standing facts of many people of the scope, true since `on` or before."""
    query: Select[Any] = (
        select(table)
        .join(Patient, col(Patient.id) == col(table.patient_id))
        .where(col(table.patient_id) == any_(bindparam("ids", list(patient_ids), type_=ARRAY(Uuid()))))
        .where(patients.visible(scope), known(table, known_at))
    )
    return query if on is None else query.where(col(table.happened_on) <= on)


def of_person(
    session: Session,
    scope: Scope,
    table: type[Row],
    patient_id: UUID,
    *,
    known_at: datetime | None = None,
    history: bool = False,
    where: ColumnElement[bool] | None = None,
) -> list[Row]:
    """Return a person's facts of one kind, the latest `happened_on` first; raise `NotFound` for a foreign person.

    `history`: also what was replaced or retracted, as far as it was recorded by `known_at`.
    """
    patients.get(session, scope, patient_id)
    standing: Any = known(table, known_at)
    if history:
        standing = true() if known_at is None else col(table.recorded_at) <= known_at
    query = select(table).where(col(table.patient_id) == patient_id, standing)
    if where is not None:
        query = query.where(where)
    return list(session.scalars(query.order_by(col(table.happened_on).desc(), col(table.id).desc())))


def latest(session: Session, scope: Scope, table: type[Row], patient_id: UUID, fact_id: UUID) -> Row:
    """Return the latest row of a fact, standing or retracted, locked; raise `NotFound` when absent or foreign."""
    patients.get(session, scope, patient_id)
    later = aliased(table)
    replaced = select(col(later.id)).where(col(later.replaces_id) == col(table.id))
    query = select(table).where(col(table.fact_id) == fact_id, col(table.patient_id) == patient_id, ~replaced.exists())
    found = session.scalars(query.with_for_update(of=table)).one_or_none()
    if found is None:
        raise NotFound("no such fact")
    return found


def unreplaced(session: Session, scope: Scope, table: type[Row], patient_id: UUID, row_id: UUID) -> Row | None:
    """Return one row of a person of the scope by its own id unless it was replaced, locked; None else."""
    later = aliased(table)
    replaced = select(col(later.id)).where(col(later.replaces_id) == col(table.id))
    query = (
        select(table)
        .join(Patient, col(Patient.id) == col(table.patient_id))
        .where(
            col(table.id) == row_id, col(table.patient_id) == patient_id, patients.visible(scope), ~replaced.exists()
        )
    )
    return session.scalars(query.with_for_update(of=table)).one_or_none()
