"""Reads of frozen reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, any_, false, func, literal, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.indicators.periods import Period
from cmc.organisations.tables import Organisation
from cmc.reports import freezing
from cmc.reports.codes import ReportBucket
from cmc.reports.listed import Listed, Moved
from cmc.reports.tables import IndicatorReport, IndicatorReportPerson, IndicatorReportValue


def organisation(session: Session, scope: Scope, organisation_id: UUID) -> Organisation:
    """Return a node of the tree all of which lies in the scope; raise `NotFound` otherwise."""
    node = session.get(Organisation, organisation_id)
    if node is None or not scope.oversees(organisation_id):
        raise NotFound("no such organisation")
    return node


def nodes_below(session: Session, scope: Scope, organisation_id: UUID) -> list[Organisation]:
    """Return a node and all nodes below it, top first; raise `NotFound` outside the scope."""
    organisation(session, scope, organisation_id)
    tree = select(col(Organisation.id)).where(col(Organisation.id) == organisation_id).cte("tree", recursive=True)
    child = aliased(Organisation)
    tree = tree.union_all(select(col(child.id)).join(tree, col(child.parent_id) == tree.c.id))
    query = select(Organisation).where(col(Organisation.id).in_(select(tree.c.id)))
    return list(session.scalars(query.order_by(col(Organisation.kind).desc(), col(Organisation.code))))


def report(session: Session, scope: Scope, report_id: UUID, *, for_update: bool = False) -> IndicatorReport:
    """Return a report of an organisation in the scope; raise `NotFound` otherwise."""
    query = select(IndicatorReport).where(col(IndicatorReport.id) == report_id)
    found = session.scalars(query.with_for_update() if for_update else query).one_or_none()
    if found is None or not scope.oversees(found.organisation_id):
        raise NotFound("no such report")
    return found


def reports(session: Session, scope: Scope, organisation_id: UUID) -> list[IndicatorReport]:
    """Return the reports of an organisation, the latest period and version first; `NotFound` outside the scope."""
    organisation(session, scope, organisation_id)
    table = IndicatorReport
    order = (col(table.period_end).desc(), col(table.period_start), col(table.version).desc())
    return list(
        session.scalars(select(table).where(col(table.organisation_id) == organisation_id).order_by(*order).limit(500))
    )


def versions(session: Session, scope: Scope, organisation_id: UUID, period: Period) -> list[IndicatorReport]:
    """Return the reports of one organisation and period, the latest version first."""
    return [
        each
        for each in reports(session, scope, organisation_id)
        if (each.period_start, each.period_end) == (period.start, period.end)
    ]


def values(session: Session, scope: Scope, of: IndicatorReport) -> list[IndicatorReportValue]:
    """Return the numbers of a report: its own organisation's first, then those of the nodes below by their codes."""
    if not scope.oversees(of.organisation_id):
        raise NotFound("no such report")
    value = IndicatorReportValue
    query = (
        select(value)
        .join(Organisation, col(Organisation.id) == col(value.organisation_id))
        .where(col(value.report_id) == of.id)
        .order_by(
            col(value.organisation_id) != of.organisation_id,
            col(Organisation.kind).desc(), col(Organisation.code), col(value.code), col(value.disease),
        )
    )  # fmt: skip
    return list(session.scalars(query))


def people(
    session: Session, scope: Scope, of: IndicatorReport, code: str, disease: str, bucket: ReportBucket, *,
    after: Listed | None = None, limit: int | None,
) -> list[Listed]:  # fmt: skip
    """Return up to `limit` people of one list (None: all), by id, after `after`."""
    person = IndicatorReportPerson
    is_met, is_not = (literal(code) == any_(col(each)) for each in (person.met, person.not_met))
    holds = {ReportBucket.MET: is_met, ReportBucket.NOT_MET: is_not, ReportBucket.EXCLUDED: ~is_met & ~is_not}
    key = (col(person.patient_id), col(person.clinic_id))
    query = select(*key).where(
        col(person.report_id) == of.id, col(person.disease) == disease, holds[bucket], scope.covers(key[1])
    )
    if after is not None:
        query = query.where((key[0] > after.patient_id) | and_(key[0] == after.patient_id, key[1] > after.clinic_id))
    return [Listed(*row) for row in session.execute(query.order_by(*key).limit(limit))]


def moved(
    session: Session, scope: Scope, of: IndicatorReport, nodes: Sequence[Organisation], *,
    after: tuple[UUID, str] | None = None, limit: int,
) -> list[Moved]:  # fmt: skip
    """Return up to `limit` people who stand elsewhere now than in the report, by id and disease, after `after`."""
    top = next(each for each in nodes if each.id == of.organisation_id)
    clinics = [each.id for each in nodes if each.kind == "clinic"]
    period = Period(of.period_start, of.period_end)
    now = freezing.standing(freezing.living(session, period, clinics), top).subquery("now")
    then = select(freezing.PERSON).where(freezing.PERSON.c.report_id == of.id).subquery("then")
    same = and_(now.c.patient_id == then.c.patient_id, now.c.disease == then.c.disease)
    if top.kind == "clinic":
        same = and_(same, now.c.clinic_id == then.c.clinic_id)
    person, disease = func.coalesce(then.c.patient_id, now.c.patient_id), func.coalesce(then.c.disease, now.c.disease)
    clinic = func.coalesce(then.c.clinic_id, now.c.clinic_id)
    columns = (then.c.met, then.c.not_met, now.c.met, now.c.not_met)
    differs = func.coalesce(and_(then.c.met == now.c.met, then.c.not_met == now.c.not_met), false()).is_(False)
    query = select(person, clinic, disease, *columns).select_from(then.outerjoin(now, same, full=True))
    query = query.where(differs, scope.covers(clinic))
    if after is not None:
        query = query.where((person > after[0]) | and_(person == after[0], disease > after[1]))
    return [Moved(*row) for row in session.execute(query.order_by(person, disease).limit(limit))]


def every_person(session: Session, scope: Scope, of: IndicatorReport) -> Iterator[Sequence[Any]]:
    """Yield all rows of a report's lists, 1,000 a step: person, clinic, disease, codes met, codes not met."""
    person = IndicatorReportPerson
    columns = (col(person.patient_id), col(person.clinic_id), col(person.disease), col(person.met), col(person.not_met))
    query = select(*columns).where(col(person.report_id) == of.id, scope.covers(columns[1])).order_by(*columns[:3])
    yield from session.execute(query.execution_options(yield_per=1000))
