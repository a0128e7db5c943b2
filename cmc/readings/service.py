"""Storing readings: one set-based insert, each reading once.

`guard.add_readings` inserts any number of rows in one statement (UNNEST … ON CONFLICT DO NOTHING), marks the people of
the new ones and answers which were new, NULL for all. It refuses people out of the reach of the transaction's scope,
for all of them at once instead of row by row. It does not look at `patient`: callers pass ids of people whom they
resolved earlier in the same transaction. The arrays are written here as PostgreSQL array literals, because the driver
would adapt every element of 22 lists on its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from cmc.core import db
from cmc.patients import touched
from cmc.readings import partitions
from cmc.readings.new_reading import NewReading

_SQL_TYPES: Final = {
    "id": "uuid",
    "taken_on": "date",
    "clinic_id": "uuid",
    "patient_id": "uuid",
    "taken_at": "timestamptz",
    "glucose_umol_l": "int4",
    "sbp_mmhg": "int2",
    "dbp_mmhg": "int2",
    "pulse_bpm": "int2",
    "sequence": "int4",
    "utc_offset_minutes": "int2",
}
_ARRAYS: Final = ", ".join(f"CAST(%({name})s AS {_SQL_TYPES.get(name, 'text')}[])" for name in NewReading._fields)
_INSERT: Final = (
    f"SELECT guard.add_readings(%(received_at)s, CAST(%(topics)s AS text[]), CAST(%(receipt_id)s AS uuid[]), {_ARRAYS})"
)
_TOPICS: Final = list(touched.OF_READINGS)


def insert(
    session: Session, rows: Sequence[NewReading], *, receipt_ids: Mapping[UUID, UUID], received_at: datetime
) -> set[UUID]:
    """Store the rows whose id is not there yet, mark their people for the jobs, and return the new ids.

    Missing month partitions are made.

    The ids must be distinct; `receipt_ids` says for each, and for no other, in which receipt it came. Rows go in by id,
    so that two senders of the same batch wait for each other in one order and never in a circle.
    """
    if not rows:
        return set()
    partitions.ensure(session, {row.taken_on for row in rows})
    ordered = sorted(rows, key=lambda row: row.id.int)
    arrays = zip(*ordered, strict=True)
    values: dict[str, object] = {
        name: array_literal(each) for name, each in zip(NewReading._fields, arrays, strict=True)
    }
    receipts = array_literal([receipt_ids[row.id] for row in ordered])
    values |= {"receipt_id": receipts, "received_at": received_at, "topics": _TOPICS}
    (((new,),),) = db.ask(session, (_INSERT, values))
    return set(receipt_ids) if new is None else set(new)


def array_literal(values: Sequence[object]) -> str:
    """Return `values` as the text of a PostgreSQL array.

    A JSON list is one but for its brackets (`null` is NULL, texts are quoted), as long as nothing in it is escaped.
    """
    listed = msgspec.json.encode(values).decode()
    return f"{{{listed[1:-1]}}}" if "\\" not in listed else _escaped(values)


def _escaped(values: Sequence[object]) -> str:
    quoted = (str(each).replace("\\", "\\\\").replace('"', '\\"') for each in values if each is not None)
    return "{" + ",".join("NULL" if each is None else f'"{next(quoted)}"' for each in values) + "}"
