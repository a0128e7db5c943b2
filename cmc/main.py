"""The web application: wires the routers to one database, one keyring and one guard."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from fastapi import FastAPI
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from starlette.middleware.gzip import GZipMiddleware

from cmc import __version__
from cmc.accounts import access, denials, standing
from cmc.accounts import queries as accounts
from cmc.accounts.budget import Budget
from cmc.accounts.log_in import LogIns
from cmc.accounts.passwords import Profile
from cmc.accounts.policy import Policy
from cmc.accounts.remembered import RememberedGateways
from cmc.api import ACTOR_NAMES, LEAN, POLLED, ROUTERS, SAMPLERS, TELLERS
from cmc.core import clock, config, crypto, db, key_check, log, openapi, problems, service_role, signed_scope
from cmc.core import routes as service
from cmc.core.config import Settings
from cmc.core.credentials import Presented
from cmc.core.errors import Unavailable
from cmc.core.guard import Guard, note_refusal
from cmc.core.http import MAX_BODY_BYTES, BodyLimits, RequestEdge
from cmc.core.lean import Lean
from cmc.core.limits import Limits
from cmc.core.operating import OperatorError
from cmc.core.polling import Looking, PollLayer, Polls
from cmc.core.scope import Caller
from cmc.ingest.taking_in import TakingIn
from cmc.web import routes as web

_ABOUT = "Chronic-disease management for hypertension and type 2 diabetes. Errors are RFC 9457 problem documents."


def build(
    engine: Engine | Connection | None,
    keys: crypto.Keyring | None,
    policy: Policy = Policy(),  # noqa: B008 - frozen
) -> FastAPI:
    """Return the application over an engine; without one it can only describe itself (OpenAPI)."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with app.state.polls.looking.connected():
            yield
        if isinstance(engine, Engine):
            engine.dispose()

    app = FastAPI(
        title="cmc",
        version=__version__,
        summary="Open service of a chronic-disease management centre",
        description=_ABOUT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: f"{route.name}",
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.samplers, app.state.tellers, app.state.actor_names = SAMPLERS, TELLERS, ACTOR_NAMES
    app.state.slots = asyncio.Semaphore(db.POOL_SIZE)
    app.include_router(service.router)
    for router in ROUTERS:
        app.include_router(router, responses=problems.describe(401, 403, 413, 422, 429, 503))
    problems.register(app, noting=note_refusal)
    openapi.complete(app)
    web.mount(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    app.add_middleware(BodyLimits)
    _let_in(app, engine, keys, policy)
    app.add_middleware(RequestEdge)
    _polls(app, engine)  # the last one added is the outermost
    return app


def _let_in(app: FastAPI, engine: Engine | Connection | None, keys: crypto.Keyring | None, policy: Policy) -> None:
    """Put the guard before the application, and what accounts need into its state."""
    limits = Limits(MAX_BODY_BYTES, machine_per_minute=policy.machine_per_minute)
    app.state.engine, app.state.keyring, app.state.limits = engine, keys, limits
    if engine is not None and keys is not None:
        app.state.budget = Budget(engine, policy.people_a_day)
        app.state.log_ins = LogIns(engine, keys, policy.profile)
        app.state.note_denial = partial(denials.note, engine)

    def authenticate(presented: Presented) -> Caller:
        if engine is None or keys is None:
            raise Unavailable("this process only describes itself")
        return access.authenticate(engine, keys, presented, profile=policy.profile, now=clock.now())

    app.state.taking_in = TakingIn(engine, app.state.slots, accounts.LIVE_KEYS)
    app.add_middleware(Lean, routes=LEAN)
    app.add_middleware(Guard, authenticate=authenticate, limits=limits, remembered=RememberedGateways())


def _polls(app: FastAPI, engine: Engine | Connection | None) -> None:
    """Put the memory of polls in front of everything."""
    looking = Looking(engine, app.state.slots, (*standing.PARTS, *POLLED.values()))
    app.state.polls = Polls(looking, app.state.limits)
    app.add_middleware(PollLayer, polls=app.state.polls, paths=frozenset(POLLED), recognise=standing.recognise)


def create_app() -> FastAPI:
    """Return the application of this process's settings (what `cmc web` serves)."""
    log.configure("web")
    settings = config.load()
    keys = config.keyring(settings)
    guarded = signed_scope.database_keys(keys)
    url = service_role.url_of(settings, settings.database_url, guarded)
    if url is None:
        raise OperatorError("CMC_DATABASE_URL is not set: `cmc up` starts the database and sets it.")
    engine = db.make_engine(url, keys=guarded)
    try:
        service_role.require_limited_login(engine)
        with db.transaction(engine) as session:
            key_check.require_ours(session, keys)
    except OperatorError:
        engine.dispose()
        raise
    except DBAPIError as error:  # /readyz says so until the database answers, and checks the key then
        log.get_logger(__name__).warning("database_unreachable", error=type(error).__name__)
    app = build(engine, keys, _policy(settings))
    _tune_collector()
    return app


_YOUNG: Final = 20_000
"""New objects after which the collector looks among them for cycles: a batch of readings makes thousands at once."""


def _tune_collector() -> None:
    """Let the collector of this process leave alone what lives as long as the process does.

    Walking through the whole application for each few batches would cost more than storing them, and make others wait.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


def _policy(settings: Settings) -> Policy:
    return Policy(Profile(settings.password_profile), settings.machine_per_minute, settings.people_a_day)
