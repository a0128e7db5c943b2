"""A throw-away installation to measure: embedded database, one web process, and the bare peer beside it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine

from cmc.accounts import machines
from cmc.accounts.roles import MachineKind
from cmc.core import clock, crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.scope import system_scope
from cmc.organisations import queries as tree
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import queries as patients
from cmc.simulation.plan import IDENTIFIER_SYSTEM, SEED, Plan
from cmc.simulation.store import store

SCOPE = system_scope("command:benchmark")
MASTER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
KEYS = crypto.keyring(crypto.decode_master_key(MASTER_KEY))


@dataclass(frozen=True, slots=True)
class Installation:
    """Where everything is."""

    url: str
    engine: Engine
    port: int
    bare_port: int
    clinic: Organisation
    patients: list[UUID]
    gateway_key: str
    dashboard_key: str


@contextmanager
def installation(people_count: int) -> Iterator[Installation]:
    """Start everything with `people_count` people in one clinic; stop and remove it at the end."""
    with ExitStack() as stack:
        folder = data_folder(stack)
        url = stack.enter_context(running(folder))
        migrations.upgrade(url)
        service_role.keep(url, signed_scope.database_keys(KEYS), Settings())
        engine = db.make_engine(url)
        stack.callback(engine.dispose)
        clinic, patients = _people(engine, people_count)
        gateway_key, dashboard_key = _keys(engine, clinic)
        port, bare_port = free_port(), free_port()
        environment = os.environ | {
            "CMC_DATABASE_URL": url, "CMC_DATA_DIR": str(folder), "CMC_PORT": str(port),
            "CMC_MASTER_KEY": MASTER_KEY, "CMC_MACHINE_PER_MINUTE": "10000000",
        }  # fmt: skip
        started(stack, [sys.executable, "-m", "cmc", "web"], environment, port, "/readyz")
        started(stack, bare_command(bare_port), dict(os.environ), bare_port, "/bare")
        yield Installation(url, engine, port, bare_port, clinic, patients, gateway_key, dashboard_key)


def data_folder(stack: ExitStack) -> Path:
    """Return a fresh data folder that lives as long as `stack`."""
    folder = Path(tempfile.mkdtemp(prefix="cmc-bench-"))
    folder.chmod(0o711)
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bare_command(port: int, app: str = "benchmarks.bare:app") -> list[str]:
    """Return the command of a peer: uvicorn with the same loop and parser, and an application of the benchmarks."""
    options = [
        "--port",
        str(port),
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--log-level",
        "error",
    ]
    return [sys.executable, "-m", "uvicorn", app, *options]


def started(stack: ExitStack, command: list[str], environment: dict[str, str], port: int, path: str) -> float:
    """Start a server that stops with `stack`; return the seconds until `path` answered 200."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(_stop, process)
    while time.perf_counter() - begun < 60:
        if process.poll() is not None:
            raise RuntimeError(f"{command[2:4]} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                return time.perf_counter() - begun
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise TimeoutError(f"{command[2:4]} did not answer")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=40)


def _people(engine: Engine, count: int) -> tuple[Organisation, list[UUID]]:
    plan = Plan(people=count, clinics=1, years=1, seed=SEED, end=clock.today() - timedelta(days=1))
    store(engine, KEYS, plan, progress=lambda *_: None)
    with db.read_only(engine) as session:
        clinic = next(each for each in tree.visible(session, SCOPE) if each.kind == OrganisationKind.CLINIC)
        numbers = [str(number) for number in range(count)]
        found = patients.by_identifier(session, SCOPE, IDENTIFIER_SYSTEM, numbers)
        return clinic, [person.id for person in found.values()]


def _keys(engine: Engine, clinic: Organisation) -> tuple[str, str]:
    now = clock.now()
    with db.transaction(engine) as session:
        gateway, dashboard = (
            machines.add(session, SCOPE, KEYS, kind, name=kind.value, organisation_id=clinic.id, now=now)[1]
            for kind in (MachineKind.GATEWAY, MachineKind.DASHBOARD)
        )
    return gateway, dashboard
