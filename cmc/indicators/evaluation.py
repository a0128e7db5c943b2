"""Any variant of an indicator, counted from the records as they are now."""

from __future__ import annotations

from sqlalchemy.orm import Session

from cmc.indicators import facts
from cmc.indicators.measure import AT_CLINIC, POOLED, Count, Measure, total
from cmc.indicators.periods import Period
from cmc.organisations import queries as organisations
from cmc.organisations.tables import Organisation, OrganisationKind


def evaluate(session: Session, measure: Measure, organisation: Organisation, period: Period) -> Count:
    """Count any variant of a measure for any organisation and period, from the records as they are now.

    Nothing stored is read or written: what-if screens and the worked examples use it. A clinic counts its own
    follow-ups, a district or region the pooled ones of the people assigned below it.
    """
    fresh = facts.statement(period).cte("fresh")
    at_clinic = organisation.kind == OrganisationKind.CLINIC.value
    below = organisations.clinics_below(session, organisation.id)
    query = total(fresh, measure, AT_CLINIC if at_clinic else POOLED).where(fresh.c.clinic_id.in_(below))
    return Count(*session.execute(query).one())
