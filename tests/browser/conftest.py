"""The service on a port of its own over a database of its own, one Chromium, a fresh context for every test."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import Engine

from cmc.accounts import sessions, users
from cmc.accounts.passwords import Profile
from cmc.accounts.roles import Role, Wanted
from cmc.accounts.sessions import Browser as From
from cmc.core import clock, crypto, db, migrations
from cmc.core.scope import system_scope
from cmc.core.text import Text
from cmc.duplicates import jobs as duplicates
from cmc.followups import jobs as followups
from cmc.indicators import jobs as indicators
from cmc.main import build
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.risk import jobs as risk
from cmc.web import builder

from . import chromium
from .watch import AXE, Watch
from .world import World, people_of_first_clinic, people_of_second_clinic

PATIENCE_MS = 10_000
"""How long a page may take to show something on a machine that does other work besides."""
expect.set_options(timeout=PATIENCE_MS)

PASSWORD = "correct horse battery staple"
SIZE = {"width": 1366, "height": 768}


@pytest.fixture(scope="package")
def pages() -> None:
    """The pages as they are in the sources, and the tools beside them (axe-core), also where nothing had to be built."""
    builder.install(builder.node_command())
    builder.build()


@pytest.fixture(scope="package")
def service_engine(new_database: Callable[[], str], as_service: Callable[[str], Engine]) -> Iterator[Engine]:
    url = new_database()
    migrations.upgrade(url)
    engine = as_service(url)
    yield engine
    engine.dispose()


def _accounts(engine: Engine, world: World) -> None:
    """A user of each role, with a session for tests that do not test signing in."""
    first, second = world.clinics
    wanted = {
        "nurse": Wanted(Role.NURSE, first), "doctor": Wanted(Role.DOCTOR, first), "manager": Wanted(Role.MANAGER, first),
        "supervisor": Wanted(Role.SUPERVISOR), "supervisor2": Wanted(Role.SUPERVISOR),
        "nurse2": Wanted(Role.NURSE, second), "admin": Wanted(Role.ADMIN), "auditor": Wanted(Role.AUDITOR),
    }  # fmt: skip
    scope = system_scope("test")
    for name, role in wanted.items():
        with db.transaction(engine, scope) as session:
            now = clock.now()
            user = users.add_with_password(
                session, f"web-{name}", PASSWORD, display_name=name, is_temporary=False, now=now
            )
            users.set_roles(session, scope, user, [role], now=now)
            opened = sessions.open_session(session, user, From("::1", "test"), profile=Profile.ASVS, now=now)
            world.cookies[name] = opened.cookie
            world.logins[name] = user.login


def _clinics(engine: Engine) -> list[str]:
    with db.transaction(engine, system_scope("test")) as session:
        region = organisations.add(session, OrganisationKind.REGION, code="120000", name=Text("天津市", "Tianjin"))
        district = organisations.add(
            session, OrganisationKind.DISTRICT, code="120103", name=Text("河西区", "Hexi District"), parent=region
        )
        return [
            organisations.add(
                session, OrganisationKind.CLINIC, code=f"12010300{number}", parent=district,
                name=Text(f"第{number}慢病管理中心", f"Clinic {number}"),
            ).id
            for number in (1, 2)
        ]  # type: ignore[misc]  # fmt: skip


@pytest.fixture(scope="package")
def world(service_engine: Engine, keys: crypto.Keyring, pages: None) -> Iterator[World]:
    """The service with its world, answering on 127.0.0.1."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = build(service_engine, keys)
    made = World(f"http://127.0.0.1:{port}", {}, _clinics(service_engine))
    _accounts(service_engine, made)
    made.clinics = [str(clinic) for clinic in made.clinics]

    def client(login: str) -> TestClient:
        return TestClient(app, headers={"Cookie": f"cmc={made.cookies[login]}", "Origin": "http://testserver"})

    people_of_first_clinic(client("nurse"), made)
    people_of_second_clinic(client("nurse2"), made)
    scope = system_scope("job:test")
    for nightly in (duplicates.nightly, followups.nightly, indicators.nightly, risk.refresh):
        nightly(lambda: db.transaction(service_engine, scope), clock.now())
    made.people["pair"] = client("manager").get("/v1/duplicates").json()["items"][0]["id"]
    report = {"organisation_id": made.clinics[0], "month": f"{clock.today().replace(day=1) - timedelta(days=1):%Y-%m}"}
    made.people["clinic"] = made.clinics[0]
    made.people["report"] = client("manager").post("/v1/indicator-reports", json=report).json()["id"]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield made
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="package")
def chrome() -> Iterator[Browser]:
    """One Chromium for this folder. Playwright keeps an event loop running in the main thread: it must be gone before
    the tests of other folders, which call `asyncio.run`, begin (the scope needs `__init__.py` beside this file)."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium.executable()), args=["--no-sandbox"])
        yield browser
        browser.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(chrome: Browser, world: World) -> Iterator[Open]:
    """open_page("/patients", "nurse", language="en") → a page at 1366×768; at the end none has complained."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def open_it(
        path: str,
        login: str | None = "nurse",
        *,
        language: str = "zh-CN",
        axe: bool = False,
        before: Callable[[Page], None] | None = None,
    ) -> Page:
        context = chrome.new_context(viewport=SIZE, locale=language)
        contexts.append(context)
        if login is not None:
            context.add_cookies([{"name": "cmc", "value": world.cookies[login], "url": world.address}])
        context.add_init_script(
            f"localStorage.getItem('cmc.language') || localStorage.setItem('cmc.language', '{language}')"
        )
        if axe:
            context.add_init_script(path=Path(AXE))
        page = context.new_page()
        watches.append(Watch(page))
        page.set_default_timeout(PATIENCE_MS)
        if before is not None:
            before(page)
        page.goto(world.address + path)
        return page

    yield open_it
    for context in contexts:
        context.close()
    for watch in watches:
        watch.require_quiet()
