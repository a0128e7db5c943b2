"""Reads of indicators."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Date, SQLColumnExpression, cast, func, select, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.indicators.periods import Span
from cmc.indicators.schemas import Stamp, ValueQuery
from cmc.indicators.tables import IndicatorStamp, IndicatorValue
from cmc.organisations.tables import Organisation


def stamp(session: Session, scope: Scope, organisation_id: UUID) -> Stamp:
    """Return an organisation's stamp by one indexed look-up, the only query of an unchanged poll.

    Raises `NotFound` when the organisation does not exist or lies outside the scope: who is limited to clinics sees the
    values of these, and of nodes whose clinics are all among them by a role of theirs.
    """
    query = (
        select(col(Organisation.id), col(IndicatorStamp.version), col(IndicatorStamp.changed_at))
        .outerjoin(IndicatorStamp, col(IndicatorStamp.organisation_id) == col(Organisation.id))
        .where(col(Organisation.id) == organisation_id)
    )
    row = session.execute(query).one_or_none()
    if row is None or not scope.oversees(organisation_id):
        raise NotFound("no such organisation")
    return Stamp(row[1] or 0, row[2])


def _first_day(span: Span, end: SQLColumnExpression[date]) -> ColumnElement[date]:
    return cast(func.date_trunc(span.value, end), Date)


def values(session: Session, scope: Scope, asked: ValueQuery) -> list[IndicatorValue]:
    """Return the stored values that are asked for, by code, disease and period; raise `NotFound` outside the scope."""
    if not scope.oversees(asked.organisation_id):
        raise NotFound("no such organisation")
    wanted = [(each.code, each.disease.value) for each in asked.measures]
    value = IndicatorValue
    return list(
        session.scalars(
            select(value)
            .where(
                col(value.organisation_id) == asked.organisation_id,
                col(value.period_end).between(asked.first, asked.last),
                col(value.period_start).in_(asked.first_days()),  # by the index; the next tells them apart
                col(value.period_start) == _first_day(asked.span, col(value.period_end)),
                tuple_(col(value.code), col(value.disease)).in_(wanted),
            )
            .order_by(col(value.code), col(value.disease), col(value.period_end), col(value.period_start))
        )
    )
