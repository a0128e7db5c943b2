"""From charts to stored scores, a batch at a time: charts → inputs → equations and models → rows, set by set.

Idempotent: a row of history is added only when an input, an outcome or a version has changed; of who is unchanged
nothing is written. One batch at a time works in the whole region, and a doctor's band waits for it. No commits here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.charts import adapters
from cmc.charts import queries as charts
from cmc.charts.chart import AsOf, Chart
from cmc.clinical.care_gaps import due
from cmc.clinical.codes import EnrolmentState
from cmc.clinical.reasons import Reason
from cmc.clinical.targets import Quantity, Targets
from cmc.core.scope import Scope
from cmc.risk import known, queries, served, stored, triage
from cmc.risk.equations.choice import Question
from cmc.risk.equations.equation import Flag
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable
from cmc.risk.explained import Goals
from cmc.risk.recalibration import LocalLevel
from cmc.risk.standings import Found, store
from cmc.risk.switch import Mode

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('risk.scoring', 0))")
_BEYOND: Final = int(Flag.IMPLAUSIBLE | Flag.OUT_OF_RANGE | Flag.CLAMPED | Flag.EXTRAPOLATED)
_GOALS: Final = {Variable.SBP: Quantity.SBP_MMHG, Variable.TC: Quantity.TC_MMOL_L}
NON_SMOKER: Final = 0.0


@dataclass(frozen=True, slots=True)
class Used:
    """What a batch is scored with: mode by region, region and side of the Yangtze by clinic, level by model."""

    regions: Mapping[UUID, queries.Place]
    modes: Mapping[UUID, Mode]
    levels: Mapping[str, LocalLevel]


def lock(session: Session) -> None:
    """Wait until no other batch of scores is being stored; the lock ends with the transaction."""
    session.execute(_LOCK)


def score(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, now: datetime, on: date) -> int:
    """Score some people of the scope as of the local date `on`, and store what has changed; return how many that were.

    Who is dead, merged into another record, or no longer managed for anything has no standing; the history stays.
    """
    lock(session)
    loaded = charts.load(session, scope, patient_ids, AsOf(on))
    people = [chart for chart in loaded.values() if scored(chart)]
    used = used_in(session, scope, on=on)
    flags = queries.red_flags(session, scope, [each.patient_id for each in people], on=on)
    found: list[Found] = []
    for mode in Mode:
        some = [each for each in people if _mode(used, each) is mode]
        found += found_of(some, used, mode, flags)
    return store(session, scope, patient_ids, found, now=now, on=on)


def scored(chart: Chart) -> bool:
    """Whether a person has a score: alive on the chart's date, and managed or suspected of a disease."""
    alive = chart.died_on is None or chart.as_of.on < chart.died_on
    return alive and any(each.state is not EnrolmentState.TERMINATED for each in chart.enrolments)


def used_in(session: Session, scope: Scope, *, on: date) -> Used:
    """What people are scored with on a day."""
    regions = queries.places(session)
    nodes = {each.region_id for each in regions.values()}
    release = served.models()
    modes = {each: queries.mode(session, each, release.id, on=on) for each in nodes}
    return Used(regions, modes, queries.levels(session, release.version))


def found_of(
    people: Sequence[Chart], used: Used, mode: Mode, flags: Mapping[UUID, Sequence[Reason]]
) -> Iterator[Found]:
    """What is found of people whose models are used in one mode. Pure but for the release, which is read once."""
    if not people:
        return
    taken = [known.known(each, northern=_northern(used, each)) for each in people]
    models = triage.Models(served.models(), mode, used.levels)
    targets = [adapters.targets_of(each) for each in people]
    assessed = triage.assess(known.inputs(taken), models, _goals(targets))
    for row, (chart, inputs) in enumerate(zip(people, taken, strict=True)):
        yield _found(chart, inputs, assessed, row, flags.get(chart.patient_id, ()), used)


def _found(
    chart: Chart, inputs: known.Knowns, assessed: triage.Assessment, row: int, flags: Sequence[Reason], used: Used
) -> Found:
    on = chart.as_of.on
    gaps = due(adapters.care_facts(chart), on)
    told = assessed.triage(row, gaps=gaps, red_flags=flags, on=on)
    foretold = assessed.foretold(row)
    models, scores = assessed.models, assessed.scores
    if models is None or scores is None:
        raise RuntimeError("scores are made with a release of models")
    by_task = models.release.scorer.models
    kept = stored.Kept(
        inputs=stored.inputs_kept(inputs),
        answers=[stored.answer_kept(each, assessed.choices[each.question].reason(row)) for each in told.answers],
        models=[stored.model_kept(each, used.levels.get(by_task[each.task, each.tier].id)) for each in foretold],
        reasons=[stored.reason_kept(each) for each in told.reasons],
        due=[stored.gap_kept(each) for each in told.due],
    )
    first = next(iter(scores.values()))
    cvd = next(each for each in told.answers if each.question is Question.CVD)
    return Found(
        patient_id=chart.patient_id,
        clinic_id=chart.clinic_id,
        band=int(assessed.levels[row]),
        lifted=told.lifted,
        priority=told.priority,
        rank=_rank(assessed.rank, row),
        tier=first.tier_of(row),
        out_of_range=bool(int(first.flags[row]) & _BEYOND),
        missing=[each.value for each in cvd.missing],
        equations=served.equations(),
        release=models.release.id,
        mode=models.mode,
        kept=kept,
    )


def _rank(rank: Column, row: int) -> float:
    return -1.0 if np.isnan(rank[row]) else round(float(rank[row]), 6)


def _goals(targets: Sequence[Targets]) -> Goals:
    """Levels to show "what if" for: no smoking, and each one's own targets of pressure and cholesterol."""
    found: dict[Variable, Column] = {Variable.SMOKER: np.full(len(targets), NON_SMOKER)}
    for variable, quantity in _GOALS.items():
        found[variable] = np.array([_goal(each, quantity) for each in targets])
    return found


def _goal(targets: Targets, quantity: Quantity) -> float:
    target = targets.for_quantity(quantity)
    return float("nan") if target is None or target.high is None else float(target.high.value)


def _northern(used: Used, chart: Chart) -> float | None:
    place = used.regions.get(chart.clinic_id)
    return None if place is None else known.north(place.code)


def _mode(used: Used, chart: Chart) -> Mode:
    place = used.regions.get(chart.clinic_id)
    return Mode.SHADOW if place is None else used.modes.get(place.region_id, Mode.SHADOW)
