"""`cmc import patients FILE` and `cmc import readings FILE`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table as Grid
from sqlalchemy import Engine

from cmc.core import clock, config, db, key_check
from cmc.core.command_line import service_engine
from cmc.core.config import Settings
from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.scope import system_scope
from cmc.exchange import files
from cmc.exchange.errors import UnusableFileError
from cmc.exchange.files import Table
from cmc.imports import mapping as mappings
from cmc.imports import patients, payloads, readings, record_commands
from cmc.imports.mapping import Mapping
from cmc.imports.report import Counts, Report, report
from cmc.ingest import times
from cmc.ingest.received import Circumstances

app = typer.Typer(help="Take in people, facts and readings from CSV, XLSX or FHIR files.", no_args_is_help=True)
app.add_typer(record_commands.app)

File = Annotated[Path, typer.Argument(help="CSV (also .csv.gz; UTF-8 or GB18030) or XLSX.", dir_okay=False)]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="TOML file: which column is which field; see cmc/imports/examples/."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do everything, say what would happen, and take it back.")]
ErrorFile = Annotated[Path | None, typer.Option("--errors", help="Where refused rows are listed [./NAME.errors.csv].")]
FormatCode = Annotated[
    str | None, typer.Option("--format", help="Wire format of the file, e.g. accu_chek_csv, libreview_csv, omron_csv.")
]
PersonId = Annotated[UUID | None, typer.Option("--patient", help="With --format: whose readings these are.")]
DeviceCode = Annotated[str | None, typer.Option("--device", help="With --format: the device, where the file has none.")]
Zone = Annotated[
    str | None,
    typer.Option("--timezone", help="With --format: in which the device's clock is set; else the register's."),
]
ClinicCode = Annotated[str, typer.Option("--clinic", help="Code of the clinic that the people go to.")]

_ME = "cmc import"
_SCOPE = system_scope("command:import")
_Work = Callable[[Transaction, Table, Mapping, Report, datetime], Iterator[None]]


@app.command("patients")
def import_patients(
    file: File,
    clinic: ClinicCode,
    mapping: MappingFile = None,
    dry_run: DryRun = False,
    errors: ErrorFile = None,
) -> None:
    """Put the people of a file on record at a clinic. People on file already are left as they are."""
    settings = config.load()

    def work(transaction: Transaction, table: Table, columns: Mapping, found: Report, now: datetime) -> Iterator[None]:
        keys = config.keyring(settings)
        clinic_id = record_commands.clinic_of(transaction, keys, clinic)
        yield from patients.run(transaction, _SCOPE, keys, clinic_id, table, columns, found, now=now)

    _run(settings, mappings.PATIENTS, file, mapping, errors, work, dry_run=dry_run)


@app.command("readings")
def import_readings(
    file: File,
    mapping: MappingFile = None,
    dry_run: DryRun = False,
    errors: ErrorFile = None,
    code: FormatCode = None,
    patient: PersonId = None,
    device: DeviceCode = None,
    zone: Zone = None,
) -> None:
    """Store the readings of a file. What is stored already is a duplicate, so a second run changes nothing.

    A table of our own columns, or with --format the file of a device or program as it was exported.
    """
    settings = config.load()
    keys = config.keyring(settings)
    if code is not None:
        if zone is not None and times.zone(zone) is None:
            raise typer.BadParameter("the IANA name of a time zone such as Asia/Shanghai", param_hint="--timezone")
        said = zone is not None
        given = Circumstances(zone=zone or times.DEFAULT_ZONE, zone_said=said, device=device, patient_id=patient)
        _run_payload(settings, keys, file, code, given, errors, dry_run=dry_run)
        return

    def work(transaction: Transaction, table: Table, columns: Mapping, found: Report, now: datetime) -> Iterator[None]:
        with transaction() as session:
            key_check.require_ours(session, keys)
        yield from readings.run(transaction, _SCOPE, keys, table, columns, found, now=now)

    _run(settings, mappings.READINGS, file, mapping, errors, work, dry_run=dry_run)


def _run_payload(
    settings: Settings,
    keys: Keyring,
    file: Path,
    code: str,
    given: Circumstances,
    errors: Path | None,
    *,
    dry_run: bool,
) -> None:
    try:
        form, body = payloads.form_of(code), payloads.body_of(file)
        with (
            report(errors or _error_file(file)) as found,
            service_engine(settings, _ME) as engine,
            _transactions(engine, dry_run=dry_run) as transaction,
        ):
            with transaction() as session:
                key_check.require_ours(session, keys)
            payloads.run(transaction, _SCOPE, keys, body, form, given, found, now=clock.now())
        _show(Console(), mappings.READINGS, (), found, dry_run=dry_run)
    except UnusableFileError as error:
        typer.echo(f"cmc: {error}", err=True)
        raise typer.Exit(2) from error


def _run(
    settings: Settings,
    kind: str,
    file: Path,
    mapping: Path | None,
    errors: Path | None,
    work: _Work,
    *,
    dry_run: bool,
) -> None:
    console = Console()
    try:
        with files.table(file) as table, report(errors or _error_file(file)) as found:
            columns = (
                mappings.of_file(mapping, kind, table.columns) if mapping else mappings.of_columns(kind, table.columns)
            )
            with service_engine(settings, _ME) as engine, _transactions(engine, dry_run=dry_run) as transaction:
                _with_progress(console, table, work(transaction, table, columns, found, clock.now()))
            _show(console, kind, columns.ignored, found, dry_run=dry_run)
    except UnusableFileError as error:
        typer.echo(f"cmc: {error}", err=True)
        raise typer.Exit(2) from error


def _with_progress(console: Console, table: Table, batches: Iterator[None]) -> None:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(table.name, total=table.size or None)
        for _ in batches:
            progress.update(task, completed=min(table.position(), table.size or table.position()))


@contextmanager
def _transactions(engine: Engine, *, dry_run: bool) -> Iterator[Transaction]:
    """Yield what opens the transaction of a batch; in a dry run all of them lie inside one that is taken back."""
    if not dry_run:
        yield lambda: db.transaction(engine, _SCOPE)
        return
    with engine.connect() as connection, connection.begin() as outer:
        yield lambda: db.transaction(connection, _SCOPE)
        outer.rollback()


def _error_file(file: Path) -> Path:
    """In the current folder: the one of the input may be shared, or closed to writing."""
    name = file.name.removesuffix(".gz").removesuffix(".csv").removesuffix(".xlsx")
    return Path(f"{name}.errors.csv")


def _show(console: Console, kind: str, unused: Sequence[str], found: Report, *, dry_run: bool) -> None:
    counts: Counts = found.counts
    grid = Grid(title=f"Import of {kind}" + (" (dry run: nothing was kept)" if dry_run else ""))
    grid.add_column("rows")
    grid.add_column("count", justify="right")
    grid.add_row("read", f"{counts.read:,}")
    for result in ("created", "duplicate", "conflict", "quarantined", "rejected"):
        grid.add_row(result, f"{counts.results[result]:,}")
        for (of, code), count in sorted(counts.reasons.items()):
            if of == result:
                grid.add_row(f"    {code}", f"{count:,}")
    console.print(grid)
    if unused:
        console.print(f"Columns not used: {', '.join(unused)}", markup=False)
    if counts.reasons:
        console.print(f"Rows with something to say are listed in {found.path}", markup=False)
