"""Reads of indicators."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.indicators import facts
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.measure import AT_CLINIC, POOLED, Count, Measure, total
from cmc.indicators.periods import Period
from cmc.indicators.schemas import Stamp, ValueQuery
from cmc.indicators.tables import IndicatorStamp, IndicatorValue
from cmc.organisations import queries as organisations
from cmc.organisations.tables import Organisation, OrganisationKind


def stamp(session: Session, scope: Scope, organisation_id: UUID) -> Stamp:
    """Return an organisation's stamp by one indexed look-up, the only query of an unchanged poll.

    Raises `NotFound` when the organisation does not exist or lies outside the scope: who is limited to clinics sees the
    values of these only.
    """
    query = (
        select(col(Organisation.id), col(IndicatorStamp.version), col(IndicatorStamp.changed_at))
        .outerjoin(IndicatorStamp, col(IndicatorStamp.organisation_id) == col(Organisation.id))
        .where(col(Organisation.id) == organisation_id)
    )
    row = session.execute(query).one_or_none()
    if row is None or not scope.includes(organisation_id):
        raise NotFound("no such organisation")
    return Stamp(row[1] or 0, row[2])


def values(session: Session, scope: Scope, asked: ValueQuery) -> list[IndicatorValue]:
    """Return the stored values that are asked for, by code, disease and period; raise `NotFound` outside the scope."""
    if not scope.includes(asked.organisation_id):
        raise NotFound("no such organisation")
    wanted = [(each.code, each.disease.value) for each in asked.measures]
    value = IndicatorValue
    return list(
        session.scalars(
            select(value)
            .where(
                col(value.organisation_id) == asked.organisation_id,
                col(value.period_end).between(asked.first, asked.last),
                tuple_(col(value.code), col(value.disease)).in_(wanted),
            )
            .order_by(col(value.code), col(value.disease), col(value.period_end), col(value.period_start))
        )
    )


def built(session: Session, periods: Collection[Period]) -> set[Period]:
    """Return those of `periods` whose values exist in the present version of every definition, for every root."""
    value = IndicatorValue
    roots = select(col(Organisation.id)).where(col(Organisation.parent_id).is_(None))
    versions = [(each.code, each.disease.value, each.version) for each in DEFINITIONS]
    query = (
        select(col(value.period_start), col(value.period_end))
        .where(
            col(value.organisation_id).in_(roots),
            tuple_(col(value.period_start), col(value.period_end)).in_([(each.start, each.end) for each in periods]),
            tuple_(col(value.code), col(value.disease), col(value.definition_version)).in_(versions),
        )
        .group_by(col(value.period_start), col(value.period_end))
        .having(func.count() >= len(versions))
    )
    return {Period(start, end) for start, end in session.execute(query)}


def clinics_without_values(session: Session, period: Period) -> set[UUID]:
    """Return the clinics that have no value of a period yet: founded since it was built."""
    known = select(col(IndicatorValue.organisation_id)).where(
        col(IndicatorValue.organisation_id) == col(Organisation.id),
        col(IndicatorValue.period_end) == period.end,
        col(IndicatorValue.period_start) == period.start,
    )
    query = select(col(Organisation.id)).where(col(Organisation.kind) == OrganisationKind.CLINIC.value, ~known.exists())
    return set(session.scalars(query))


def clinic_ids(session: Session) -> list[UUID]:
    """Return every clinic's id."""
    return list(
        session.scalars(select(col(Organisation.id)).where(col(Organisation.kind) == OrganisationKind.CLINIC.value))
    )


def evaluate(session: Session, measure: Measure, organisation: Organisation, period: Period) -> Count:
    """Count any variant of a measure for any organisation and period, from the records as they are now.

    Nothing stored is read or written: what-if screens and the worked examples use it. A clinic counts its own
    follow-ups, a district or region the pooled ones of the people assigned below it (rules §2.7).
    """
    fresh = facts.statement(period).cte("fresh")
    at_clinic = organisation.kind == OrganisationKind.CLINIC.value
    below = organisations.clinics_below(session, organisation.id)
    query = total(fresh, measure, AT_CLINIC if at_clinic else POOLED).where(fresh.c.clinic_id.in_(below))
    return Count(*session.execute(query).one())
