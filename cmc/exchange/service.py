"""Imports from the first look at a file to the decision; what happens to the lines is `running`. Nothing commits."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import key_check
from cmc.core.crypto import FieldKey, Keyring
from cmc.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, invalid
from cmc.core.ids import new_id
from cmc.core.scope import Right, Scope
from cmc.exchange import queries, remembering, sealing, sheets
from cmc.exchange.codes import ImportKind, ImportState, RowVerdict
from cmc.exchange.files import Table
from cmc.exchange.sheets import SHEETS
from cmc.exchange.tables import ImportRun
from cmc.organisations import queries as organisations
from cmc.organisations.tables import OrganisationKind

MOST_LINES: Final = 50_000
"""Rows of a file that is sent; the command line takes more."""
_LINES_A_STATEMENT: Final = 5000
_OPEN: Final = frozenset({ImportState.UNMAPPED, ImportState.CHECKING, ImportState.CHECKED})

_ADD: Final = text(
    "INSERT INTO import_row (run_id, number, clinic_id, cells_cipher, verdict, faults, likely)"
    " SELECT :run_id, number, :clinic_id, cells, 'waiting', '[]', '[]'"
    " FROM unnest(CAST(:numbers AS int[]), CAST(:cells AS bytea[])) AS n (number, cells)"
)
_AGAIN: Final = text(
    "UPDATE import_row SET verdict = 'waiting', token = NULL, faults = '[]', likely = '[]', patient_id = NULL"
    " WHERE run_id = :run_id"
)
_SKIP: Final = text(
    "UPDATE import_row SET verdict = 'skipped' WHERE run_id = :run_id AND verdict = 'new'"
    " AND (number = ANY(CAST(:numbers AS int[])) OR :likely AND jsonb_array_length(likely) > 0)"
)
_DROP: Final = text("DELETE FROM import_row WHERE run_id = :run_id")


def start(
    session: Session,
    scope: Scope,
    keys: Keyring,
    clinic_id: UUID,
    kind: ImportKind,
    table: Table,
    *,
    now: datetime,
    most: int = MOST_LINES,
) -> ImportRun:
    """Take a file in: its columns recognised, its lines sealed and waiting to be checked; nothing of it is stored.

    Raises `NotFound` for a foreign clinic, `Forbidden` without the right for facts, `Invalid` for more than `most`
    lines or none, `UnusableFileError` for a file that turns out damaged.
    """
    if organisations.clinic(session, scope, clinic_id).kind != OrganisationKind.CLINIC:
        raise NotFound("no such clinic")
    _require_right(scope, kind)
    run_id = new_id()
    key, wrapped = sealing.new_key(keys, run_id, under=key_check.current(session, keys))
    run = ImportRun(
        id=run_id,
        clinic_id=clinic_id,
        kind=kind.value,
        state=ImportState.UNMAPPED.value,
        data_key=wrapped,
        headings_cipher=sealing.headings(key, run_id, table.columns),
        mapping=sheets.recognise(SHEETS[kind], table.columns),
        lines=0,
        made_at=now,
        made_by=scope.actor,
    )
    remembering.recall(session, scope, keys, run, table.columns)
    run.state = _first_state(kind, run.mapping).value
    session.add(run)
    session.flush()
    _add_lines(session, run, key, table, most)
    return run


def _add_lines(session: Session, run: ImportRun, key: FieldKey, table: Table, most: int) -> None:
    while lines := list(islice(table.rows, _LINES_A_STATEMENT)):
        run.lines += len(lines)
        if run.lines > most:
            raise invalid("/file", "too_many_rows", f"a file holds at most {most:,} rows: cut it into parts")
        values = {"run_id": run.id, "clinic_id": run.clinic_id, "numbers": [number for number, _ in lines]}
        session.execute(_ADD, values | {"cells": [sealing.cells(key, run.id, *line) for line in lines]})
    if not run.lines:
        raise invalid("/file", "no_rows", "the file has no row below its headings")
    session.flush()


def remap(
    session: Session, scope: Scope, keys: Keyring, run_id: UUID, mapping: Mapping[str, int], *, now: datetime
) -> ImportRun:
    """Name the columns of an import anew; all lines are checked again. Raises `NotFound`, `Conflict`, `Invalid`.

    A mapping that names all that is needed is kept for the clinic's next file with the same headings.
    """
    run = _open(session, scope, run_id)
    kind = ImportKind(run.kind)
    headings = sealing.headings_of(sealing.key_of(keys, run), run)
    _require_usable(kind, len(headings), mapping)
    run.mapping, run.done, run.state = dict(mapping), 0, _first_state(kind, mapping).value
    run.remembered = False
    if run.state == ImportState.CHECKING:
        remembering.keep(session, scope, keys, run, headings, now=now)
    session.execute(_AGAIN, {"run_id": run.id})
    session.flush()
    return run


def _require_usable(kind: ImportKind, columns: int, mapping: Mapping[str, int]) -> None:
    known = {each.name for each in SHEETS[kind].columns}
    faults = [FieldError("/mapping", "unknown_field", f"one of {', '.join(sorted(known))}")] * bool(
        set(mapping) - known
    )
    if any(place >= columns for place in mapping.values()):
        faults.append(FieldError("/mapping", "no_such_column", f"the file has the columns 0 to {columns - 1}"))
    if len(set(mapping.values())) < len(mapping):
        faults.append(FieldError("/mapping", "column_twice", "a column gives one field"))
    if faults:
        raise Invalid(errors=tuple(faults))


def apply(
    session: Session,
    scope: Scope,
    run_id: UUID,
    *,
    skip: list[int] | None = None,
    skip_likely: bool = False,
    now: datetime,
) -> ImportRun:
    """Decide that the lines that can be created are; the worker stores them. Asked again: changes nothing.

    Raises `NotFound`, and `Conflict` unless all lines are checked.
    """
    run = queries.run(session, scope, run_id, for_update=True)
    _require_right(scope, ImportKind(run.kind))
    if run.state in {ImportState.APPLYING, ImportState.DONE}:
        return run
    if run.state != ImportState.CHECKED:
        raise Conflict("this import is not ready: its rows must be checked first", code="import-state")
    numbers = sorted(set(skip or []))
    session.execute(_SKIP, {"run_id": run.id, "numbers": numbers, "likely": skip_likely})
    run.skip, run.skip_likely = numbers, skip_likely
    run.state, run.applied_by, run.applied_at = ImportState.APPLYING.value, scope.actor, now
    run.done = run.lines - queries.counts(session, scope, [run.id])[run.id].get(RowVerdict.NEW, 0)
    session.flush()
    return run


def discard(session: Session, scope: Scope, run_id: UUID, *, now: datetime) -> ImportRun:
    """Give an import up; its lines are taken away at once. Asked again: changes nothing."""
    run = queries.run(session, scope, run_id, for_update=True)
    if run.state == ImportState.DISCARDED:
        return run
    if run.state not in _OPEN:
        raise Conflict("this import is being stored, or is done", code="import-state")
    session.execute(_DROP, {"run_id": run.id})
    run.state, run.finished_at, run.done = ImportState.DISCARDED.value, now, 0
    session.flush()
    return run


def exported(session: Session, scope: Scope, run: ImportRun) -> None:
    """Note that the refused rows of an import leave with all that stands in them."""
    refused = queries.rows(session, scope, run.id, verdicts=(RowVerdict.REFUSED,), limit=MOST_LINES)
    people = [row.patient_id for row in refused if row.patient_id is not None]
    audit.seen(session, scope, "import_run", people, act=Act.EXPORT, detail={"import": str(run.id)})


def _open(session: Session, scope: Scope, run_id: UUID) -> ImportRun:
    run = queries.run(session, scope, run_id, for_update=True)
    _require_right(scope, ImportKind(run.kind))
    if run.state not in _OPEN:
        raise Conflict("this import is decided: take the file in again", code="import-state")
    return run


def _first_state(kind: ImportKind, mapping: Mapping[str, int]) -> ImportState:
    return ImportState.UNMAPPED if sheets.missing(SHEETS[kind], mapping) else ImportState.CHECKING


def _require_right(scope: Scope, kind: ImportKind) -> None:
    if kind is not ImportKind.PATIENTS and Right.WRITE_VISITS not in scope.rights:
        raise Forbidden("facts are recorded by who may record visits")
