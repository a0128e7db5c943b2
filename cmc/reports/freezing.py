"""Freezing: the numbers and the lists of people of a report, made by one statement out of one snapshot.

The lists are written and everything is counted by the same statement, so that a number always is the length of its
list. A clinic counts its own follow-ups; a node above counts the pooled ones of the people assigned below it, and its
lists are theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, TEXT, ColumnElement, FromClause, Uuid, and_, bindparam, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from cmc.indicators import coverage, facts
from cmc.indicators.counting import by_clinic, per_clinic
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.facts import FACT
from cmc.indicators.measure import AT_CLINIC, POOLED, Count, Measure
from cmc.indicators.periods import Period
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.reports.tables import IndicatorReportPerson

PERSON: Final = SQLModel.metadata.tables[IndicatorReportPerson.__tablename__]
Numbers = dict[UUID, dict[tuple[str, str], Count]]
"""By organisation, then by code and disease."""


def living(session: Session, period: Period, clinic_ids: Sequence[UUID]) -> Any:
    """Return the facts of a period at some clinics as they are now, as a relation with the columns of the facts.

    Those that are kept up to date for a live period; for any other they are made afresh from all records.
    """
    known = coverage.built(session, [period])
    if known and session.execute(select(FACT.c.patient_id).where(FACT.c.period_end == period.end).limit(1)).first():
        query = select(FACT).where(FACT.c.period_start == period.start, FACT.c.period_end == period.end)
        return query.where(FACT.c.clinic_id == _any(clinic_ids)).cte("living")
    fresh = facts.statement(period).cte("fresh")
    return select(fresh).where(fresh.c.clinic_id == _any(clinic_ids)).cte("living")


def rows_of(organisation: Organisation) -> tuple[str, ...]:
    """Return which rows of facts an organisation counts: those at the clinic, or the pooled ones."""
    return AT_CLINIC if organisation.kind == OrganisationKind.CLINIC.value else POOLED


def standing(relation: FromClause, organisation: Organisation) -> Any:
    """Return the query of where each person stands now: patient, disease, clinic, codes met, codes not met."""
    met = _codes(relation, DEFINITIONS, lambda each: each.in_numerator(relation))
    not_met = _codes(
        relation, DEFINITIONS, lambda each: and_(each.in_denominator(relation), ~each.in_numerator(relation))
    )
    columns = (relation.c.patient_id, relation.c.disease, relation.c.clinic_id, met.label("met"))
    query = select(*columns, not_met.label("not_met"))
    return query.where(relation.c.counts_in.in_(rows_of(organisation)))


def freeze(
    session: Session, report_id: UUID, organisation: Organisation, period: Period, nodes: Sequence[Organisation]
) -> Numbers:
    """Write the lists of a report and return its numbers: of the organisation and of every node below it.

    `nodes` are the organisation and everything below. The session acts for the region: a list holds also people who
    have left the caller's clinics since.
    """
    clinics = [each.id for each in nodes if each.kind == OrganisationKind.CLINIC.value]
    relation = living(session, period, clinics)
    listed = standing(relation, organisation).subquery("listed")
    names = ["report_id", *(column.name for column in listed.c)]
    write = insert(PERSON).from_select(names, select(literal(report_id, Uuid()), *listed.c)).cte("written")
    found = by_clinic(session.execute(per_clinic(relation, DEFINITIONS).add_cte(write)).mappings(), DEFINITIONS)
    return _numbers(nodes, found)


def live_numbers(session: Session, period: Period, nodes: Sequence[Organisation]) -> Numbers:
    """Return the numbers as they are now, of every one of `nodes`: an organisation and all below it."""
    clinics = [each.id for each in nodes if each.kind == OrganisationKind.CLINIC.value]
    relation = living(session, period, clinics)
    found = by_clinic(session.execute(per_clinic(relation, DEFINITIONS)).mappings(), DEFINITIONS)
    return _numbers(nodes, found)


def _numbers(nodes: Sequence[Organisation], found: Mapping[UUID, tuple[list[Count], list[Count]]]) -> Numbers:
    below: dict[UUID, list[UUID]] = {each.id: [] for each in nodes}
    parents = {each.id: each.parent_id for each in nodes}
    for each in nodes:
        above: UUID | None = each.id
        while above in below and each.kind == OrganisationKind.CLINIC.value:
            below[above].append(each.id)
            above = parents[above]
    numbers: Numbers = {}
    for each in nodes:
        own = [found[clinic][rows_of(each) == POOLED] for clinic in below[each.id] if clinic in found]
        numbers[each.id] = {
            (measure.code, measure.disease.value): Count(
                sum(counts[place].numerator for counts in own), sum(counts[place].denominator for counts in own)
            )
            for place, measure in enumerate(DEFINITIONS)
        }
    return numbers


def _codes(relation: FromClause, measures: Sequence[Measure], holds: Any) -> ColumnElement[Any]:
    """The codes of those measures of the row's disease that hold, in the order of the definitions."""
    each = [case((holds(measure), measure.code)) for measure in measures]
    return func.array_remove(cast(array(each), ARRAY(TEXT())), None)


def _any(clinic_ids: Sequence[UUID]) -> Any:
    return bindparam("clinics", list(clinic_ids), type_=ARRAY(Uuid())).any_()
