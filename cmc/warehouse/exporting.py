"""Writing the inputs as Parquet: one snapshot, streamed from the server's cursor, a row group for each step.

Memory holds one step at a time, whatever the region's size. Everything is written beside its place and moved there at
last, with a manifest that says of what day and schema it is: a folder with a manifest is whole.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import db
from cmc.core.clock import local_date
from cmc.core.crypto import Keyring
from cmc.core.operating import OperatorError
from cmc.core.scope import Scope
from cmc.indicators import facts
from cmc.indicators.definitions import DIGEST
from cmc.indicators.periods import Span
from cmc.warehouse.inputs import INPUTS, SCHEMA_VERSION, Input

ROWS_A_GROUP: Final = 50_000
ROWS_A_FILE: Final = 2_000_000
"""A new file is begun after so many rows, so that many machines can read at once."""

MANIFEST: Final = "manifest.json"
_SNAPSHOT: Final = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
_UNHURRIED: Final = text("SET LOCAL statement_timeout = '30min'")  # windows over all rows come before the first one
Progress = Callable[[int, int], None]


def export(
    engine: Engine, scope: Scope, keys: Keyring, folder: Path, *, now: datetime, progress: Progress = lambda *_: None
) -> dict[str, int]:
    """Write the inputs of the whole region into a new or empty folder; return the rows of each table.

    `scope` is the region's; the export is noted in the trail before anything is read. Raises `OperatorError` for a
    folder that holds something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise OperatorError("The folder is not empty: an export goes into a new one.")
    folder.mkdir(parents=True, exist_ok=True)
    with db.transaction(engine, scope) as session:
        audit.record(session, scope, Act.EXPORT, "warehouse", detail={"schema_version": SCHEMA_VERSION})
    values = facts.values_of(Span.YEAR.period(now.year, 1)) | {"salt": keys.token("warehouse", "person")}
    rows: dict[str, int] = {}
    with db.transaction(engine, scope) as session:
        session.execute(_SNAPSHOT)
        session.execute(_UNHURRIED)
        for done, each in enumerate(INPUTS):
            progress(done, len(INPUTS))
            rows[each.name] = _table(session, each, values, folder / each.name)
    _manifest(folder, rows, now)
    progress(len(INPUTS), len(INPUTS))
    return rows


def _table(session: Session, wanted: Input, values: dict[str, Any], folder: Path) -> int:
    import pyarrow as pa  # noqa: PLC0415 - of the group `warehouse`, for this command alone
    import pyarrow.parquet as pq  # noqa: PLC0415

    folder.mkdir()
    schema = pa.schema([(name, _type(kind)) for name, kind in wanted.columns])
    statement = text(wanted.sql)
    given = {name: value for name, value in values.items() if re.search(rf":{name}\b", wanted.sql)}
    streamed = {"stream_results": True, "max_row_buffer": ROWS_A_GROUP}
    found = session.execute(statement, given, execution_options=streamed)
    rows, writer = 0, None
    try:
        for part in found.partitions(ROWS_A_GROUP):
            if writer is None or rows % ROWS_A_FILE == 0:
                if writer is not None:
                    writer.close()
                writer = pq.ParquetWriter(folder / f"part-{rows // ROWS_A_FILE:05}.parquet", schema, compression="zstd")
            columns = zip(*part, strict=True)
            arrays = [pa.array(list(each), type=schema.field(at).type) for at, each in enumerate(columns)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=ROWS_A_GROUP)
            rows += len(part)
        if writer is None:
            writer = pq.ParquetWriter(folder / "part-00000.parquet", schema, compression="zstd")
    finally:
        if writer is not None:
            writer.close()
    return rows


def _type(kind: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    known = {"pseudonym": pa.binary(), "date": pa.date32(), "bool": pa.bool_(), "strings": pa.list_(pa.string())}
    return known.get(kind) or getattr(pa, kind)()


def _manifest(folder: Path, rows: dict[str, int], now: datetime) -> None:
    told = {
        "schema_version": SCHEMA_VERSION,
        "as_of": local_date(now).isoformat(),
        "made_at": now.isoformat(),
        "definitions": DIGEST,
        "tables": {each.name: {"rows": rows[each.name], "columns": dict(each.columns)} for each in INPUTS},
    }
    beside = folder / f".{MANIFEST}"
    beside.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    os.replace(beside, folder / MANIFEST)
