"""Who is behind a number: the people of the numerator, not met and excluded, each with the reasons and what helps.

The lists are read from the same facts by the same expressions as the number, so that their length equals it. Of a
measure that counts amounts (visits, tasks) the amounts of its people add up to it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Uuid,
    and_,
    bindparam,
    false,
    func,
    not_,
    select,
)
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.named import NamedStr
from cmc.core.text import Text
from cmc.followups.codes import TaskStatus
from cmc.followups.tables import Task
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.facts import FACT
from cmc.indicators.measure import AT_CLINIC, POOLED, Measure
from cmc.indicators.periods import Period, Span, span_of
from cmc.indicators.requirements import Requirement
from cmc.indicators.spans import kept
from cmc.indicators.teams import TeamAsked, in_team
from cmc.organisations import queries as organisations
from cmc.organisations.tables import Organisation, OrganisationKind


class Bucket(NamedStr):
    """On which side of an indicator a person is."""

    NUMERATOR = "numerator", "计入分子", "In the numerator"
    NOT_MET = "not_met", "在分母中，未计入分子", "In the denominator, not in the numerator"
    EXCLUDED = "excluded", "不在分母中", "Not in the denominator"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody is where they are: the code of the requirement and its words."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Explained:
    """A person of a measure; `amounts` are (to the numerator, to the denominator) where amounts are counted."""

    patient_id: UUID
    clinic_id: UUID
    measure: Measure
    bucket: Bucket
    reasons: tuple[Reason, ...]
    amounts: tuple[int, int] | None


_UUIDS: Final = ARRAY(Uuid())


def people(
    session: Session,
    measure: Measure,
    organisation: Organisation,
    period: Period,
    bucket: Bucket,
    *,
    team: TeamAsked | None = None,
    after: UUID | None = None,
    only: Collection[UUID] | None = None,
    limit: int,
) -> list[Explained]:
    """Return people of a bucket in the order of their ids, from the one after `after`; the caller has checked scope.

    `only`: of these alone, those who are in the bucket.
    A clinic counts its own rows, a district or region the pooled rows of the people assigned below it; of a clinic
    they may be those of a team alone.
    """
    facts = _of_organisation(session, organisation, period, team)
    query = _explaining(facts, [measure]).where(_in(measure, facts, bucket))
    if after is not None:
        query = query.where(facts.c.patient_id > after)
    if only is not None:
        query = query.where(facts.c.patient_id == bindparam("only", list(only), type_=_UUIDS).any_())
    rows = session.execute(query.order_by(facts.c.patient_id).limit(limit))
    return [_explained(row, measure, 0) for row in rows]


def count(
    session: Session,
    measure: Measure,
    organisation: Organisation,
    period: Period,
    bucket: Bucket,
    *,
    team: TeamAsked | None = None,
) -> int:
    """Return how many people are in a bucket, as `people` lists them."""
    facts = _of_organisation(session, organisation, period, team)
    query = select(func.count()).select_from(facts).where(_in(measure, facts, bucket))
    return session.scalar(query) or 0


def of_person(
    session: Session, patient_id: UUID, clinic_ids: Collection[UUID] | None, period: Period
) -> list[Explained]:
    """Return where one person stands in every indicator of their diseases, at each clinic (None: at all).

    Of a month or quarter in those that are counted by it.
    """
    mine = [FACT.c.patient_id == patient_id, FACT.c.counts_in.in_(AT_CLINIC)]
    if clinic_ids is not None:
        mine.append(FACT.c.clinic_id == bindparam("clinics", list(clinic_ids), type_=_UUIDS).any_())
    facts = kept(period, *mine)
    span = span_of(period) or Span.YEAR
    measures = [each for each in DEFINITIONS if span in each.spans]
    rows = session.execute(_explaining(facts, measures).order_by(facts.c.disease, facts.c.clinic_id)).all()
    return [
        _explained(row, measure, at)
        for row in rows
        for at, measure in enumerate(measures)
        if measure.disease.value == row.disease
    ]


def has_facts(session: Session, period: Period) -> bool:
    """Tell whether the facts of a period's end are kept: lists exist for live periods alone."""
    year = Span.YEAR.first_day(period.end)
    query = select(FACT.c.patient_id).where(FACT.c.period_start == year, FACT.c.period_end == period.end)
    return session.execute(query.limit(1)).first() is not None


def _of_organisation(session: Session, organisation: Organisation, period: Period, team: TeamAsked | None) -> Subquery:
    at_clinic = organisation.kind == OrganisationKind.CLINIC.value
    below = organisations.clinics_below(session, organisation.id)
    return kept(
        period,
        FACT.c.counts_in.in_(AT_CLINIC if at_clinic else POOLED),
        FACT.c.clinic_id == bindparam("clinics", below, type_=_UUIDS).any_(),
        *(() if team is None else (in_team(team),)),
    )


def _in(measure: Measure, facts: FromClause, bucket: Bucket) -> ColumnElement[bool]:
    held = {
        Bucket.NUMERATOR: measure.in_numerator(facts),
        Bucket.NOT_MET: and_(measure.in_denominator(facts), not_(measure.in_numerator(facts))),
        Bucket.EXCLUDED: not_(measure.in_denominator(facts)),
    }
    return and_(facts.c.disease == measure.disease.value, held[bucket])


def _explaining(facts: FromClause, measures: Sequence[Measure]) -> Select[Any]:
    """Facts, the next open task, and for every measure whether each of its requirements holds."""
    due = (
        select(func.min(col(Task.due_on)))
        .where(
            col(Task.patient_id) == facts.c.patient_id,
            col(Task.disease) == facts.c.disease,
            col(Task.status) == TaskStatus.OPEN.value,
        )
        .scalar_subquery()
    )
    columns: list[ColumnElement[Any]] = [due.label("next_due_on")]
    for at, measure in enumerate(measures):
        columns += [_held(each, facts).label(f"a{at}_{place}") for place, each in enumerate(measure.among)]
        columns += [_held(each, facts).label(f"c{at}_{place}") for place, each in enumerate(measure.counting)]
        if measure.amounts is not None:
            columns += [amount(facts).label(f"m{at}_{place}") for place, amount in enumerate(measure.amounts)]
    return select(facts, *columns)


def _held(requirement: Requirement, facts: FromClause) -> ColumnElement[bool]:
    return func.coalesce(requirement.holds(facts), false())


def _explained(row: Any, measure: Measure, at: int) -> Explained:
    missing = [each for place, each in enumerate(measure.among) if not getattr(row, f"a{at}_{place}")]
    bucket = Bucket.EXCLUDED
    if not missing:
        missing = [each for place, each in enumerate(measure.counting) if not getattr(row, f"c{at}_{place}")]
        bucket = Bucket.NOT_MET if missing else Bucket.NUMERATOR
    else:
        missing = missing[:1]
    amounts = None
    if measure.amounts is not None and bucket is not Bucket.EXCLUDED:
        amounts = (getattr(row, f"m{at}_0"), getattr(row, f"m{at}_1"))
    reasons = tuple(Reason(each.code, each.reason(row)) for each in missing)
    return Explained(row.patient_id, row.clinic_id, measure, bucket, reasons, amounts)
