"""Readings of every format in the database: stored once, as received, and what is no reading of the person held."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core import crypto
from cmc.core.scope import Scope
from cmc.ingest import keeping, service
from cmc.ingest.formats import FORMATS
from cmc.ingest.received import Circumstances, Format, Received
from cmc.ingest.results import ItemResult, Status
from cmc.patients.tables import Patient

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
FIXTURES = Path(__file__).parent / "fixtures"
FILES = [
    pytest.param(form, path, id=f"{form.code}/{path.name}")
    for form in FORMATS
    for path in sorted((FIXTURES / form.code / "accepted").iterdir())
]

KEYS = crypto.keyring(bytes(range(32)))


def _store(session: Session, form: Format, body: bytes, given: Circumstances) -> list[ItemResult]:
    items = [
        msgspec.structs.replace(item, patient_id=given.patient_id, identifier=None)
        if isinstance(item, Received)
        else item
        for item in form.read(body, given).items
    ]
    return service.store(session, Scope("test"), keeping.Arrival("test", form.code, body, KEYS), items, now=NOW)


@pytest.fixture
def known(make_patient: Callable[..., Patient]) -> Circumstances:
    return Circumstances(device="M1", glucose_unit="mg/dL", patient_id=make_patient().id, received_at=NOW)


@pytest.mark.parametrize(("form", "path"), FILES)
def test_t1_a_payload_sent_twice_is_stored_once(
    session: Session, known: Circumstances, form: Format, path: Path
) -> None:
    first = _store(session, form, path.read_bytes(), known)
    again = _store(session, form, path.read_bytes(), known)
    assert {each.status for each in first} <= {Status.CREATED, Status.QUARANTINED}
    told = Counter(each.status for each in again)
    assert told[Status.DUPLICATE] == Counter(each.status for each in first)[Status.CREATED]
    assert told[Status.CREATED] == told[Status.CONFLICT] == told[Status.REJECTED] == 0


def _rows(session: Session, columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.execute(text(f"SELECT {columns} FROM reading ORDER BY taken_at, sequence"))]  # noqa: S608


def _of(session: Session, known: Circumstances, code: str, name: str) -> list[ItemResult]:
    (form,) = (each for each in FORMATS if each.code == code)
    return _store(session, form, (FIXTURES / code / "accepted" / name).read_bytes(), known)


def test_the_value_the_unit_and_the_time_stand_as_they_were_received(session: Session, known: Circumstances) -> None:
    _of(session, known, "gatt_glucose", "two-meters-units.json")
    assert _rows(session, "glucose_umol_l, value_text, unit_text, device_time_text, sequence") == [
        (7200, "0.0072", "mol/L", "2026-11-21T08:00:00 Asia/Shanghai", 43),
        (5300, "0.00095", "kg/L", "2026-11-21T08:00:00 +480 min Asia/Shanghai", 42),
    ]


def test_what_a_cuff_says_beside_its_numbers_is_noted(session: Session, known: Circumstances) -> None:
    _of(session, known, "gatt_blood_pressure", "irregular-pulse.json")
    assert _rows(session, "sbp_mmhg, dbp_mmhg, pulse_bpm, notes") == [(152, 95, 78, "irregular_pulse user:1")]


def test_t4_a_control_solution_is_held_and_counts_nowhere(session: Session, known: Circumstances) -> None:
    results = _of(session, known, "gatt_glucose", "high-low-control.json")
    assert [each.status for each in results] == [Status.CREATED, Status.CREATED, Status.QUARANTINED]
    assert [each.code for each in results[2].errors] == ["control_solution"]
    assert _rows(session, "bound, alert_tier") == [("HI", "RED"), ("LO", "RED")]


def test_t6_a_gateway_whose_clock_stands_in_2028_is_held(session: Session, known: Circumstances) -> None:
    (result,) = _of(session, known, "ava4", "clock-in-2028.json")
    assert (result.status, [each.code for each in result.errors]) == (Status.QUARANTINED, ["clock_in_future"])
    assert _rows(session, "id") == []


def test_a_device_of_nobody_is_held_until_somebody_is_named(session: Session, known: Circumstances) -> None:
    nobody = msgspec.structs.replace(known, patient_id=None)
    (result,) = _of(session, nobody, "gatt_blood_pressure", "irregular-pulse.json")
    assert [each.code for each in result.errors] == ["unknown_person"]


def test_the_two_users_of_a_cuff_are_told_apart(session: Session, known: Circumstances) -> None:
    (form,) = (each for each in FORMATS if each.code == "gatt_blood_pressure")
    same = "0a98005f007200ea070b15080000"
    body = msgspec.json.encode({"device": "CUFF-7", "measurements": [f"{same}{user}" for user in ("01", "02", "01")]})
    results = _store(session, form, body, known)
    assert [each.status for each in results] == [Status.CREATED, Status.CREATED, Status.DUPLICATE]
    assert sorted(_rows(session, "notes")) == [("user:1",), ("user:2",)]
