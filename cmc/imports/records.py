"""Sheets of people and facts from the command line: the same steps as over HTTP, with a bar, one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.errors import CmcError
from cmc.core.scope import Scope
from cmc.exchange import files, queries, refused, running, sealing, service, sheets, workbooks
from cmc.exchange.codes import ImportKind, ImportState, RowVerdict, SheetFormat
from cmc.exchange.errors import UnusableFileError
from cmc.exchange.sheets import SHEETS

MOST_LINES: Final = 1_000_000
Told = Callable[[int, int], None]
"""Is told (done, of) after every step."""


def take_in(
    transaction: Transaction,
    scope: Scope,
    keys: Keyring,
    file: Path,
    kind: ImportKind,
    clinic_id: UUID,
    columns: Mapping[str, str],
    told: Told,
    *,
    now: datetime,
) -> UUID:
    """Take a file in and check all its rows; returns the id of the import, which waits for a decision.

    `columns` names headings for fields where they are not recognised. Raises `UnusableFileError`.
    """
    try:
        with files.table(file) as table, transaction() as session:
            run = service.start(session, scope, keys, clinic_id, kind, table, now=now, most=MOST_LINES)
            if columns:
                mapping = run.mapping | _places(columns, sealing.headings_of(sealing.key_of(keys, run), run))
                service.remap(session, scope, keys, run.id, mapping, now=now)
            if run.state == ImportState.UNMAPPED:
                raise UnusableFileError(_what_is_missing(kind, run.mapping))
    except CmcError as error:
        words = "; ".join(each.detail for each in error.errors) or str(error)
        raise UnusableFileError(f"{file.name} cannot be taken in: {words}.") from error
    _steps(transaction, scope, keys, run.id, told, now=now)
    return run.id


def store(
    transaction: Transaction, scope: Scope, keys: Keyring, run_id: UUID, told: Told, *, skip_likely: bool, now: datetime
) -> None:
    """Store what can be created of a checked import."""
    with transaction() as session:
        service.apply(session, scope, run_id, skip_likely=skip_likely, now=now)
    _steps(transaction, scope, keys, run_id, told, now=now)


def counts(transaction: Transaction, scope: Scope, run_id: UUID) -> tuple[dict[RowVerdict, int], int]:
    """Return the rows of an import by what becomes of them, and how many may be people on file."""
    with transaction() as session:
        found = queries.counts(session, scope, [run_id])[run_id]
        return found, queries.likely_count(session, scope, run_id)


def write_refused(transaction: Transaction, scope: Scope, keys: Keyring, run_id: UUID, path: Path) -> None:
    """Write the refused rows with their reasons to a file that only its owner may read."""
    form = SheetFormat.CSV if path.suffix.lower() == ".csv" else SheetFormat.XLSX
    with transaction() as session:
        run = queries.run(session, scope, run_id)
        service.exported(session, scope, run)
        made = refused.sheet_of(session, scope, keys, run, form)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.writelines(workbooks.sent(made))


def discard(transaction: Transaction, scope: Scope, run_id: UUID, *, now: datetime) -> None:
    """Give an import up."""
    with transaction() as session:
        service.discard(session, scope, run_id, now=now)


def _steps(transaction: Transaction, scope: Scope, keys: Keyring, run_id: UUID, told: Told, *, now: datetime) -> None:
    more = True
    while more:
        with transaction() as session:
            run = queries.run(session, scope, run_id, for_update=True)
            more = running.step(session, keys, run, now=now)
            told(run.done, run.lines)


def _places(columns: Mapping[str, str], headings: list[str]) -> dict[str, int]:
    found = {}
    for field, heading in columns.items():
        if heading not in headings:
            raise UnusableFileError(f"The file has no column {heading!r}.")
        found[field] = headings.index(heading)
    return found


def _what_is_missing(kind: ImportKind, mapping: Mapping[str, int]) -> str:
    needed = [
        " or ".join(f"{SHEETS[kind].column(name).zh} ({name})" for name in names)
        for names in sheets.missing(SHEETS[kind], mapping)
    ]
    return f"No column for {'; none for '.join(needed)}: name it with --column field=Heading."
