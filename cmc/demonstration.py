"""The demo of `cmc up --demo` and `cmc seed`: the small simulated region, and an example to try."""

import json
from datetime import timedelta
from uuid import UUID

from rich.console import Console

from cmc.accounts.demo import DemoAccounts, demo_users
from cmc.core import clock, config, db
from cmc.core.clock import LOCAL
from cmc.core.config import Settings
from cmc.core.progress import bar
from cmc.core.scope import system_scope
from cmc.patients import queries as patients
from cmc.simulation.cli import TRUTH_FOLDER
from cmc.simulation.files import TruthFolder
from cmc.simulation.plan import IDENTIFIER_SYSTEM, SEED, SIZES, Plan
from cmc.simulation.store import Report
from cmc.simulation.store import store as store_region
from cmc.up import Demo

_SMALL = SIZES["small"]
_SCOPE = system_scope("command:demo")


def demo(settings: Settings) -> Demo:
    """Return what `cmc up --demo` does between the migrations and the first request."""
    return Demo(
        seed=lambda url: store(settings, url),
        example_reading=example_reading,
        accounts=lambda url: accounts(settings, url),
    )


def store(settings: Settings, url: str) -> None:
    """Store the demo clinics in the empty database at `url`; nothing when a simulated region is there."""
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print("Storing the demo clinics …")
    _tell(console, _store(settings, url, console))


def _store(settings: Settings, url: str, console: Console) -> Report:
    yesterday = clock.today() - timedelta(days=1)
    plan = Plan(people=_SMALL.people, clinics=_SMALL.clinics, years=_SMALL.years, seed=SEED, end=yesterday)
    truth = TruthFolder(plan, settings.data_dir / TRUTH_FOLDER)
    engine, keys = db.make_engine(url), config.keyring(settings)
    try:
        with bar(console) as progress:
            report = store_region(engine, keys, plan, progress=progress, witness=truth.see)
    finally:
        engine.dispose()
    if report.rows:
        truth.write(report.rows)
    return report


def _tell(console: Console, report: Report) -> None:
    if not report.rows:
        console.print("The demo is complete.")
        return
    counts = {name: f"{report.rows[name]:,}" for name in ("patient", "followup", "annual_exam", "reading")}
    console.print(
        f"Stored {counts['patient']} demo people with {counts['followup']} visits, {counts['annual_exam']} examinations"
        f" and {counts['reading']} readings.",
        soft_wrap=True,
    )


def example_reading(url: str) -> str:
    """Return the JSON of a reading that the demo may be sent: a normal pressure of the first person, taken now."""
    engine = db.make_engine(url)
    try:
        with db.read_only(engine, _SCOPE) as session:
            found = patients.by_identifier(session, _SCOPE, IDENTIFIER_SYSTEM, ["0"])["0"]
    finally:
        engine.dispose()
    reading = {
        "patient_id": str(found.id),
        "kind": "blood_pressure",
        "systolic": 132,
        "diastolic": 84,
        "pulse": 71,
        "unit": "mmHg",
        "taken_at": clock.now().astimezone(LOCAL).isoformat(timespec="seconds"),
    }
    return json.dumps(reading)


def accounts(settings: Settings, url: str) -> DemoAccounts:
    """Add the demo's users and a gateway of the clinic of the example; returns the new passwords and the key."""
    engine, keys = db.make_engine(url), config.keyring(settings)
    patient_id = UUID(json.loads(example_reading(url))["patient_id"])
    try:
        with db.transaction(engine, _SCOPE) as session:
            clinic_id = patients.get(session, _SCOPE, patient_id).clinic_id
            return demo_users(session, _SCOPE, keys, gateway_clinic_id=clinic_id, now=clock.now())
    finally:
        engine.dispose()
