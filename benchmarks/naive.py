"""The yardstick of single readings: FastAPI as it is usually written, each request a transaction of its own.

It does what every service would that keeps readings safe, and no more: the body is read by a schema class, the caller's
key and the person are looked up, the reading and its raw body are stored once, and the answer follows the COMMIT.
"""

import os
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from cmc.core.ids import derived_id

TABLES = """
CREATE TABLE IF NOT EXISTS naive_key (token text PRIMARY KEY, clinic_id uuid NOT NULL);
CREATE TABLE IF NOT EXISTS naive_receipt (id uuid PRIMARY KEY, received_at timestamptz NOT NULL, body text NOT NULL);
CREATE TABLE IF NOT EXISTS naive_reading (
    id uuid PRIMARY KEY, patient_id uuid NOT NULL, clinic_id uuid NOT NULL, kind text NOT NULL,
    taken_at timestamptz NOT NULL, value numeric, systolic smallint, diastolic smallint, unit text NOT NULL,
    period text, device text NOT NULL, sequence integer NOT NULL, receipt_id uuid NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_naive_reading ON naive_reading (patient_id, kind, taken_at);
"""
KEY = text("SELECT clinic_id FROM naive_key WHERE token = :token")
PERSON = text("SELECT id FROM patient WHERE id = :id AND clinic_id = :clinic_id")
READING = text(
    "INSERT INTO naive_reading VALUES (:id, :patient_id, :clinic_id, :kind, :taken_at, :value, :systolic, :diastolic,"
    " :unit, :period, :device, :sequence, :receipt_id) ON CONFLICT DO NOTHING"
)
RECEIPT = text("INSERT INTO naive_receipt VALUES (:id, now(), :body)")

app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
engine = create_engine(os.environ.get("NAIVE_DATABASE_URL", "postgresql+psycopg://"), pool_size=8, max_overflow=24)


class ReadingIn(BaseModel):
    """One reading."""

    patient_id: UUID
    kind: str
    taken_at: datetime
    unit: str
    device: str
    sequence: int
    value: float | None = None
    systolic: int | None = None
    diastolic: int | None = None
    period: str | None = None


@app.get("/bare")
def ready() -> dict[str, bool]:
    return {"ok": True}


@app.post("/readings")
def store(reading: ReadingIn, authorization: Annotated[str, Header()]) -> dict[str, str]:
    with Session(engine) as session, session.begin():
        clinic_id = session.scalar(KEY, {"token": authorization})
        if clinic_id is None or session.scalar(PERSON, {"id": reading.patient_id, "clinic_id": clinic_id}) is None:
            raise HTTPException(404)
        receipt_id = uuid4()
        session.execute(RECEIPT, {"id": receipt_id, "body": reading.model_dump_json()})
        known_by = derived_id(reading.device, str(reading.sequence), reading.taken_at.isoformat())
        own = {"id": known_by, "clinic_id": clinic_id, "receipt_id": receipt_id}
        session.execute(READING, reading.model_dump() | own)
    return {"id": str(known_by), "status": "created"}
