"""HTTP of what stands behind a number, beside it, and before it."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease
from cmc.core import clock
from cmc.core.errors import Forbidden, invalid
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession
from cmc.core.named import NamedStr
from cmc.core.paging import Cursor, PageSize
from cmc.core.problems import describe
from cmc.core.scope import Right, Scope
from cmc.indicators.evaluation import evaluate
from cmc.indicators.explain import Bucket
from cmc.indicators.insight import answering, changing, comparing, quality, recorders
from cmc.indicators.insight.asking import asked, days_of, measured_at, organisation_of, period_of
from cmc.indicators.insight.recorders import RecorderQualityList
from cmc.indicators.insight.schemas import (
    Breakdown,
    DataQuality,
    IndicatorPeople,
    ManagementChange,
    PeriodValue,
    PersonIndicators,
    ToWorkListIn,
    ToWorkListOut,
)
from cmc.indicators.periods import Span
from cmc.indicators.schemas import CountedSpan, Month
from cmc.indicators.teams import TeamAsked
from cmc.organisations import queries as organisations
from cmc.organisations.tables import Organisation, OrganisationKind

router = APIRouter(prefix="/v1", tags=["indicators"])

Node = Annotated[UUID, Query(alias="scope", description="organisation: clinic, district or region")]
EndsWith = Annotated[Month, Query(description="the month that ends the period")]
FirstDay = Annotated[date, Query(alias="from")]
LastDay = Annotated[date, Query(alias="to", description="at most 366 days")]
OfTeam = Annotated[
    TeamAsked | None, Query(description="of a clinic: only the people of this team; `none`: of no team of the clinic")
]
OneDisease = Annotated[Disease | None, Query(description="needed where an indicator has more than one")]


class Parts(NamedStr):
    """By what a value is taken apart."""

    CLINIC = "clinic", "按机构", "By clinic"
    DISTRICT = "district", "按区县", "By district"
    TEAM = "team", "按家庭医生团队", "By family-doctor team"
    DOCTOR = "doctor", "按责任医生", "By responsible doctor"


@router.get("/indicator-values/{code}/patients", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_indicator_people(
    code: str,
    session: SeeingSession,
    caller: CurrentScope,
    keys: Keys,
    scope: Node,
    month: EndsWith,
    bucket: Bucket,
    disease: OneDisease = None,
    span: CountedSpan = Span.YEAR,
    team: OfTeam = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> IndicatorPeople:
    """The people behind a number, masked, with reasons and what helps soonest; the list is as long as the number."""
    return answering.listed(
        session, caller, keys, code=code, disease=disease, organisation_id=scope, month=month, span=span,
        bucket=bucket, team=team, cursor=cursor, limit=limit, on=clock.today(),
    )  # fmt: skip


@router.post(
    "/indicator-values/{code}/patients:to-work-list",
    responses=describe(400, 404),
    dependencies=[requires(Right.WRITE_VISITS)],
)
def put_indicator_people_on_the_work_list(
    code: str, body: ToWorkListIn, session: SeeingSession, caller: CurrentScope
) -> ToWorkListOut:
    """Put up to 100 people of a list on today's work, once: who stands there, or was seen to today, is not doubled."""
    return answering.to_work_list(session, caller, code, body, now=clock.now())


