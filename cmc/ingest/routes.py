"""HTTP of ingest: readings in, and the list of what was kept aside."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.units import GlucoseUnit
from cmc.core import clock
from cmc.core.errors import NotFound, invalid
from cmc.core.fields import Code
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession
from cmc.core.lean import LeanRoute
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.ingest import answering, health, queries, resolving, reviewing, streaming, times
from cmc.ingest.formats import FORMATS
from cmc.ingest.health_schemas import DeviceHealthOut, GatewayHealthOut, HealthPage
from cmc.ingest.held_schemas import AssignIn, DismissIn, HeldReadingDetail, ReplayIn
from cmc.ingest.received import Circumstances
from cmc.ingest.schemas import (
    FORMAT_BODY,
    REQUEST_BODY,
    STREAM_LINE,
    FormatList,
    FormatOut,
    HeldReadingOut,
    HeldReadingPage,
    IngestAnswer,
)
from cmc.ingest.tables import HoldKind
from cmc.ingest.tier_schemas import ValuesIn, ValueTier, ValueTiers
from cmc.organisations import queries as organisations

router = APIRouter(tags=["readings"])
_FORMATS: Final = {each.code: each for each in FORMATS}
FormatCode = Annotated[
    str, Path(description="a code of GET /v1/reading-formats", json_schema_extra={"enum": [*_FORMATS]})
]


def _circumstances(
    device: Annotated[Code | None, Query(description="the device, where the payload names none")] = None,
    patient_id: Annotated[UUID | None, Query(description="whose readings these are, for a file of one person")] = None,
    timezone: Annotated[str | None, Query(max_length=64, description="IANA name; before that of the register")] = None,
    glucose_unit: Annotated[GlucoseUnit | None, Query(description="where the format names none")] = None,
) -> Circumstances:
    if timezone is not None and times.zone(timezone) is None:
        raise invalid("/timezone", "not_in_list", "the IANA name of a time zone such as Asia/Shanghai")
    unit = None if glucose_unit is None else glucose_unit.value
    said = timezone is not None
    zone = timezone or times.DEFAULT_ZONE
    return Circumstances(zone=zone, zone_said=said, device=device, patient_id=patient_id, glucose_unit=unit)


Given = Annotated[Circumstances, Depends(_circumstances)]

MOST_OF_A_KEY: Final = 255
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=MOST_OF_A_KEY,
        description="accepted and not needed: a reading is known by what it is, so sending it again is always safe",
    ),
]


LEAN: Final = {
    ("POST", "/v1/readings"): LeanRoute(
        "/v1/readings",
        Right.ADD_READINGS,
        answering.take_native,
        takes=lambda request: len(request.headers.get("idempotency-key", "")) <= MOST_OF_A_KEY,
        streams=streaming.is_stream,
    )
}
"""`post_readings` without FastAPI on the way; what FastAPI would refuse goes to it."""


@router.post(
    "/v1/readings",
    response_model=IngestAnswer,
    responses=describe(400, 413) | {200: {"content": {streaming.MEDIA_TYPE: {"schema": STREAM_LINE}}}},
    openapi_extra=REQUEST_BODY,
    dependencies=[requires(Right.ADD_READINGS)],
)
async def post_readings(request: Request, scope: CurrentScope, idempotency_key: IdempotencyKey = None) -> Response:
    """Take in one reading or a batch of up to 500; the answer comes after the COMMIT.

    Every item gets its own result, good items are stored beside bad ones, and sending a batch again changes nothing:
    its items come back as `duplicate`. 4xx only for an envelope that cannot be used; 503 means: send it again.

    For back-fill send `application/x-ndjson`, one reading a line, of any length. It is stored in batches while it
    streams in, and the answer streams back: a line for each reading that is neither new nor a duplicate (the first
    1,000; further ones are counted as `untold`), a line with the counts from time to time, and at last one with `done`,
    or with `stopped` and the problem. `lines` says up to which line everything is committed. A stream that broke off is
    sent again whole.
    """
    return await answering.take_native(request, scope)


@router.get("/v1/reading-formats", dependencies=[requires(Right.ADD_READINGS)])
def list_formats() -> FormatList:
    """The wire formats that are taken, and what each sender is answered."""
    return FormatList(items=[FormatOut.of(each) for each in FORMATS])


@router.post(
    "/v1/readings/{format_code}",
    response_model=IngestAnswer,
    responses=describe(400, 404, 413) | {204: {"description": "The empty answer that some senders wait for"}},
    openapi_extra=FORMAT_BODY,
    dependencies=[requires(Right.ADD_READINGS)],
)
async def post_formatted(request: Request, format_code: FormatCode, scope: CurrentScope, given: Given) -> Response:
    """Take in a payload of another format; answered after the COMMIT with exactly what its sender waits for.

    Zone, unit and person of each device come from the register; what is given in the address goes before it. The cloud
    of a vendor that cannot send a bearer token shows its key in its own way: see `vendor` under the security schemes.
    """
    read_as = _FORMATS.get(format_code)
    if read_as is None:
        raise NotFound("no such format")
    return await answering.take_formatted(request, scope, read_as, given)


@router.post("/v1/readings:judge", responses=describe(400), dependencies=[requires(Right.ADD_READINGS)])
def judge_values(body: ValuesIn) -> ValueTiers:
    """Tell which of some values would be critical readings, before anything is sent. Of nobody; nothing is stored."""
    return ValueTiers(items=[ValueTier.of(each) for each in body.items])


@router.get("/v1/held-readings", responses=describe(404), dependencies=[requires(Right.REVIEW_READINGS)])
def list_held_readings(
    session: SeeingSession,
    scope: CurrentScope,
    kind: HoldKind | None = None,
    unmatched: Annotated[bool | None, Query(description="true: only those of no known person")] = None,
    resolved: Annotated[
        bool, Query(description="those that somebody decided about, instead of those that wait")
    ] = False,
    dangerous: Annotated[bool, Query(description="true: only values that call for action at once (RED)")] = False,
    clinic: UUID | None = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> HeldReadingPage:
    """What was kept aside and waits for a person, newest first; conflicts are of the kind `conflict`.

    `reasons` say why: unknown person, unbelievable clock, doubtful unit or conflict. `unit_doubtful` is a glucose value
    of up to 33.3 mg/dL: perhaps a severe hypoglycaemia, perhaps mmol/L; it counts nowhere until somebody has asked.
    """
    if clinic is not None:
        organisations.clinic(session, scope, clinic)
    before = decode_cursor(cursor, tuple[datetime, UUID]) if cursor else None
    found = queries.held_page(
        session,
        scope,
        kind=kind,
        unmatched=unmatched,
        resolved=resolved,
        dangerous=dangerous,
        clinic_id=clinic,
        before=before,
        limit=limit + 1,
    )
    audit.seen(session, scope, "held_reading", filter(None, (each.patient_id for each in found[:limit])), act=Act.LIST)
    more = encode_cursor((found[limit - 1].received_at, found[limit - 1].id)) if len(found) > limit else None
    return HeldReadingPage(items=reviewing.shown(session, scope, found[:limit]), next_cursor=more)


@router.get("/v1/held-readings/{held_id}", responses=describe(404), dependencies=[requires(Right.REVIEW_READINGS)])
def read_held_reading(held_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys) -> HeldReadingDetail:
    """One held reading with whose it may be, the likeliest first; in a conflict with the reading on file."""
    shown = reviewing.detail(session, scope, keys, held_id, on=clock.today())
    people = [each.person.id for each in shown.candidates] + [shown.patient_id] * (shown.patient_id is not None)
    audit.seen(session, scope, "held_reading", filter(None, people), detail={"held_reading": str(held_id)})
    return shown


@router.post(
    "/v1/held-readings/{held_id}:assign",
    responses=describe(400, 404, 409),
    dependencies=[requires(Right.REVIEW_READINGS)],
)
def assign_held_reading(
    held_id: UUID, body: AssignIn, session: SeeingSession, scope: CurrentScope, keys: Keys
) -> HeldReadingOut:
    """Say whose a held reading is: it is read again from its raw body, judged, and stored for this person.

    With `keep_device` its device is issued to the person from the time of the reading on. 409 `device-issued`: somebody
    has it, or had it after that time.
    """
    held = resolving.assign(session, scope, keys, held_id, body, now=clock.now())
    return reviewing.shown(session, scope, [held])[0]


@router.post(
    "/v1/held-readings/{held_id}:replay",
    responses=describe(400, 404, 409),
    dependencies=[requires(Right.REVIEW_READINGS)],
)
def replay_held_reading(
    held_id: UUID, body: ReplayIn, session: SeeingSession, scope: CurrentScope, keys: Keys
) -> HeldReadingOut:
    """Store a held reading with what was found out: person, right time, unit. 422 names what still speaks against."""
    held = resolving.settle(session, scope, keys, held_id, body, now=clock.now())
    return reviewing.shown(session, scope, [held])[0]


@router.post(
    "/v1/held-readings/{held_id}:dismiss",
    responses=describe(400, 404, 409),
    dependencies=[requires(Right.REVIEW_READINGS)],
)
def dismiss_held_reading(held_id: UUID, body: DismissIn, session: SeeingSession, scope: CurrentScope) -> HeldReadingOut:
    """Decide that a held reading counts for nobody; in a conflict that the reading on file is right."""
    return reviewing.shown(session, scope, [resolving.dismiss(session, scope, held_id, body.reason, now=clock.now())])[
        0
    ]


@router.post(
    "/v1/held-readings/{held_id}:undo", responses=describe(404, 409), dependencies=[requires(Right.REVIEW_READINGS)]
)
def undo_held_reading(held_id: UUID, session: SeeingSession, scope: CurrentScope) -> HeldReadingOut:
    """Take a decision back: what it stored is removed again, and the reading waits as before."""
    held = resolving.undo(session, scope, held_id, now=clock.now())
    return reviewing.shown(session, scope, [held])[0]


@router.get(
    "/v1/devices/health", responses=describe(404), dependencies=[requires(Right.MANAGE_DEVICES)], tags=["devices"]
)
def read_health(
    session: ReadSession,
    scope: CurrentScope,
    clinic: UUID | None = None,
    days: Annotated[int, Query(ge=7, le=90, description="how many days back")] = 7,
    silent: Annotated[bool, Query(description="true: only devices that are silent")] = False,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> HealthPage:
    """How gateways and devices are: lag, skew of the clock, share of errors, silence, calibration due."""
    if clinic is not None:
        organisations.clinic(session, scope, clinic)
    now = clock.now()
    since, (after,) = now - timedelta(days=days), decode_cursor(cursor, tuple[str]) if cursor else ("",)
    found = health.devices(
        session, scope, clinic_id=clinic, since=since, silent_at=now if silent else None, after=after, limit=limit + 1
    )
    return HealthPage(
        since=since,
        gateways=[GatewayHealthOut.of(each) for each in health.gateways(session, scope, clinic_id=clinic, since=since)]
        if cursor is None
        else [],
        devices=[DeviceHealthOut.of(each, now=now, on=clock.local_date(now)) for each in found[:limit]],
        next_cursor=encode_cursor((found[limit - 1].code,)) if len(found) > limit else None,
    )
