"""`cmc indicators publish`: freeze the numbers of a month that is over."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from cmc.core import clock, config, db
from cmc.core.command_line import service_engine
from cmc.core.errors import CmcError
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.indicators.periods import year_to_date
from cmc.organisations import queries as organisations
from cmc.reports import service
from cmc.reports.codes import ReportState

app = typer.Typer(help="Reports of indicators.", no_args_is_help=True)
_MONTH = re.compile(r"(?:19|20)\d{2}-(?:0[1-9]|1[0-2])\Z")
_SCOPE = system_scope("command:indicators")

Period = Annotated[str, typer.Option("--period", help="The month that is over, such as 2026-10: the year up to it.")]
Node = Annotated[str, typer.Option("--organisation", help="Code of the clinic, district or region.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why what was published is revised; about no person.")]


@app.callback()
def _group() -> None:
    """Commands of indicators."""


@app.command()
def publish(period: Period, organisation: Node, reason: Reason = None) -> None:
    """Freeze the numbers with their definitions and lists. A region's report waits for the approval of a user."""
    if not _MONTH.match(period):
        raise OperatorError("--period is a month such as 2026-10.")
    settings = config.load()
    now = clock.now()
    with service_engine(settings, "cmc indicators publish") as engine, db.transaction(engine, _SCOPE) as session:
        node = organisations.by_code(session, organisation)
        if node is None:
            raise OperatorError("There is no organisation with this code.")
        wanted = year_to_date(int(period[:4]), int(period[5:]))
        try:
            made = service.publish(session, _SCOPE, node.id, wanted, reason=reason, now=now, on=clock.local_date(now))
        except CmcError as error:
            raise OperatorError(error.errors[0].detail if error.errors else error.detail) from error
        waits = service.state(made) is ReportState.PROPOSED
        version, report_id = made.version, made.id
    typer.echo(f"{report_id}  version {version}  {'waits for a second person' if waits else 'published'}")
