"""Readings stored before the identity held the person are known afterwards by the identity that they have today."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from cmc.core import db, migrations
from cmc.core.ids import derived_id, new_id
from cmc.ingest import identity

AT = datetime(2026, 3, 14, 23, 0, 5, tzinfo=UTC)
PERSON, OTHER = new_id(), new_id()
BASE = {"patient_id": PERSON, "kind": "glucose", "specimen": "capillary", "glucose_umol_l": 6100}
CUFF = {"patient_id": PERSON, "kind": "blood_pressure", "sbp_mmhg": 138, "dbp_mmhg": 86}
_INSERT = text(
    "INSERT INTO reading (id, taken_on, patient_id, clinic_id, kind, taken_at, received_at, setting, specimen,"
    " glucose_umol_l, bound, sbp_mmhg, dbp_mmhg, pulse_bpm, device, sequence, value_text, unit_text, notes, receipt_id)"
    " VALUES (:id, '2026-03-15', :patient_id, :clinic_id, :kind, :taken_at, :taken_at, 'home', :specimen,"
    " :glucose_umol_l, :bound, :sbp_mmhg, :dbp_mmhg, :pulse_bpm, :device, :sequence, '', '', :notes, :clinic_id)"
)
_COLUMNS = ("specimen", "glucose_umol_l", "bound", "sbp_mmhg", "dbp_mmhg", "pulse_bpm", "device", "sequence", "notes")


def _first_version(row: dict[str, Any]) -> UUID:
    second, kind, device = str(int(row["taken_at"].timestamp())), row["kind"], row.get("device")
    if device is not None and row.get("sequence") is not None:
        return derived_id("reading", "1", "seq", device, kind, str(row["sequence"]), second)
    slot = f"/user:{row['slot']}" if "slot" in row else ""
    source = f"patient:{row['patient_id']}" if device is None else f"device:{device}{slot}"
    spelled = "/".join("" if each is None else str(each) for each in _values(row))
    return derived_id("reading", "1", "val", source, kind, row.get("specimen") or "", second, spelled)


def _values(row: dict[str, Any]) -> tuple[Any, ...]:
    if row["kind"] == "glucose":
        return (row["glucose_umol_l"], row.get("bound"))
    return (row["sbp_mmhg"], row["dbp_mmhg"], row.get("pulse_bpm"))


def _today(row: dict[str, Any]) -> UUID:
    if row.get("device") is not None and row.get("sequence") is not None:
        return identity.by_sequence(row["patient_id"], row["device"], row["kind"], row["sequence"], row["taken_at"])
    source = identity.device_source(row.get("device"), row.get("slot"))
    specimen = row.get("specimen")
    return identity.by_content(row["patient_id"], source, row["kind"], specimen, row["taken_at"], _values(row))


ROWS: list[dict[str, Any]] = [
    {**BASE, "device": "M-7", "sequence": 3},
    {**BASE, "device": "M-7", "sequence": 3, "patient_id": OTHER, "taken_at": AT + timedelta(seconds=1)},
    {**BASE, "device": "M-7"},
    {**BASE, "sequence": 4},
    {**BASE, "bound": "HI", "glucose_umol_l": 33300},
    {**CUFF, "device": "cuff", "sequence": 0},
    {**CUFF, "device": "cuff", "pulse_bpm": 72},
    {**CUFF, "device": "cuff", "slot": 12, "notes": "irregular_pulse user:12 clock_ahead"},
    {**CUFF, "device": "cuff", "slot": 1, "notes": "user:1"},
    {**CUFF, "pulse_bpm": 72, "notes": "meal:before"},
    CUFF,
]


def _ids(owner: Engine) -> set[UUID]:
    with db.transaction(owner) as session:
        return set(session.scalars(text("SELECT id FROM reading")))


def test_every_stored_reading_gets_the_identity_of_today_and_back(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrations.upgrade(url, "0014")
    owner = db.make_engine(url)
    rows = [{"taken_at": AT, **row} for row in ROWS]
    before = {_first_version(row) for row in rows}
    with db.transaction(owner) as session:
        session.execute(text("SELECT make_reading_partition('2026-03-01')"))
        for row in rows:
            empty = dict.fromkeys(_COLUMNS)
            session.execute(_INSERT, {**empty, **row, "id": _first_version(row), "clinic_id": OTHER})
        held = (
            "INSERT INTO held_reading (id, kind, reasons, item, reading_id, receipt_id, received_at)"
            " VALUES (:id, 'conflict', '[]', '{}', :reading_id, :id, now())"
        )
        session.execute(text(held), {"id": OTHER, "reading_id": _first_version(rows[0])})
    try:
        assert len(before) == len(rows)
        assert _ids(owner) == before
        migrations.upgrade(url)
        assert _ids(owner) == {_today(row) for row in rows}
        with db.transaction(owner) as session:
            assert session.scalar(text("SELECT reading_id FROM held_reading")) == _today(rows[0])
        migrations.move(url, "0014")
        assert _ids(owner) == before
        migrations.upgrade(url)
        assert _ids(owner) == {_today(row) for row in rows}
    finally:
        owner.dispose()
