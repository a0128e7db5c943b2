"""`cmc import records FILE` and `cmc import fhir FOLDER`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table as Grid

from cmc.core import clock, command_line, config, db, key_check
from cmc.core.command_line import service_engine
from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.scope import system_scope
from cmc.exchange.codes import ImportKind, RowVerdict
from cmc.exchange.errors import UnusableFileError
from cmc.imports import fhir, records
from cmc.organisations import queries as organisations
from cmc.organisations.tables import OrganisationKind

app = typer.Typer()

ClinicCode = Annotated[str, typer.Option("--clinic", help="Code of the clinic that the people go to.")]

_ME = "cmc import"
_SCOPE = system_scope("command:import")


@app.command("records")
def import_records(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GB18030, also .gz) or XLSX.", dir_okay=False)],
    kind: Annotated[ImportKind, typer.Option("--kind", help="What the rows are.")],
    clinic: ClinicCode,
    column: Annotated[
        list[str] | None, typer.Option("--column", help="field=Heading, where a heading is not recognised.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all rows and store none.")] = False,
    skip_likely: Annotated[bool, typer.Option("--skip-likely", help="Leave out who may be on file already.")] = False,
    refused: Annotated[
        Path | None,
        typer.Option("--refused", help="Where refused rows are written, .xlsx or .csv [./NAME.refused.xlsx]."),
    ] = None,
) -> None:
    """Take in people, diagnoses, medicines, results … of a CSV or XLSX sheet; what is on file is not stored again."""
    settings = config.load()
    keys = config.keyring(settings)
    try:
        named = _named_columns(column or [])
        with service_engine(settings, _ME) as engine:
            transaction: Transaction = lambda: db.transaction(engine, _SCOPE)  # noqa: E731
            clinic_id = clinic_of(transaction, keys, clinic)
            with command_line.bar("Checking") as told:
                run_id = records.take_in(transaction, _SCOPE, keys, file, kind, clinic_id, named, told, now=clock.now())
            if not dry_run:
                with command_line.bar("Storing") as told:
                    records.store(transaction, _SCOPE, keys, run_id, told, skip_likely=skip_likely, now=clock.now())
            found, likely = records.counts(transaction, _SCOPE, run_id)
            path = refused or Path(f"{file.name.split('.')[0]}.refused.xlsx")
            if found.get(RowVerdict.REFUSED):
                records.write_refused(transaction, _SCOPE, keys, run_id, path)
            if dry_run:
                records.discard(transaction, _SCOPE, run_id, now=clock.now())
    except UnusableFileError as error:
        typer.echo(f"cmc: {error}", err=True)
        raise typer.Exit(2) from error
    _show_records(kind, found, likely, path, dry_run=dry_run)


@app.command("fhir")
def import_fhir(
    folder: Annotated[Path, typer.Argument(help="Folder of FHIR R4 bundles (*.json), or one bundle.")],
    clinic: ClinicCode,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Where the whole report is written: .json or .txt.")
    ] = None,
) -> None:
    """Take in FHIR bundles: people, diagnoses, medicines, allergies, results, hospital stays, blood pressures.

    What is kept and what is not, and why, is told by type and code. A second run stores nothing.
    """
    settings = config.load()
    keys = config.keyring(settings)
    try:
        with (
            service_engine(settings, _ME) as engine,
            command_line.bar("Bundles") as told,
        ):
            transaction: Transaction = lambda: db.transaction(engine, _SCOPE)  # noqa: E731
            clinic_id = clinic_of(transaction, keys, clinic)
            found = fhir.run(transaction, _SCOPE, keys, folder, clinic_id, told, now=clock.now())
    except UnusableFileError as error:
        typer.echo(f"cmc: {error}", err=True)
        raise typer.Exit(2) from error
    for line in found.as_text():
        typer.echo(line)
    if report_file is not None:
        fhir.write(found, report_file)


def _named_columns(given: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if bad := [each for each in pairs if not each[1]]:
        raise UnusableFileError(f"--column {bad[0][0]} must say field=Heading.")
    return {field: heading for field, _, heading in pairs}


def clinic_of(transaction: Transaction, keys: Keyring, code: str) -> UUID:
    """Return the id of the clinic with a code; raise `UnusableFileError` when there is none."""
    with transaction() as session:
        key_check.require_ours(session, keys)
        node = organisations.by_code(session, code)
        if node is None or node.kind != OrganisationKind.CLINIC:
            raise UnusableFileError(f"There is no clinic with the code {code!r}.")
        return node.id


def _show_records(kind: ImportKind, found: dict[RowVerdict, int], likely: int, path: Path, *, dry_run: bool) -> None:
    console = Console()
    grid = Grid(title=f"{kind.text.zh} {kind.text.en}" + (" (dry run: nothing was stored)" if dry_run else ""))
    grid.add_column("rows")
    grid.add_column("count", justify="right")
    for verdict in RowVerdict:
        if found.get(verdict):
            grid.add_row(f"{verdict.text.zh} {verdict.text.en}", f"{found[verdict]:,}")
    if likely:
        grid.add_row("疑似已在档 Likely on file", f"{likely:,}")
    console.print(grid)
    if found.get(RowVerdict.REFUSED):
        console.print(f"Refused rows with their reasons are in {path}", markup=False)
