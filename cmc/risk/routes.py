"""HTTP of complication risk: one person, the people by band, how an organisation stands, models and their switch."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from cmc.audit import service as audit
from cmc.core import clock, etag
from cmc.core.etag import NOT_MODIFIED, IfMatch, IfNoneMatch, tagged
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession, WriteSession
from cmc.core.paging import Cursor, PageSize
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.risk import service, showing
from cmc.risk.region_schemas import RiskModels, RiskPage, RiskSummary, RiskSwitchIn, RiskSwitchOut
from cmc.risk.schemas import RiskOut, RiskOverrideIn
from cmc.risk.showing import PeopleByBand

router = APIRouter(prefix="/v1", tags=["risk"])
Band = Annotated[int | None, Query(ge=0, le=4, description="1 low to 4 very high, 0 without a band; all when left out")]


@router.get("/patients/{patient_id}/risk", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def read_risk(patient_id: UUID, session: SeeingSession, scope: CurrentScope, response: Response) -> RiskOut:
    """A person's complication risk (并发症风险): numbers, band, why, what is missing, what moves it, history.

    Scored within seconds of a change and every night. The ETag names the version that an override is made on.
    """
    found, version = showing.person(session, scope, patient_id, on=clock.today())
    audit.seen(session, scope, "risk_score", [patient_id])
    return tagged(response, found, version)


@router.post(
    "/patients/{patient_id}/risk/override",
    status_code=201,
    responses=describe(400, 404, 409, 412, 428),
    dependencies=[requires(Right.OVERRIDE_RISK)],
)
def override_risk(
    patient_id: UUID,
    body: RiskOverrideIn,
    session: SeeingSession,
    scope: CurrentScope,
    response: Response,
    if_match: IfMatch = None,
) -> RiskOut:
    """Set a person's band as a doctor (医生判定), with reason and end; without a band the computed one holds again."""
    service.override(session, scope, patient_id, body, if_match=if_match, now=clock.now(), on=clock.today())
    found, version = showing.person(session, scope, patient_id, on=clock.today())
    return tagged(response, found, version)


@router.get("/risk/people", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_people_by_risk(
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    band: Band = None,
    clinic: UUID | None = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> RiskPage:
    """The people by band, the highest first, and in each band the highest number first."""
    asked = PeopleByBand(band, clinic, limit, cursor)
    found = showing.people(session, scope, keys, asked, on=clock.today())
    audit.seen(session, scope, "risk_standing", [each.patient_id for each in found.items], detail={"band": band})
    return found


@router.get(
    "/risk/summary",
    response_model=RiskSummary,
    responses=NOT_MODIFIED | describe(404),
    dependencies=[requires(Right.READ_INDICATORS)],
)
def read_risk_summary(
    session: ReadSession,
    caller: CurrentScope,
    scope: Annotated[UUID, Query(description="organisation: clinic, district or region")],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """How many people stand in which band and tier, clinic by clinic, out of range, and what is missing; no person."""
    return etag.answer(showing.summary(session, caller, scope), if_none_match)


@router.get("/risk/models", dependencies=[requires(Right.READ_ORGANISATIONS)])
def read_risk_models(session: ReadSession, scope: CurrentScope) -> RiskModels:
    """Trained models and published equations in force: for whom, what to beware of, how each region uses them."""
    return showing.models(session, scope, on=clock.today())


@router.post(
    "/risk/switches", status_code=201, responses=describe(400, 404, 409), dependencies=[requires(Right.SWITCH_MODELS)]
)
def ask_risk_switch(body: RiskSwitchIn, session: WriteSession, scope: CurrentScope) -> RiskSwitchOut:
    """Ask that a region shows the trained models' numbers; or put them back in shadow, which holds at once."""
    return RiskSwitchOut.of(service.ask_switch(session, scope, body, now=clock.now(), on=clock.today()))


@router.post(
    "/risk/switches/{switch_id}:confirm", responses=describe(404, 409), dependencies=[requires(Right.SWITCH_MODELS)]
)
def confirm_risk_switch(switch_id: UUID, session: WriteSession, scope: CurrentScope) -> RiskSwitchOut:
    """Confirm, as a second person, that a region shows the trained models' numbers."""
    return RiskSwitchOut.of(service.confirm_switch(session, scope, switch_id, now=clock.now()))
