"""`cmc risk score|recalibrate|monitor`: the models at a place, from files; the database is the service's."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cmc.core import clock
from cmc.core.operating import OperatorError
from cmc.risk import database_commands, files, monitoring, recalibration
from cmc.risk.models import release
from cmc.risk.models.release import Release

Levels = Annotated[Path | None, typer.Option(help="File with the local levels, as `recalibrate` writes it.")]
Where = Annotated[Path | None, typer.Option("--models", help="Folder of a release [the one that came with cmc].")]
PeopleFile = Annotated[Path, typer.Option(help="CSV: `person` and inputs by their keywords, e.g. sbp_mmhg.")]


def score(
    people: PeopleFile,
    to: Annotated[Path, typer.Option(help="CSV to write: a row per person and task.")],
    levels: Levels = None,
    models: Where = None,
) -> None:
    """Score people of a CSV file: raw number, band, number at the local level, tier, flags."""
    found = files.read_people(people)
    known = files.current(files.read_levels(levels)) if levels else {}
    table = files.score_table(found, opened(models), known)
    files.write_csv(table, to)
    typer.echo(f"{to}: {len(found.ids)} people, {table['raw'].count()} of {table.height} numbers")


def recalibrate(
    model: Annotated[str, typer.Option(help="Model, e.g. risk-death-10y-t2.")],
    outcomes: Annotated[
        Path | None, typer.Option(help="CSV: `raw` risks, `happened` 0/1, `weight` if any [the database].")
    ] = None,
    levels: Annotated[Path | None, typer.Option(help="File of levels; the new version is added.")] = None,
    standard_mean: Annotated[float | None, typer.Option(help="Mean risk of an external standard, 0–1.")] = None,
    standard: Annotated[str | None, typer.Option(help="Name of that standard.")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of the version [today].")] = None,
    models: Where = None,
) -> None:
    """Make the next local level of a model: from an external standard, or from at least 100 local events.

    Without --outcomes the database is read: for a standard those managed now are scored; for events everybody is scored
    as of the horizon ago, and what happened since counts.
    """
    if outcomes is None:
        typer.echo(database_commands.recalibrate(model, standard_mean, standard, on.date() if on else clock.today()))
        return
    if levels is None:
        raise OperatorError("Give --levels with --outcomes: the file that the new level is added to.")
    found = opened(models)
    if model not in {each.id for each in found.scorer.models.values()}:
        raise OperatorError(f"There is no model {model}.")
    day = on.date() if on else clock.today()
    every = files.read_levels(levels)
    before = files.current(every).get(model) or recalibration.raw_level(model, found.version, on=day)
    given = files.read_outcomes(outcomes)
    try:
        if standard_mean is not None:
            level = recalibration.from_standard(before, given.raw, standard_mean, standard=standard or "", on=day)
        else:
            level = recalibration.from_events(before, given.raw, given.happened, given.weight, on=day)
    except ValueError as error:
        raise OperatorError(f"No new level: {error}.") from error
    files.write_levels((*every, level), levels)
    typer.echo(database_commands.told(level))
    if standard_mean is None:
        _check(given)


def monitor(
    people: Annotated[
        Path | None, typer.Option(help="CSV: `person` and inputs by their keywords [the database].")
    ] = None,
    baseline: Annotated[Path | None, typer.Option(help="File of the baseline.")] = None,
    start: Annotated[bool, typer.Option("--start", help="Write the baseline from these people.")] = False,
    months: Annotated[Path | None, typer.Option(help="CSV: `observed` and `expected` events by month.")] = None,
    models: Where = None,
) -> None:
    """Compare people with those of the baseline, and events with what was foretold; an alert ends with exit code 1.

    Without --people the last whole month of the database is looked at, as the worker does.
    """
    if people is None:
        count, alerts, note = database_commands.monitor(clock.today())
        if note is not None:
            typer.echo(note)
        database_commands.echo_alerts(count, alerts)
        return
    if baseline is None:
        raise OperatorError("Give --baseline with --people: the file to compare with, or to write with --start.")
    found = files.read_people(people)
    scores = opened(models).scorer.score(found.inputs)
    if start:
        files.write_baseline(monitoring.baseline_of(found.inputs, scores), baseline)
        typer.echo(f"{baseline}: {len(found.ids)} people")
        return
    seen = monitoring.compared(files.read_baseline(baseline), found.inputs, scores)
    alerts = [f"{each.watch.text.en} {each.name}: {each.value:.3f}" for each in seen if each.alert]
    if months is not None:
        alerts += _of_months(months)
    database_commands.echo_alerts(len(seen), alerts)


def opened(models: Path | None) -> Release:
    """The release in a folder, or the one that came with cmc. Raises OperatorError when it is broken."""
    try:
        return release.shipped() if models is None else release.load(models)
    except release.BrokenRelease as error:
        raise OperatorError(f"The models cannot be used: {error}.") from error


def _check(given: files.LocalOutcomes) -> None:
    try:
        found = recalibration.checked(given.raw, given.happened, given.weight)
    except recalibration.TooFewEvents as error:
        typer.echo(f"Not checked in other people: {error}.")
        return
    typer.echo(f"observed over expected: {found.before:.2f} before, {found.after:.2f} after, in people left out")


def _of_months(months: Path) -> list[str]:
    observed, expected = files.read_months(months)
    try:
        ratio = monitoring.observed_expected(sum(observed), sum(expected))
        run = monitoring.cusum(observed, expected)
    except ValueError as error:
        raise OperatorError(f"{months.name}: {error}.") from error
    alerts = []
    if ratio.alert:
        alerts.append(f"observed over expected {ratio.value:.2f} ({ratio.low:.2f}–{ratio.high:.2f})")
    if run.alert_at is not None:
        alerts.append(f"CUSUM from month {run.alert_at + 1} on")
    return alerts
