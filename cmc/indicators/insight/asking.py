"""What all insights are asked with: an indicator, an organisation of the scope, and the month that ends the period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease
from cmc.core.errors import NotFound, invalid
from cmc.core.scope import Scope
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.measure import Measure
from cmc.indicators.periods import LONGEST_DAYS, Period, Span
from cmc.indicators.schemas import not_counted_by
from cmc.indicators.teams import TeamAsked
from cmc.organisations import queries as organisations
from cmc.organisations.tables import Organisation, OrganisationKind

FIRST_YEAR, LAST_YEAR = 1950, 2200
_NO_SUCH: Final = "no such indicator for this disease"


@dataclass(frozen=True, slots=True)
class Asked:
    """An indicator of an organisation, or of a team of it, of the year, quarter or month to the end of a month."""

    measure: Measure
    organisation: Organisation
    period: Period
    span: Span
    team: TeamAsked | None = None


def period_of(month: str, span: Span = Span.YEAR) -> Period:
    """Return the period that a month ("2026-11") ends."""
    return span.period(int(month[:4]), int(month[5:]))


def organisation_of(session: Session, scope: Scope, organisation_id: UUID) -> Organisation:
    """Return a node that the scope oversees; raise `NotFound` when it is absent or foreign."""
    node = session.get(Organisation, organisation_id)
    if node is None or not scope.oversees(organisation_id):
        raise NotFound("no such organisation")
    return node


def days_of(first: date, last: date) -> Period:
    """Return the period of two days; raise `Invalid` when it is reversed, too long or has years that no record has."""
    if not (0 <= (last - first).days < LONGEST_DAYS and first.year >= FIRST_YEAR and last.year <= LAST_YEAR):
        raise invalid("/to", "range", "from the first day on, at most 366 days, in the years 1950 to 2200")
    return Period(first, last)


def measured_at(
    session: Session, scope: Scope, code: str, disease: Disease | None, organisation_id: UUID
) -> tuple[Measure, Organisation]:
    """Return an indicator and a node of the scope; `disease` may be left out when the indicator has one alone.

    Raises `NotFound` for an unknown indicator or a foreign organisation, `Invalid` without a disease that is needed.
    """
    measures = [each for each in DEFINITIONS if each.code == code and disease in (None, each.disease)]
    if not measures:
        raise NotFound(_NO_SUCH)
    if len(measures) > 1:
        raise invalid("/disease", "missing", "needed for this indicator: " + ", ".join(Disease))
    return measures[0], organisation_of(session, scope, organisation_id)


def asked(
    session: Session,
    scope: Scope,
    code: str,
    disease: Disease | None,
    organisation_id: UUID,
    month: str,
    span: Span,
    *,
    team: TeamAsked | None = None,
) -> Asked:
    """Read what is asked for, as `measured_at`, of the period that a month ends.

    Raises `Invalid` as well for an indicator that is not counted by the span, and for whoever is in no team of other
    than a clinic; `NotFound` for a team of another organisation.
    """
    measure, organisation = measured_at(session, scope, code, disease, organisation_id)
    if span not in measure.spans:
        raise not_counted_by(span)
    _require_team(session, scope, organisation, team)
    return Asked(measure, organisation, period_of(month, span), span, team)


def _require_team(session: Session, scope: Scope, organisation: Organisation, team: TeamAsked | None) -> None:
    if team is None:
        return
    if organisation.kind != OrganisationKind.CLINIC.value:
        raise invalid("/team", "one_clinic", "teams are those of one clinic")
    if isinstance(team, UUID) and organisations.team(session, scope, team).clinic_id != organisation.id:
        raise NotFound("no such team")
