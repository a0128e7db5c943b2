"""`cmc risk`: data, making, judging and watching the models. What learns is imported by the command that needs it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Annotated, Final

import typer
from rich.console import Console

from cmc.core.operating import OperatorError
from cmc.core.progress import bar
from cmc.risk import local_commands
from cmc.risk.models import release

app = typer.Typer(help="Risk models: make, judge, export, score, recalibrate, watch.", no_args_is_help=True)

data_app = typer.Typer(help="The survey that the models are made from.", no_args_is_help=True)
app.add_typer(data_app, name="data")

SEED: Final = 20261122
SAMPLES: Final = 200
Data = Annotated[Path, typer.Option(help="Parquet file of the survey, as `cmc risk data build` writes it.")]
Where = Annotated[Path | None, typer.Option("--models", help="Folder of a release [the one that came with cmc].")]


@data_app.command("fetch")
def fetch_data(into: Annotated[Path, typer.Option(help="Folder for the public files.")]) -> None:
    """Fetch the public files of NHANES and its linked mortality; what is here already is checked by its hash."""
    commands = _learning()
    with bar(Console(stderr=True)) as progress:
        fetched = commands.fetch(into, progress)
    typer.echo(f"{into}: {fetched} files fetched, all hashes as noted")


@data_app.command("build")
def build_data(
    files: Annotated[Path, typer.Option("--files", help="Folder of `fetch`.")],
    to: Annotated[Path, typer.Option(help="Parquet file to write.")],
) -> None:
    """Make one table, without identifiers, from the public files."""
    commands = _learning()
    with bar(Console(stderr=True)) as progress:
        people = commands.build(files, to, progress)
    typer.echo(f"{to}: {people} people")


@data_app.command("check")
def check_data(data: Data) -> None:
    """Say what a data file holds, its hash, and whether the shipped models were made from it."""
    commands = _learning()
    typer.echo(commands.check(data))


@app.command()
def train(
    data: Data,
    to: Annotated[Path, typer.Option(help="Folder for the release.")],
    version: Annotated[str, typer.Option(help="Version of the release.")] = release.VERSION,
    seed: Annotated[int, typer.Option(min=0, help="The same seed and data give the same bytes.")] = SEED,
    refits: Annotated[int, typer.Option(min=5, help="Refits behind the band.")] = 30,
) -> None:
    """Make all models from the survey; the same bytes every time."""
    commands = _learning()
    with bar(Console(stderr=True)) as progress:
        digest = commands.train(data, to, version=version, seed=seed, refits=refits, progress=progress)
    typer.echo(f"{to}: manifest {digest}")


@app.command()
def validate(
    data: Data,
    models: Where = None,
    samples: Annotated[int, typer.Option(min=20, help="Samples behind each interval.")] = SAMPLES,
    external: Annotated[bool, typer.Option(help="Check deaths in Olmsted County too.")] = True,
) -> None:
    """Write every table and picture beside the models; a gate that fails ends with exit code 1."""
    commands = _learning()
    where = _where(models)
    with bar(Console(stderr=True)) as progress:
        found = commands.validate(data, where, commands.Settings(SEED, samples), progress, external=external)
    for gate in found.gates:
        if not gate.passed:
            typer.echo(f"fails: {gate.name}: {gate.found:.4g}, asked {gate.least:g}–{gate.most:g}", err=True)
    typer.echo(f"{where}: {sum(gate.passed for gate in found.gates)} of {len(found.gates)} gates hold")
    if not found.passed:
        raise typer.Exit(1)


@app.command()
def card(models: Where = None) -> None:
    """Write MODEL_CARD.md from the manifest and the metrics of the last validation."""
    commands = _learning()
    typer.echo(f"{commands.write_card(_where(models))} written")


@app.command()
def export(models: Where = None) -> None:
    """Write the models as scikit-learn estimators (models.skops), with their hash, and read them back."""
    commands = _learning()
    typer.echo(f"{commands.export(_where(models))} written")


def _learning() -> ModuleType:
    """The commands that learn: they bring scikit-learn along, which stays out of every other process."""
    try:
        from cmc.risk.training import commands  # noqa: PLC0415
    except ImportError as error:
        raise OperatorError(f"{error.name} is not installed: pip install 'cmc[training]'.") from error
    return commands


def _where(models: Path | None) -> Path:
    try:
        return models or release.folder()
    except release.BrokenRelease as error:
        raise OperatorError(f"{error}: give --models, or make them by `cmc risk train`.") from error


app.command()(local_commands.score)
app.command()(local_commands.recalibrate)
app.command()(local_commands.monitor)
