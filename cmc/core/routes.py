"""HTTP of the service itself: is it alive, is it ready, who am I, what is counted."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import text

from cmc.core import db
from cmc.core.http import CurrentScope, ReadSession
from cmc.core.problems import describe

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
def ready(request: Request) -> Health:
    """The database answers and can be written."""
    with db.transaction(request.app.state.engine) as session:
        session.execute(text("SELECT 1 FROM organisation LIMIT 1"))
    return Health(status="ok")


@router.get("/v1/session", responses=describe(401))
def read_session(request: Request, scope: CurrentScope) -> SessionOut:
    """Who the bearer token belongs to."""
    clinics = None if scope.clinic_ids is None else sorted(str(each) for each in scope.clinic_ids)
    return SessionOut(
        actor=scope.actor, clinics=clinics, version=request.app.version, ui_build=request.app.state.ui_build()
    )


@router.get("/metrics", response_class=Response, responses=describe(401))
def metrics(request: Request, session: ReadSession, _: CurrentScope) -> Response:
    """Prometheus metrics; never a label that names a person."""
    for sample in request.app.state.samplers:
        sample(session)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
