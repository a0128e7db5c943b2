"""HTTP of indicators. Polls are cheap: an unchanged answer costs one look-up by primary key."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from cmc.clinical.codes import Disease
from cmc.core import etag as tags
from cmc.core import polling
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import ReadSession
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.indicators import polls, queries
from cmc.indicators.periods import Span
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
