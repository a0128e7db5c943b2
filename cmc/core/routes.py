"""HTTP of the service itself: is it alive, is it ready, who am I, what is counted."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import text
from starlette.responses import PlainTextResponse

from cmc.core import clock, db, key_check
from cmc.core.errors import Unavailable
from cmc.core.guard import CurrentCaller, requires, requires_sign_in
from cmc.core.http import Keys, NobodysSession, ReadSession
from cmc.core.problems import describe
from cmc.core.scope import Right, system_scope
from cmc.core.state import StateOut, of_installation

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """One word."""

    status: str


class SessionOut(BaseModel):
    """Who the caller is and which build serves it."""

    actor: str
    clinics: list[str] | None = Field(description="the clinics of the scope; null for the whole region")
    version: str
    ui_build: str | None = Field(description="build of the pages that this process serves; null without pages")


@router.get("/livez")
async def live() -> Health:
    """The process answers; says nothing of the database."""
    return Health(status="ok")


@router.get("/readyz", responses=describe(503))
def ready(session: NobodysSession, keys: Keys) -> Health:
    """The database answers, has our schema and key, and takes changes (a standby that is not promoted does not)."""
    if not key_check.is_ours(session, keys):
        raise Unavailable("the master key is not the one that the database was written with")
    taken = text("SELECT current_setting('transaction_read_only') FROM (SELECT count(*) FROM organisation) AS ours")
    if session.scalar(taken) == "on":
        raise Unavailable("the database takes no changes now")
    return Health(status="ok")


@router.get("/v1/session", responses=describe(401, 429), dependencies=[requires_sign_in(also_before_change=True)])
def read_session(request: Request, caller: CurrentCaller) -> SessionOut:
    """Who is calling, and which build answers."""
    scope = caller.scope(None)
    clinics = None if scope.clinic_ids is None else sorted(str(each) for each in scope.clinic_ids)
    return SessionOut(
        actor=scope.actor, clinics=clinics, version=request.app.version, ui_build=request.app.state.ui_build()
    )


@router.get("/v1/state", responses=describe(401, 403, 429, 503), dependencies=[requires(Right.READ_METRICS)])
def read_state(request: Request, session: ReadSession) -> StateOut:
    """The state of the installation: versions, jobs, what waits, when the last message came; no person in it."""
    db.enter_scope(session, system_scope("metrics"))
    kept = request.app.state
    return of_installation(
        session, kept.tellers, version=request.app.version, ui_build=kept.ui_build(), now=clock.now()
    )


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=describe(401, 403, 429, 503),
    dependencies=[requires(Right.READ_METRICS)],
)
def metrics(request: Request, session: ReadSession) -> Response:
    """Prometheus metrics; never a label that names a person."""
    db.enter_scope(session, system_scope("metrics"))  # what is counted is the installation's, whoever asks
    for sample in request.app.state.samplers:
        sample(session)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
