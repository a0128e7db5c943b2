"""The local level of the trained models from the database: scores as of the horizon ago, and what happened since.

Everybody who was managed then and alive is scored from the chart as of that day, so that no fact from after it goes
in; what happened within the horizon is the outcome. Deaths come from the person, cardiovascular ones by a cause of
chapter I of ICD-10 (a cause in words is not known), kidney damage from the first tests within a year [D]. For an
external standard those who are managed now are scored, and nobody is followed. Rows of levels are only added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from cmc.charts import queries as charts
from cmc.charts.chart import AsOf, Chart
from cmc.core.memory import uncollected
from cmc.core.scope import Scope
from cmc.risk import assessing, filed_queries, known, local_queries, queries, served
from cmc.risk import filed as files
from cmc.risk.equations.equation import Outcome
from cmc.risk.equations.inputs import Column
from cmc.risk.local_outcomes import outcomes
from cmc.risk.local_queries import Death, Tested
from cmc.risk.models.model import Task
from cmc.risk.models.terms import Tier
from cmc.risk.recalibration import LocalLevel
from cmc.risk.tables import RiskModelLevel

PEOPLE: Final = 500
NOW_DAYS: Final = 365
_YEAR_DAYS: Final = 365.25


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Raw risks of one model with what came of them."""

    raw: Column
    label: Column
    weight: Column


@dataclass(slots=True)
class Gathered:
    """Raw risks of one task by tier, and days to the event and to the end of being followed; grows batch by batch."""

    task: Task
    start: date
    end: date
    found: dict[Tier, list[tuple[float, float, float]]]

    @classmethod
    def of(cls, task: Task, *, on: date) -> Gathered:
        """Begin with the cohort of a task whose horizon ends on `on`."""
        days = horizon_days(task)
        return cls(task, on - timedelta(days=days), on, defaultdict(list))

    @classmethod
    def enrolled(cls, task: Task, *, on: date) -> Gathered:
        """Begin with those who are managed on `on`; only their raw risks mean something."""
        return cls(task, on, on, defaultdict(list))

    def cohort(self, tier: Tier) -> Cohort:
        """What is known of one tier's people."""
        rows = np.array(self.found.get(tier, ()), dtype=np.float64).reshape(-1, 3)
        told = outcomes(rows[:, 1], rows[:, 2], horizon_days(self.task))
        weight = told.weight
        if self.task.horizon_years is None:  # who was not tested is not known, and nobody stands for him
            weight = np.where(np.isnan(rows[:, 1]) & ~np.isnan(rows[:, 2]), 0.0, 1.0)
        return Cohort(rows[:, 0], told.label, weight)


def horizon_days(task: Task) -> int:
    """Days of a task's horizon; what is asked of now is waited for a year."""
    return NOW_DAYS if task.horizon_years is None else round(task.horizon_years * _YEAR_DAYS)


def gather(session: Session, scope: Scope, gathered: Gathered, *, after: UUID) -> UUID | None:
    """Score the next batch of people as of the cohort's start; return the last person's id, None when none is left."""
    ids = local_queries.ever_managed(session, scope, after=after, limit=PEOPLE)
    if not ids:
        return None
    with uncollected():
        _gather(session, scope, gathered, ids)
    return ids[-1]


def _gather(session: Session, scope: Scope, gathered: Gathered, ids: Sequence[UUID]) -> None:
    loaded = charts.load(session, scope, ids, AsOf(gathered.start))
    people = [each for each in loaded.values() if assessing.scored(each)]
    if people:
        places = queries.places(session)
        filed = filed_queries.load(session, scope, [each.patient_id for each in people], on=gathered.start)
        taken = [
            known.known(each, filed.get(each.patient_id, files.NOTHING), northern=_northern(places, each))
            for each in people
        ]
        score = served.models().scorer.score(known.inputs(taken))[gathered.task]
        days = _days(session, scope, gathered, people)
        for row, chart in enumerate(people):
            tier = score.tier_of(row)
            if tier is not None and not np.isnan(score.risk[row]):
                gathered.found[tier].append((float(score.risk[row]), *days[chart.patient_id]))


def store_level(session: Session, scope: Scope, level: LocalLevel, *, now: datetime) -> RiskModelLevel:
    """Add a version of a level; from the next night on everybody's local numbers follow from it."""
    row = RiskModelLevel(
        model_id=level.model_id,
        model_version=level.model_version,
        version=level.version,
        made_on=level.on,
        basis=level.basis.value,
        intercept=level.intercept,
        slope=level.slope,
        people=level.people,
        events=level.events,
        spread=level.spread,
        standard=level.standard,
        made_by=scope.actor,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _days(
    session: Session, scope: Scope, gathered: Gathered, people: Sequence[Chart]
) -> Mapping[UUID, tuple[float, float]]:
    """Days from the start to the event and to the end of being followed; NaN where it did not happen."""
    ids, start, end = [each.patient_id for each in people], gathered.start, gathered.end
    left = local_queries.left_on(session, scope, ids, on=end)
    if gathered.task.horizon_years is None:
        found = local_queries.tests(session, scope, ids, after=start, to=end)
        severe = gathered.task.outcome is Outcome.SEVERE_KIDNEY_DAMAGE
        return {each: _of_tests(found.get(each), severe=severe) for each in ids}
    only_cv = gathered.task.outcome is Outcome.CV_DEATH
    deaths = local_queries.deaths(session, scope, ids, to=end)
    told: dict[UUID, tuple[float, float]] = {}
    for each in ids:
        event, gone = _of_death(deaths.get(each), left.get(each), only_cv=only_cv)
        told[each] = (_after(start, event), _after(start, gone))
    return told


def _of_death(death: Death | None, left: date | None, *, only_cv: bool) -> tuple[date | None, date | None]:
    """Day of the event and of leaving. Another death is no leaving: the event can no longer happen (as in training)."""
    if death is None:
        return None, left
    if not only_cv or death.is_cardiovascular:
        return death.on, None
    return None, death.on if death.is_cardiovascular is None else None


def _of_tests(found: Tested | None, *, severe: bool) -> tuple[float, float]:
    """Kidney damage at the first tests: (day 0, –) found, (–, –) not found by both tests, (–, day 0) not tested."""
    nothing = float("nan")
    if found is None:
        return nothing, 0.0
    egfr_below, uacr_from = (45, 300) if severe else (60, 30)
    if (found.egfr is not None and found.egfr < egfr_below) or (found.uacr is not None and found.uacr >= uacr_from):
        return 0.0, nothing
    return (nothing, 0.0) if found.egfr is None or found.uacr is None else (nothing, nothing)


def _after(start: date, on: date | None) -> float:
    return float("nan") if on is None else float((on - start).days)


def _northern(places: Mapping[UUID, queries.Place], chart: Chart) -> float | None:
    place = places.get(chart.clinic_id)
    return None if place is None else known.north(place.code)
