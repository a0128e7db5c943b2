"""`cmc simulate gateways FILES…`."""

import json
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from cmc.core import log
from cmc.core.operating import OperatorError
from cmc.core.progress import bar
from cmc.simulation import hub_files
from cmc.simulation.gateways import MOST_ITEMS, Traffic, replay
from cmc.simulation.plan import SEED
from cmc.simulation.sends import Shares


def gateways(
    files: Annotated[list[Path], typer.Argument(help="NDJSON files, one a hub, or folders of them.")],
    keys: Annotated[Path, typer.Option(help="Keys of the clinics, as `cmc admin gateway-keys` writes them.")],
    url: Annotated[str, typer.Option(help="Of the running service.")] = "http://127.0.0.1:8000",
    rate: Annotated[float, typer.Option(min=0.0, help="Readings a second over all hubs; 0: all it can.")] = 0.0,
    batch: Annotated[int, typer.Option(min=1, max=MOST_ITEMS, help="Readings in a request.")] = 50,
    connections: Annotated[int, typer.Option(min=1, max=1000, help="Requests under way at most.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same faults.")] = SEED,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many readings.")] = None,
    resend: Annotated[float, typer.Option(min=0, max=1, help="Share of bodies sent again after the answer.")] = 0.0,
    reorder: Annotated[float, typer.Option(min=0, max=1, help="Share of requests overtaken by later ones.")] = 0.0,
    duplicate: Annotated[float, typer.Option(min=0, max=1, help="Share of bodies with earlier items again.")] = 0.0,
    clock_reset: Annotated[float, typer.Option(min=0, max=1, help="Share of readings dated from 2000.")] = 0.0,
    lost_answer: Annotated[float, typer.Option(min=0, max=1, help="Share of requests that hang up early.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Report for machines on standard output.")] = False,
) -> None:
    """Replay hubs over HTTP, with faults, and check that every reading is acknowledged (exit code 1 when not).

    With --rate, latency counts from the moment at which a request was due, so that a stalled service cannot hide.
    A hub sends with the gateway key of its clinic; the file's folder has the clinic's code as its name.
    """
    log.configure("simulate gateways")
    shares = Shares(
        resend=resend, reorder=reorder, duplicate=duplicate, clock_reset=clock_reset, lost_answer=lost_answer
    )
    traffic = Traffic(
        url=url, rate=rate, batch=batch, connections=connections, seed=seed, limit=limit, shares=shares
    )  # fmt: skip
    hubs = hub_files.found(files)
    total = sum(path.stat().st_size for path in hubs) >> 10
    errors = Console(stderr=True)
    key_of = hub_files.keys(keys)
    try:
        with bar(errors) as progress:
            report = replay(hubs, traffic, key_of, lambda done: progress("KiB read", done >> 10, total))
    except httpx.InvalidURL as error:
        raise OperatorError("--url is not a well-formed URL.") from error
    for line in report.bad_lines_named:
        errors.print(line, markup=False, highlight=False, soft_wrap=True)
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        report.show(Console())
    raise typer.Exit(1 if report.failed else 0)
