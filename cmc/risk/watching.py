"""The monthly look at the models: people against the baseline, events against what was foretold.

A breach is a message to people (`risk.to_look_at`), once a month and release; nothing is ever trained or moved by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.periods import add_months
from cmc.core.scope import Scope
from cmc.outbox import service as outbox
from cmc.outbox.codes import EventKind
from cmc.risk import known, local_queries, monitoring, served, stored
from cmc.risk.equations.inputs import Inputs
from cmc.risk.local_queries import Month
from cmc.risk.models.model import Task
from cmc.risk.models.scoring import Score
from cmc.risk.monitoring import Baseline, Seen, Spread, Watch
from cmc.risk.tables import RiskBaseline, RiskWatch

SAMPLE: Final = 20_000
"""So many people are compared with the baseline: more would not make a share of 5 % any clearer."""
LEAST_PEOPLE: Final = 500
"""A baseline of fewer would call somebody for chance alone [D]."""
MONTHS: Final = 12
DEATHS: Final = "death-10y"
EVENTS: Final = "cvd"


def due_month(on: date) -> date:
    """The first day of the month that is looked at on a day: the last whole one."""
    return add_months(on.replace(day=1), -1)


def is_done(session: Session, month: date) -> bool:
    """Whether a month was looked at under the release in use."""
    query = select(col(RiskWatch.month)).where(
        col(RiskWatch.month) == month, col(RiskWatch.release) == served.models().id
    )
    return session.scalars(query.limit(1)).first() is not None


def baseline_people(session: Session) -> int:
    """Of how many people the baseline of the release in use is made; 0 without one."""
    row = session.get(RiskBaseline, served.models().id)
    return 0 if row is None else row.people


def look(session: Session, scope: Scope, month: date, *, now: datetime, on: date) -> list[RiskWatch]:
    """Look at a month, keep what was seen and tell people of every breach; return what was kept.

    The first look at a release makes its baseline. Labels wait for nobody: deaths and diagnoses count as known so far.
    """
    release = served.models().id
    seen = [_row(month, release, each, now) for each in _of_people(session, scope, release, now=now, on=on)]
    for name, count in (
        (DEATHS, local_queries.died(session, scope, first=month, following=add_months(month, 1))),
        (EVENTS, local_queries.happened(session, scope, first=month, following=add_months(month, 1))),
    ):
        seen += _of_events(session, month, release, name, count, now)
    session.add_all(seen)
    session.flush()
    alerts = sorted(f"{each.watch}:{each.name}" for each in seen if each.alert)
    if alerts:
        told = {"release": release, "month": month.isoformat(), "to_look_at": alerts}
        outbox.emit(session, EventKind.RISK_TO_LOOK_AT, None, told, now=now, once=f"risk:{release}:{month}")
    return seen


def _of_people(session: Session, scope: Scope, release: str, *, now: datetime, on: date) -> Sequence[Seen]:
    kept = local_queries.sample(session, scope, limit=SAMPLE)
    if len(kept) < LEAST_PEOPLE:
        return ()
    people = known.inputs([stored.inputs_of(each) for each in kept])
    scores = served.models().scorer.score(people)
    row = session.get(RiskBaseline, release)
    if row is None:
        made = baseline_json(monitoring.baseline_of(people, scores))
        session.add(RiskBaseline(release=release, data=made, people=people.size, made_on=on, made_at=now))
        return ()
    return _compared(baseline_of(row.data), people, scores)


def _compared(baseline: Baseline, people: Inputs, scores: Mapping[Task, Score]) -> Sequence[Seen]:
    """What `monitoring` says; a share that is no number (nobody known then or now) is not kept."""
    return [each for each in monitoring.compared(baseline, people, scores) if np.isfinite(each.value)]


def _of_events(session: Session, month: date, release: str, name: str, count: Month, now: datetime) -> list[RiskWatch]:
    """Observed over expected of the last twelve months with its interval, and the CUSUM of all of them."""
    if not count.expected > 0:
        return []
    before = _former(session, month, release, name)
    months = [*before, count]
    year = months[-MONTHS:]
    ratio = monitoring.observed_expected(sum(each.observed for each in year), sum(each.expected for each in year))
    run = monitoring.cusum([each.observed for each in months], [each.expected for each in months])
    evidence = max(run.higher[-1], run.lower[-1])
    own: dict[str, Any] = {"observed": count.observed, "expected": count.expected}
    level = _row(month, release, Seen(Watch.LEVEL, name, ratio.value, ratio.alert), now)
    level.low, level.high, level.observed, level.expected = ratio.low, ratio.high, own["observed"], own["expected"]
    breach = evidence > monitoring.CUSUM_ALERT
    return [level, _row(month, release, Seen(Watch.CUSUM, name, evidence, breach), now)]


def _former(session: Session, month: date, release: str, name: str) -> list[Month]:
    query = select(RiskWatch).where(
        col(RiskWatch.release) == release,
        col(RiskWatch.watch) == Watch.LEVEL.value,
        col(RiskWatch.name) == name,
        col(RiskWatch.month) < month,
    )
    rows = session.scalars(query.order_by(col(RiskWatch.month)))
    return [Month(row.observed or 0, row.expected or 0.0) for row in rows]


def _row(month: date, release: str, seen: Seen, now: datetime) -> RiskWatch:
    return RiskWatch(
        month=month,
        release=release,
        watch=seen.watch.value,
        name=seen.name,
        value=seen.value,
        alert=bool(seen.alert),
        made_at=now,
    )


def baseline_json(baseline: Baseline) -> dict[str, Any]:
    """A baseline as it is stored; `baseline_of` reads it back."""
    spreads = {
        name: {key: asdict(each) for key, each in getattr(baseline, name).items()} for name in ("inputs", "scores")
    }
    return {**spreads, "tiers": dict(baseline.tiers), "out_of_range": baseline.out_of_range}


def baseline_of(data: Mapping[str, Any]) -> Baseline:
    """The baseline of its stored form."""
    spreads = {
        name: {key: Spread(tuple(each["edges"]), tuple(each["shares"])) for key, each in data[name].items()}
        for name in ("inputs", "scores")
    }
    return Baseline(spreads["inputs"], spreads["scores"], data["tiers"], data["out_of_range"])
