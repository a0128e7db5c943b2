"""Which periods and clinics have values: what the jobs ask before they work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.indicators import store
from cmc.indicators.periods import Period
from cmc.indicators.tables import IndicatorValue
from cmc.organisations.tables import Organisation, OrganisationKind

_VALUES_AT_THE_TOP: Final = text("""
    SELECT v.period_end, count(*)
    FROM organisation AS o
    JOIN indicator_value AS v ON v.organisation_id = o.id
    JOIN unnest(CAST(:codes AS text[]), CAST(:diseases AS text[]), CAST(:versions AS text[]), CAST(:starts AS date[]),
        CAST(:ends AS date[])) AS d(code, disease, version, period_start, period_end)
        ON d.code = v.code AND d.disease = v.disease AND d.version = v.definition_version
        AND d.period_start = v.period_start AND d.period_end = v.period_end
    WHERE o.parent_id IS NULL
    GROUP BY v.period_end
""")


def built(session: Session, periods: Collection[Period]) -> set[Period]:
    """Return those of `periods` of which every span of every definition has a value in its version, at the top node."""
    wanted = {period: store.versions_of(period) for period in periods}
    columns = list(zip(*((*each, period.end) for period, found in wanted.items() for each in found), strict=True))
    if not columns:
        return set()
    given = dict(zip(("codes", "diseases", "versions", "starts", "ends"), map(list, columns), strict=True))
    counts: dict[date, int] = {row[0]: row[1] for row in session.execute(_VALUES_AT_THE_TOP, given)}
    return {period for period, found in wanted.items() if counts.get(period.end, 0) >= len(found)}


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
