"""Which periods and clinics have values: what the jobs ask before they work."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.periods import Period
from cmc.indicators.tables import IndicatorValue
from cmc.organisations.tables import Organisation, OrganisationKind


def built(session: Session, periods: Collection[Period]) -> set[Period]:
    """Return those of `periods` whose values exist in the present version of every definition, at the top node."""
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
