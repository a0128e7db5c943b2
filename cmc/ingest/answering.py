"""From a request that brings readings to its answer: what format, which scope, how it is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from cmc.core.bodies import whole_body
from cmc.core.errors import CmcError, Unavailable
from cmc.core.log import get_logger
from cmc.core.scope import Scope
from cmc.ingest import keeping, registry, streaming
from cmc.ingest.formats import native
from cmc.ingest.received import NOTHING_KNOWN, Answer, Circumstances, Envelope, Faults, Format
from cmc.ingest.results import ItemResult, Status
from cmc.ingest.taking_in import Taken, TakingIn

READ_AT_ONCE_BYTES: Final = 16 * 1024
"""Bodies up to this size are read on the event loop; larger ones in the thread that stores them."""
_logger = get_logger(__name__)


async def take_native(request: Request, scope: Scope) -> Response:
    """Take in a native body and say for each item what became of it, once everything is committed.

    A stream of lines is taken in while it arrives (`streaming`).
    """
    if streaming.is_stream(request):
        key, keys = getattr(request.state, "key_to_look_up", None), request.app.state.keyring
        return streaming.Stream(request, scope, _taking_in(request), keys, key)
    body = await whole_body(request, request.app.state.limits.body_bytes)
    arrival = keeping.Arrival(scope.actor, native.FORMAT.code, body, request.app.state.keyring)
    taking_in, key = _taking_in(request), getattr(request.state, "key_to_look_up", None)
    if len(body) <= READ_AT_ONCE_BYTES:
        envelope, refused = _understood(body)
        taken = await taking_in.take(scope, arrival, envelope=envelope, refused=refused, key=key)
    else:

        def read(_session: Session, _now: datetime) -> Envelope:
            return native.read(body)

        taken = await taking_in.take(scope, arrival, read=read, key=key)
    return _results(taken)


def _understood(body: bytes) -> tuple[Envelope, CmcError | None]:
    try:
        return native.read(body), None
    except CmcError as error:
        return Envelope(()), error


async def take_formatted(
    request: Request, scope: Scope, form: Format, given: Circumstances = NOTHING_KNOWN
) -> Response:
    """Take in a body of any format; answered with what its sender waits for."""
    body = await request.body()
    arrival = keeping.Arrival(scope.actor, form.code, body, request.app.state.keyring, given)

    def read(session: Session, now: datetime) -> Envelope:
        return registry.read(session, scope, form, body, given, now=now)

    try:
        key = getattr(request.state, "key_to_look_up", None)
        taken = await _taking_in(request).take(scope, arrival, read=read, key=key)
    except Unavailable as error:
        if form.answer is None:
            raise
        _logger.error("ingest_refused", error=type(error).__name__)  # noqa: TRY400 - told above where it arose
        return _told(form.answer(False))
    return _results(taken) if form.answer is None else _told(form.answer(True))


def _taking_in(request: Request) -> TakingIn:
    found: TakingIn = request.app.state.taking_in
    return found


def _results(taken: Taken) -> Response:
    return Response(_answer(taken.results, taken.envelope.skipped), media_type="application/json")


def _told(answer: Answer) -> Response:
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type if answer.body else None)


def _answer(results: Sequence[ItemResult], skipped: Faults) -> bytes:
    summary: dict[Status, int] = {}
    for result in results:
        summary[result.status] = summary.get(result.status, 0) + 1
    answer: dict[str, object] = {"results": results, "summary": summary}
    return msgspec.json.encode(answer | {"skipped": skipped} if skipped else answer)
