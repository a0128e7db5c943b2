"""`cmc risk recalibrate` and `cmc risk monitor` over the service's database."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import typer
from sqlalchemy import Engine

from cmc.core import clock, config, db
from cmc.core.command_line import service_engine
from cmc.core.operating import OperatorError
from cmc.core.scope import Scope, system_scope
from cmc.risk import locally, queries, recalibration, served, watching
from cmc.risk.models.model import TIERS, Task
from cmc.risk.models.terms import Tier
from cmc.risk.recalibration import LocalLevel

_SCOPE = system_scope("command:risk")


def recalibrate(model: str, standard_mean: float | None, standard: str | None, on: date) -> str:
    """Make and store the next level of a model from what the database knows; return what to tell.

    An external standard is compared with those who are managed on `on`, events with those who were the horizon ago.
    Raises OperatorError when there is no such model, nobody to judge by, or too few events.
    """
    task, tier = _named(model)
    begin = locally.Gathered.of if standard_mean is None else locally.Gathered.enrolled
    with service_engine(config.load(), "cmc risk recalibrate") as engine:
        cohort = _cohort(engine, _SCOPE, begin(task, on=on), tier)
        with db.transaction(engine, _SCOPE) as session:
            version = served.models().version
            found = queries.levels(session, version).get(model)
            before = found or recalibration.raw_level(model, version, on=on)
            try:
                level = _next(before, cohort, standard_mean, standard, on)
            except ValueError as error:
                raise OperatorError(f"No new level: {error}.") from error
            locally.store_level(session, _SCOPE, level, now=clock.now())
    return told(level)


def monitor(on: date) -> tuple[int, list[str], str | None]:
    """Look at the last whole month, once; return how many things, those that somebody should look at, and a note when
    people were compared with nothing."""
    with service_engine(config.load(), "cmc risk monitor") as engine, db.transaction(engine, _SCOPE) as session:
        month = watching.due_month(on)
        if watching.is_done(session, month):
            raise OperatorError(f"{month:%Y-%m} was looked at already.")
        before = watching.baseline_people(session)
        seen = watching.look(session, _SCOPE, month, now=clock.now(), on=on)
        alerts = [f"{each.watch} {each.name}: {each.value:.3f}" for each in seen if each.alert]
        return len(seen), alerts, None if before else _note(watching.baseline_people(session))


def _note(people: int) -> str:
    if people:
        return f"The baseline was made of {people} people: later months are compared with it."
    return f"Fewer than {watching.LEAST_PEOPLE} people have a score: no baseline yet, nobody was compared."


def told(level: LocalLevel) -> str:
    """A level in one line."""
    return (
        f"{level.model_id} level {level.version}: {level.basis.text.en}; intercept {level.intercept:+.3f}, "
        f"slope {level.slope:.3f}, {level.events} events in {level.people} people"
    )


def _named(model: str) -> tuple[Task, Tier]:
    for task, tiers in TIERS.items():
        for tier in tiers:
            if f"risk-{task.key}-{tier.value}" == model:
                return task, tier
    raise OperatorError(f"There is no model {model}.")


def _cohort(engine: Engine, scope: Scope, gathered: locally.Gathered, tier: Tier) -> locally.Cohort:
    """Everybody's raw risk as of the cohort's start, a batch a transaction: nothing is held for long."""
    after = UUID(int=0)
    while True:
        with db.transaction(engine, scope) as session:
            last = locally.gather(session, scope, gathered, after=after)
        if last is None:
            break
        after = last
    cohort = gathered.cohort(tier)
    if not cohort.raw.size:
        raise OperatorError(f"Nobody was on file on {gathered.start} with what this model needs.")
    return cohort


def _next(
    before: LocalLevel, cohort: locally.Cohort, standard_mean: float | None, standard: str | None, on: date
) -> LocalLevel:
    if standard_mean is not None:
        return recalibration.from_standard(before, cohort.raw, standard_mean, standard=standard or "", on=on)
    return recalibration.from_events(before, cohort.raw, cohort.label, cohort.weight, on=on)


def echo_alerts(count: int, alerts: list[str]) -> None:
    """Tell what was seen; an alert ends with exit code 1."""
    for alert in alerts:
        typer.echo(f"look at: {alert}", err=True)
    typer.echo(f"{count} things watched, {len(alerts)} to look at")
    if alerts:
        raise typer.Exit(1)
