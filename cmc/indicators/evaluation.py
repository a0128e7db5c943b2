"""Any variant of an indicator, counted from the records as they are now."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.indicators import facts
from cmc.indicators.counting import total
from cmc.indicators.measure import AT_CLINIC, POOLED, Count, Measure
from cmc.indicators.noticing import columns_of
from cmc.indicators.periods import Period
from cmc.organisations import queries as organisations
from cmc.organisations.tables import Organisation, OrganisationKind

_MANAGED: Final = text("SELECT DISTINCT patient_id FROM enrolment WHERE clinic_id = :clinic_id")


def evaluate(session: Session, measure: Measure, organisation: Organisation, period: Period) -> Count:
    """Count any variant of a measure for any organisation and period, from the records as they are now.

    Nothing stored is read or written: what-if screens and the worked examples use it. A clinic counts its own
    follow-ups, a district or region the pooled ones of the people assigned below it. For a clinic only the records of
    whom it ever managed are read, and of all records only those that the measure asks for.
    """
    at_clinic = organisation.kind == OrganisationKind.CLINIC.value
    people = list(session.scalars(_MANAGED, {"clinic_id": organisation.id})) if at_clinic else None
    fresh = facts.statement(period, people, columns=columns_of([measure])).cte("fresh")
    below = organisations.clinics_below(session, organisation.id)
    query = total(fresh, measure, AT_CLINIC if at_clinic else POOLED).where(fresh.c.clinic_id.in_(below))
    return Count(*session.execute(query).one())
