"""A simulated region, served: an embedded database, the demo's users, and the application in a process of its own."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import Engine, text

from benchmarks.installation import KEYS, MASTER_KEY, SCOPE, data_folder, free_port, started
from cmc.accounts.demo import DemoAccounts, demo_users
from cmc.core import clock, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.simulation.plan import SEED, Plan, clinics_for
from cmc.simulation.store import store
from cmc.web import builder


@dataclass(frozen=True, slots=True)
class Region:
    """Where it answers, its database, who may sign in, and a person of the nurse's clinic who has both diseases."""

    address: str
    engine: Engine
    accounts: DemoAccounts
    patient: str
    clinic: str


_BOTH = text(
    "SELECT patient.id, patient.clinic_id FROM enrolment JOIN patient ON patient.id = enrolment.patient_id"
    " WHERE patient.clinic_id = (SELECT id FROM organisation WHERE kind = 'clinic' ORDER BY code LIMIT 1)"
    " GROUP BY patient.id HAVING count(DISTINCT enrolment.disease) = 2 ORDER BY patient.id LIMIT 1"
)


@contextmanager
def served(people: int, application: str, *, clinics: int | None = None) -> Iterator[Region]:
    """Store a region of two years, build the pages, and start `application` (a factory, as uvicorn names it)."""
    builder.build()
    with ExitStack() as stack:
        folder = data_folder(stack)
        url = stack.enter_context(running(folder))
        migrations.upgrade(url)
        service_role.keep(url, signed_scope.database_keys(KEYS), Settings())
        engine = db.make_engine(url, keys=signed_scope.database_keys(KEYS))
        stack.callback(engine.dispose)
        yesterday = clock.today() - timedelta(days=1)
        plan = Plan(people=people, clinics=clinics or clinics_for(people), years=2, seed=SEED, end=yesterday)
        store(engine, KEYS, plan, progress=lambda *_: None)
        with db.transaction(engine, SCOPE) as session:
            patient, clinic = session.execute(_BOTH).one()
            accounts = demo_users(session, SCOPE, KEYS, gateway_clinic_id=clinic, now=clock.now())
        port = free_port()
        environment = os.environ | {
            "CMC_DATABASE_URL": url, "CMC_DATA_DIR": str(folder), "CMC_MASTER_KEY": MASTER_KEY,
            "CMC_PEOPLE_A_DAY": "1000000",
        }  # fmt: skip
        command = [sys.executable, "-m", "uvicorn", application, "--factory", "--port", str(port)]
        command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error"]
        started(stack, command, environment, port, "/readyz")
        yield Region(f"http://127.0.0.1:{port}", engine, accounts, str(patient), str(clinic))


def signed_in(region: Region, login: str) -> str:
    """Sign a user of the demo in and return the session's cookie."""
    body = {"login": login, "password": region.accounts.passwords[login]}
    answer = httpx.post(f"{region.address}/v1/session", json=body, headers={"Origin": region.address}, timeout=60)
    answer.raise_for_status()
    return answer.cookies["cmc"]


def send(region: Region, items: list[dict[str, Any]]) -> None:
    """Send readings as the gateway of the first clinic."""
    bearer = {"Authorization": f"Bearer {region.accounts.gateway_key}"}
    for start in range(0, len(items), 500):
        body = {"items": items[start : start + 500]}
        httpx.post(f"{region.address}/v1/readings", json=body, headers=bearer, timeout=60).raise_for_status()
