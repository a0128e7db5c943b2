"""`cmc simulate`: make a region, into the database or into files, and replay its gateways."""

import time
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from cmc.core import clock, config, db, log
from cmc.core.command_line import migrated_database
from cmc.core.config import Settings
from cmc.core.operating import OperatorError
from cmc.core.progress import Progress, bar
from cmc.simulation import files
from cmc.simulation.files import FileFormat, TruthFolder
from cmc.simulation.gateways_cli import gateways
from cmc.simulation.plan import MOST_CLINICS, MOST_PEOPLE, SEED, SIZES, Plan, clinics_for
from cmc.simulation.store import store

app = typer.Typer(help="A simulated region: realistic people at any size.", invoke_without_command=True)
app.command("gateways")(gateways)

TRUTH_FOLDER: Final = "simulation"
"""Folder of the hidden truth in the data folder."""


class SizeName(StrEnum):
    """The sizes with a name."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@app.callback()
def simulate(
    context: typer.Context,
    size: Annotated[SizeName, typer.Option(help="small: the demo; medium: 60,000; large: 600,000.")] = SizeName.SMALL,
    people: Annotated[int | None, typer.Option(min=1, max=MOST_PEOPLE, help="Number of people instead.")] = None,
    clinics: Annotated[int | None, typer.Option(min=1, max=MOST_CLINICS, help="Clinics [one for 200 people].")] = None,
    years: Annotated[int | None, typer.Option(min=1, max=10, help="Years of records [as the size has them].")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same region.")] = SEED,
    end: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day [yesterday].")] = None,
    to: Annotated[Path | None, typer.Option(help="Write files into this folder instead of the database.")] = None,
    file_format: Annotated[FileFormat, typer.Option("--format", help="Of the files.")] = FileFormat.CSV,
) -> None:
    """Make a region of clinics, people and years of records, and say what was made.

    It is stored in an empty database, or written as files with --to. What nobody could know (who is really controlled,
    which clinic types its figures) goes to a folder of its own: DIR/truth, or `simulation` in the data folder.
    """
    if context.invoked_subcommand is not None:
        return
    log.configure("simulate")
    wanted = _plan(size, people, clinics, years, seed, end.date() if end else clock.today() - timedelta(days=1))
    started = time.monotonic()
    with bar(Console(stderr=True)) as progress:
        if to is not None:
            rows, where = files.write(wanted, to, file_format, progress=progress), str(to)
        else:
            rows, where = _store(config.load(), wanted, progress), "the database"
    _tell(wanted, rows, where, time.monotonic() - started)


def _plan(size: SizeName, people: int | None, clinics: int | None, years: int | None, seed: int, end: date) -> Plan:
    named = SIZES[size.value]
    if end >= clock.today():
        raise OperatorError("This cannot be simulated: the last day must lie before today.")
    count = people or named.people
    try:
        return Plan(
            people=count,
            clinics=clinics or (named.clinics if people is None else clinics_for(count)),
            years=years or named.years,
            seed=seed,
            end=end,
        )
    except ValueError as error:
        raise OperatorError(f"This cannot be simulated: {error}.") from None


def _store(settings: Settings, wanted: Plan, progress: Progress) -> dict[str, int]:
    keys = config.keyring(settings)
    truth = TruthFolder(wanted, settings.data_dir / TRUTH_FOLDER)
    with migrated_database(settings, "cmc simulate") as url:
        engine = db.make_engine(url)
        try:
            rows = store(engine, keys, wanted, progress=progress, witness=truth.see).rows
        finally:
            engine.dispose()
    if not rows:
        raise OperatorError("This database holds a simulated region already: simulate into an empty one.")
    truth.write(rows)
    return rows


def _tell(wanted: Plan, rows: dict[str, int], where: str, seconds: float) -> None:
    grid = Table(title=f"{wanted.people:,} people of {wanted.clinics} clinics, {wanted.start} to {wanted.end}")
    grid.add_column("table")
    grid.add_column("rows", justify="right")
    for table, count in rows.items():
        grid.add_row(table, f"{count:,}")
    total = sum(rows.values())
    Console().print(grid)
    typer.echo(f"{total:,} rows into {where} in {seconds:,.1f} s ({total / seconds:,.0f} rows/s), seed {wanted.seed}.")
