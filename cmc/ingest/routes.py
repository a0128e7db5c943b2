"""HTTP of ingest: readings in, and the list of what was kept aside."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import clock, db
from cmc.core.crypto import Keyring
from cmc.core.errors import Unavailable
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, SeeingSession
from cmc.core.log import get_logger
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right, Scope
from cmc.core.slots import database_slot
from cmc.ingest import keeping, metrics, queries, service
from cmc.ingest.formats import native
from cmc.ingest.received import Format
from cmc.ingest.results import ItemResult
from cmc.ingest.schemas import REQUEST_BODY, HeldReadingOut, HeldReadingPage, IngestAnswer
from cmc.ingest.tables import HoldKind
from cmc.organisations import queries as organisations

router = APIRouter(tags=["readings"])
_logger = get_logger(__name__)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        description="accepted and not needed: a reading is known by what it is, so sending it again is always safe",
    ),
]


@router.post(
    "/v1/readings",
    response_model=IngestAnswer,
    responses=describe(400, 413),
    openapi_extra=REQUEST_BODY,
    dependencies=[requires(Right.ADD_READINGS)],
)
async def post_readings(
    request: Request, scope: CurrentScope, keys: Keys, idempotency_key: IdempotencyKey = None
) -> Response:
    """Take in one reading or a batch of up to 500; the answer comes after the COMMIT.

    Every item gets its own result, good items are stored beside bad ones, and sending a batch again changes nothing:
    its items come back as `duplicate`. 4xx only for an envelope that cannot be used; 503 means: send it again.
    """
    body = await request.body()  # before the slot: a slow sender must not hold a connection
    async with database_slot(request):
        return await run_in_threadpool(_take_in, request.app.state.engine, scope, keys, native.FORMAT, body)


@router.get("/v1/held-readings", responses=describe(404), dependencies=[requires(Right.REVIEW_READINGS)])
def list_held_readings(
    session: SeeingSession,
    scope: CurrentScope,
    kind: HoldKind | None = None,
    clinic: UUID | None = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> HeldReadingPage:
    """What was kept aside and waits for a person, newest first.

    `reasons` say why: unknown person, unbelievable clock, doubtful unit or conflict. `unit_doubtful` is a glucose value
    of up to 33.3 mg/dL: perhaps a severe hypoglycaemia, perhaps mmol/L; it counts nowhere until somebody has asked.
    """
    if clinic is not None:
        organisations.clinic(session, scope, clinic)
    before = decode_cursor(cursor, tuple[datetime, UUID]) if cursor else None
    found = queries.held_page(session, scope, kind=kind, clinic_id=clinic, before=before, limit=limit + 1)
    audit.seen(session, scope, "held_reading", filter(None, (each.patient_id for each in found[:limit])), act=Act.LIST)
    more = encode_cursor((found[limit - 1].received_at, found[limit - 1].id)) if len(found) > limit else None
    return HeldReadingPage(items=[HeldReadingOut.of(each) for each in found[:limit]], next_cursor=more)


def _take_in(engine: Engine | Connection, scope: Scope, keys: Keyring, read_as: Format, body: bytes) -> Response:
    started = time.perf_counter()
    now = clock.now()
    items = read_as.read(body).items
    arrival = keeping.Arrival(scope.actor, read_as.code, body, keys)
    try:
        with db.transaction(engine, scope) as session:
            results = service.store(session, scope, arrival, items, now=now)
    except DBAPIError as error:
        # What the sender can get wrong was judged before: this is ours, also a COMMIT that failed or whose outcome is
        # unknown. The sender keeps its readings and sends them again; their identity settles what was stored.
        state = getattr(error.orig, "sqlstate", None)
        _logger.error("ingest_failed", error=type(error).__name__, sqlstate=state)  # noqa: TRY400 - its words may name a person
        raise Unavailable("the readings could not be stored: send them again") from error
    metrics.record(read_as.code, items, results, received_at=now, seconds=time.perf_counter() - started)
    return Response(_answer(results), media_type="application/json")


def _answer(results: Sequence[ItemResult]) -> bytes:
    summary = Counter(result.status for result in results)
    return msgspec.json.encode({"results": results, "summary": summary})
