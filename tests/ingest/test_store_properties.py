"""Whatever the order and the batches, the same readings make the same database (T1)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from cmc.core import crypto, db
from cmc.core.scope import Scope
from cmc.ingest import keeping, service
from cmc.ingest.formats import native
from cmc.ingest.results import ItemResult
from cmc.patients.tables import Patient

KEYS = crypto.keyring(bytes(32))
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
QUIET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
_ROWS = (
    "SELECT id, taken_on, patient_id, kind, taken_at, glucose_umol_l, bound, sbp_mmhg, dbp_mmhg, alert_tier, device,"
    " sequence FROM reading ORDER BY id"
)

_times = st.integers(0, 4000).map(lambda hours: (datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours)).isoformat())
_glucose = st.fixed_dictionaries(
    {"kind": st.just("glucose"), "unit": st.just("mmol/L"), "taken_at": _times, "value": st.integers(0, 60)},
    optional={"device": st.sampled_from(["m1", "m2"])},
)
_pressure = st.fixed_dictionaries(
    {
        "kind": st.just("blood_pressure"),
        "unit": st.just("mmHg"),
        "taken_at": _times,
        "systolic": st.integers(30, 310),
        "diastolic": st.integers(30, 130),
    }
)


def _store(session: Session, batches: list[list[dict[str, Any]]], group: int) -> list[ItemResult]:
    found = []
    for at in range(0, len(batches), group):
        bodies = [json.dumps({"items": batch}).encode() for batch in batches[at : at + group]]
        arrivals = [(keeping.Arrival("test", "native", body, KEYS), native.read(body).items) for body in bodies]
        results, receipts = service.store_together(session, Scope("test"), arrivals, under=KEYS.current, now=NOW)
        if receipts is not None:
            db.say(session, *receipts)
        found += [each for of_one in results for each in of_one]
    return found


def _rows(connection: Connection, batches: list[list[dict[str, Any]]], *, group: int = 1) -> list[tuple[Any, ...]]:
    """The rows that these batches leave, `group` requests a transaction, in one that is taken back."""
    with connection.begin_nested() as savepoint, db.transaction(connection, Scope("test")) as session:
        _store(session, batches, group)
        rows = [tuple(row) for row in session.execute(text(_ROWS))]
        held = session.scalars(text("SELECT id FROM held_reading ORDER BY id")).all()
        session.rollback()
        savepoint.rollback()
    return [*rows, *((each,) for each in held)]


@pytest.fixture
def person(make_patient: Callable[..., Patient]) -> str:
    return str(make_patient().id)


@QUIET
@given(data=st.data())
def test_any_order_and_any_batches_give_the_same_rows(connection: Connection, person: str, data: st.DataObject) -> None:
    items = [
        each | {"patient_id": person} for each in data.draw(st.lists(_glucose | _pressure, min_size=1, max_size=25))
    ]
    shuffled = data.draw(st.permutations(items + items[: len(items) // 2]))
    cut = data.draw(st.integers(1, len(shuffled)))
    batches = [shuffled[at : at + cut] for at in range(0, len(shuffled), cut)]
    assert _rows(connection, batches, group=data.draw(st.integers(1, 5))) == _rows(connection, [items])


@QUIET
@given(items=st.lists(_glucose | _pressure, min_size=1, max_size=25))
def test_twice_is_once(connection: Connection, person: str, items: list[dict[str, Any]]) -> None:
    batch = [each | {"patient_id": person} for each in items]
    assert _rows(connection, [batch, batch]) == _rows(connection, [batch])
