"""`cmc warehouse export` and `cmc warehouse count`."""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from cmc.core import clock, config
from cmc.core.command_line import bar, service_engine
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.indicators.periods import year_to_date
from cmc.indicators.store import cells
from cmc.warehouse import exporting, spark

app = typer.Typer(help="The inputs of the indicators for a data warehouse.", no_args_is_help=True)
NUMBERS = ("numerator", "denominator", "pooled_numerator", "pooled_denominator")
_MONTH = re.compile(r"(?:19|20)\d{2}-(?:0[1-9]|1[0-2])\Z")
Folder = Annotated[Path, typer.Argument(help="A new folder; of an export: one with manifest.json.", file_okay=False)]
Month = Annotated[str, typer.Option("--period", help="A month such as 2026-10: from 1 January to its end.")]
Master = Annotated[str, typer.Option(help="Where Spark runs: local[*], or the address of a cluster.")]


@app.command()
def export(folder: Folder) -> None:
    """Write the inputs as Parquet, people by pseudonyms. Birth dates are in it: keep it as personal data."""
    settings = config.load()
    with service_engine(settings, "cmc warehouse export") as engine, bar("Tables") as told:
        scope, keys = system_scope("command:warehouse"), config.keyring(settings)
        rows = exporting.export(engine, scope, keys, folder, now=clock.now(), progress=told)
    typer.echo("  ".join(f"{name} {count:,}" for name, count in rows.items()))


@app.command()
def count(folder: Folder, period: Month, master: Master = "local[*]") -> None:
    """Count the indicators of an export on Spark, of the year, quarter and month to a month's end, as CSV."""
    if not _MONTH.match(period):
        raise OperatorError("--period is a month such as 2026-10.")
    wanted = year_to_date(int(period[:4]), int(period[5:]))
    asked = list(cells(wanted))
    measures = spark.countable(asked)
    with spark.session(master=master) as running:
        found = spark.count(running, folder, wanted, measures)
    lines = csv.writer(sys.stdout)
    lines.writerow(("clinic", "code", "disease", "span", *NUMBERS))
    for clinic, counts in sorted(found.items()):
        for at, each in enumerate(measures):
            lines.writerow((clinic, each.code, each.disease.value, each.span.value, *counts[4 * at : 4 * at + 4]))
    for each in asked:
        if each not in measures:
            typer.echo(f"not counted here yet: {each.code} {each.disease.value}", err=True)
