"""HTTP of indicators. Polls are cheap: an unchanged answer costs one look-up by primary key."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from cmc.clinical.codes import Disease
from cmc.core import clock, polling
from cmc.core import etag as tags
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import ReadSession, WriteSession
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.indicators import goal_setting, polls, queries
from cmc.indicators.goal_schemas import GoalHistory, GoalIn, PlaceGoals, SetGoalOut
from cmc.indicators.periods import Span, month_end
from cmc.indicators.schemas import CountedSpan, IndicatorList, IndicatorValueList, Month, ValueQuery

router = APIRouter(prefix="/v1", tags=["indicators"])


async def _asked(
    scope: Annotated[UUID, Query(description="organisation: clinic, district or region")],
    first: Annotated[Month, Query(alias="from")],
    last: Annotated[Month, Query(alias="to", description="at most 60 months")],
    codes: Annotated[str | None, Query(description="comma-separated; all when left out", max_length=500)] = None,
    disease: Disease | None = None,
    span: CountedSpan = Span.YEAR,
) -> ValueQuery:
    return ValueQuery.of(codes, scope, first, last, disease, span)


@router.get("/indicators", dependencies=[requires(Right.READ_INDICATORS)])
def list_indicators(_: CurrentScope) -> IndicatorList:
    """The definitions in force: titles, words for numerator and denominator, source, options, and what still waits."""
    return IndicatorList.all()


@router.get(
    "/indicator-values",
    response_model=IndicatorValueList,
    responses={**tags.NOT_MODIFIED, **describe(404)},
    dependencies=[requires(Right.READ_INDICATORS)],
)
def list_indicator_values(
    session: ReadSession,
    caller: CurrentScope,
    asked: Annotated[ValueQuery, Depends(_asked)],
    request: Request,
    response: Response,
    if_none_match: tags.IfNoneMatch = None,
) -> Response | IndicatorValueList:
    """Numbers of one organisation, of the year, quarter or month to the end of each month; poll with If-None-Match."""
    stamp = queries.stamp(session, caller, asked.organisation_id)
    polling.hangs_on(request, polls.thing(asked.organisation_id), polls.said(stamp))
    etag = asked.etag(stamp)
    if known := tags.matched(if_none_match, etag):
        return Response(status_code=304, headers=tags.headers(known))
    response.headers.update(tags.headers(etag))
    return IndicatorValueList.of(queries.values(session, caller, asked))


@router.get("/indicator-goals", responses=describe(404), dependencies=[requires(Right.READ_INDICATORS)])
def list_goals(
    session: ReadSession,
    caller: CurrentScope,
    scope: Annotated[UUID, Query(description="organisation: clinic, district or region")],
    month: Annotated[Month, Query(description="at the end of which they hold")],
) -> PlaceGoals:
    """The goals that hold for a place: its own, else of the nearest node above it, else the published ones."""
    on = month_end(int(month[:4]), int(month[5:]))
    return PlaceGoals(items=goal_setting.of_place(session, caller, scope, on=on))


@router.get(
    "/organisations/{organisation_id}/goals", responses=describe(404), dependencies=[requires(Right.READ_INDICATORS)]
)
def list_set_goals(organisation_id: UUID, session: ReadSession, scope: CurrentScope) -> GoalHistory:
    """Every goal that a region, district or clinic ever set for itself, the newest first."""
    return GoalHistory(items=[SetGoalOut.of(row) for row in goal_setting.history(session, scope, organisation_id)])


@router.post(
    "/organisations/{organisation_id}/goals",
    status_code=201,
    responses=describe(400, 404),
    dependencies=[requires(Right.MANAGE_PLANS)],
)
def set_goal(organisation_id: UUID, body: GoalIn, session: WriteSession, scope: CurrentScope) -> SetGoalOut:
    """Set a place's own goal for an indicator from a day on; null takes it away. What was set before is kept."""
    now = clock.now()
    row = goal_setting.set_goal(session, scope, organisation_id, body, now=now, on=clock.local_date(now))
    return SetGoalOut.of(row)
