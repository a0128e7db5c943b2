"""Reads of indicators."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.indicators.schemas import Stamp, StoredValue, ValueQuery
from cmc.indicators.tables import IndicatorStamp
from cmc.organisations.tables import Organisation

_VALUES: Final = text("""
    SELECT v.organisation_id, v.code, v.disease, v.period_start, v.period_end, v.numerator, v.denominator,
        v.exclusions, v.definition_version, v.as_of, v.computed_at
    FROM unnest(CAST(:starts AS date[]), CAST(:ends AS date[])) AS p(period_start, period_end)
    CROSS JOIN unnest(CAST(:codes AS text[]), CAST(:diseases AS text[])) AS m(code, disease)
    JOIN indicator_value AS v ON v.organisation_id = :organisation_id AND v.period_end = p.period_end
        AND v.period_start = p.period_start AND v.code = m.code AND v.disease = m.disease
    ORDER BY v.code, v.disease, v.period_end
""")  # in the order of `StoredValue`


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


def values(session: Session, scope: Scope, asked: ValueQuery) -> list[StoredValue]:
    """Return the stored values that are asked for, by code, disease and period; raise `NotFound` outside the scope.

    Each is looked up by its whole primary key: an organisation has a hundred and thirty values of every month.
    """
    if not scope.oversees(asked.organisation_id):
        raise NotFound("no such organisation")
    periods = asked.periods()
    parameters = {
        "organisation_id": asked.organisation_id,
        "starts": [each.start for each in periods],
        "ends": [each.end for each in periods],
        "codes": [each.code for each in asked.measures],
        "diseases": [each.disease.value for each in asked.measures],
    }
    return [StoredValue(*row) for row in session.execute(_VALUES, parameters)]