@router.get("/patients/{patient_id}/indicators", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def read_patient_indicators(
    patient_id: UUID,
    session: SeeingSession,
    scope: CurrentScope,
    month: Month | None = None,
    span: CountedSpan = Span.YEAR,
) -> PersonIndicators:
    """Where one person stands in every indicator of their diseases, with the same words as in the lists."""
    today = clock.today()
    return answering.standing(session, scope, patient_id, month=month or f"{today:%Y-%m}", span=span)


@router.get(
    "/indicator-values/{code}/breakdown", responses=describe(404), dependencies=[requires(Right.READ_INDICATORS)]
)
def read_breakdown(
    code: str,
    session: ReadSession,
    caller: CurrentScope,
    scope: Node,
    month: EndsWith,
    by: Parts,
    disease: OneDisease = None,
    span: CountedSpan = Span.YEAR,
) -> Breakdown:
    """The parts of a place ranked with intervals, their median, and the change over three months."""
    wanted = asked(session, caller, code, disease, scope, month, span)
    if by in (Parts.CLINIC, Parts.DISTRICT):
        return Breakdown.of(wanted, comparing.parts(session, wanted, OrganisationKind(by.value)))
    _require_own_staff(caller, wanted.organisation.kind)
    of_staff = comparing.teams if by is Parts.TEAM else comparing.doctors
    return Breakdown.of(wanted, of_staff(session, wanted))


@router.get("/indicator-values/{code}/period", responses=describe(404), dependencies=[requires(Right.READ_INDICATORS)])
def read_period_value(
    code: str,
    session: ReadSession,
    caller: CurrentScope,
    scope: Node,
    first: FirstDay,
    last: LastDay,
    disease: OneDisease = None,
) -> PeriodValue:
    """A clinic's number of a month, a quarter or any other period, from the records as they are now."""
    measure, node = measured_at(session, caller, code, disease, scope)
    period = days_of(first, last)
    if node.kind != OrganisationKind.CLINIC.value:
        raise invalid("/scope", "one_clinic", "other periods are counted of one clinic")
    return PeriodValue.of(measure, node.id, period, evaluate(session, measure, node, period))


@router.get("/management-change", responses=describe(404), dependencies=[requires(Right.READ_INDICATORS)])
def read_management_change(
    session: ReadSession, caller: CurrentScope, scope: Node, month: EndsWith, disease: Disease
) -> ManagementChange:
    """The same people at the beginning of their management and after at least three months, by quarter of beginning."""
    node, period = organisation_of(session, caller, scope), period_of(month)
    found = changing.cohorts(session, organisations.clinics_below(session, node.id), disease, period)
    return ManagementChange.of(disease, period, found)


@router.get("/data-quality", responses=describe(404), dependencies=[requires(Right.READ_INDICATORS)])
def read_data_quality(
    session: ReadSession,
    caller: CurrentScope,
    scope: Node,
    first: FirstDay,
    last: LastDay,
) -> DataQuality:
    """How well the pressures of a place were measured and written down, with what is worth checking again."""
    node = organisation_of(session, caller, scope)
    period = days_of(first, last)
    found = quality.measured(session, organisations.clinics_below(session, node.id), first, last)
    return DataQuality.of(period, found)


@router.get("/data-quality/recorders", responses=describe(404), dependencies=[requires(Right.READ_STAFF)])
def read_data_quality_of_recorders(
    session: ReadSession, caller: CurrentScope, scope: Node, first: FirstDay, last: LastDay
) -> RecorderQualityList:
    """How well pressures were measured at one clinic, by who recorded them: for the clinic's manager."""
    return recorders.of_clinic(session, _one_clinic(session, caller, scope), days_of(first, last))


@router.get("/data-quality/own", responses=describe(404), dependencies=[requires(Right.WRITE_VISITS)])
def read_own_data_quality(
    session: ReadSession, caller: CurrentScope, scope: Node, first: FirstDay, last: LastDay
) -> RecorderQualityList:
    """How well the caller measured at one clinic, and nobody else."""
    return recorders.own(session, _one_clinic(session, caller, scope), days_of(first, last), caller.actor)


def _one_clinic(session: Session, caller: Scope, organisation_id: UUID) -> Organisation:
    node = organisation_of(session, caller, organisation_id)
    if node.kind != OrganisationKind.CLINIC.value:
        raise invalid("/scope", "one_clinic", "staff are shown of one clinic")
    return node


def _require_own_staff(caller: Scope, kind: str) -> None:
    """Doctors and teams are named to those who may read records, and of one clinic at a time."""
    if Right.READ_PEOPLE not in caller.rights:
        raise Forbidden
    if kind != OrganisationKind.CLINIC.value:
        raise invalid("/by", "one_clinic", "doctors and teams are shown of one clinic")
