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
from cmc.clinical.care_gaps import CareGap, due
from cmc.clinical.codes import EnrolmentState
from cmc.clinical.reasons import Reason
from cmc.clinical.targets import Quantity, Targets
from cmc.core.memory import uncollected
from cmc.core.scope import Scope
from cmc.risk import filed as files
from cmc.risk import filed_queries, known, queries, served, stored, triage
from cmc.risk.answers import Foretold
from cmc.risk.equations.choice import Question
from cmc.risk.equations.equation import Flag
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable
from cmc.risk.filed import Filed
from cmc.risk.recalibration import LocalLevel
from cmc.risk.standings import Before, Found, stands, store
from cmc.risk.switch import Mode

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('risk.scoring', 0))")
_BEYOND: Final = int(Flag.IMPLAUSIBLE | Flag.OUT_OF_RANGE | Flag.CLAMPED | Flag.EXTRAPOLATED)
_GOALS: Final = {Variable.SBP: Quantity.SBP_MMHG, Variable.TC: Quantity.TC_MMOL_L}
NON_SMOKER: Final = 0.0
SCORING: Final = 3
"""The version of what is made of the same causes: raised when this code makes something else of them."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a batch is scored with: mode by region, region and side of the Yangtze by clinic, level by model."""

    regions: Mapping[UUID, queries.Place]
    modes: Mapping[UUID, Mode]
    levels: Mapping[str, LocalLevel]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One person with all that the score follows from, and the fingerprint of it."""

    chart: Chart
    inputs: known.Knowns
    inputs_kept: stored.Json
    gaps: tuple[CareGap, ...]
    flags: tuple[Reason, ...]
    goals: Mapping[Variable, float]
    mode: Mode
    cause: int

    @property
    def id(self) -> UUID:
        """The person."""
        return self.chart.patient_id

    @property
    def clinic_id(self) -> UUID:
        """The home clinic."""
        return self.chart.clinic_id


def lock(session: Session) -> None:
    """Wait until no other batch of scores is being stored; the lock ends with the transaction."""
    session.execute(_LOCK)


def score(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, now: datetime, on: date) -> int:
    """Score some people of the scope as of the local date `on`, and store what has changed; return how many that were.

    Who is dead, merged into another record, or no longer managed for anything has no standing; the history stays. What
    follows from unchanged causes is not computed again.
    """
    lock(session)
    with uncollected():
        return _score(session, scope, patient_ids, now=now, on=on)


def _score(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, now: datetime, on: date) -> int:
    loaded = charts.load(session, scope, patient_ids, AsOf(on))
    people = [chart for chart in loaded.values() if scored(chart)]
    ids = [each.patient_id for each in people]
    used = used_in(session, scope, on=on)
    filed = filed_queries.load(session, scope, ids, on=on)
    flags = queries.red_flags(session, scope, ids, on=on)
    before = queries.standings(session, scope, patient_ids)
    own = queries.overrides(session, scope, ids, on=on)
    asked = [
        asked_of(each, used, flags.get(each.patient_id, ()), filed.get(each.patient_id, files.NOTHING))
        for each in people
    ]
    changed = [each for each in asked if not stands(before.get(each.id), own.get(each.id), each.cause, each.clinic_id)]
    found = [one for mode in Mode for one in found_of([each for each in changed if each.mode is mode], used, mode)]
    gone = sorted(before.keys() - set(ids))
    return store(session, found, Before(before, own), gone=gone, now=now, on=on)


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


def asked_of(chart: Chart, used: Used, flags: Sequence[Reason], filed: Filed = files.NOTHING) -> Asked:
    """What a person's score follows from. Pure."""
    on, mode = chart.as_of.on, _mode(used, chart)
    inputs = known.known(chart, filed, northern=_northern(used, chart))
    targets = adapters.targets_of(chart)
    gaps = due(adapters.care_facts(chart, targets), on)
    goals, kept = _goals(targets), stored.inputs_kept(inputs)
    open_gaps = [(*stored.gap_kept(each).values(), each.overdue(on)) for each in gaps]
    reds = [stored.reason_kept(each) for each in flags]
    levels = [(each.model_id, each.version) for each in used.levels.values()]
    versions = (SCORING, served.equations(), served.models().id, mode, levels)
    cause = stored.fingerprint(kept, open_gaps, reds, goals, versions)
    return Asked(chart, inputs, kept, gaps, tuple(flags), goals, mode, cause)


def found_of(asked: Sequence[Asked], used: Used, mode: Mode) -> Iterator[Found]:
    """What is found of people whose models are used in one mode. Pure but for the release, which is read once."""
    if not asked:
        return
    models = triage.Models(served.models(), mode, used.levels)
    nothing = float("nan")
    goals = {name: np.array([each.goals.get(name, nothing) for each in asked]) for name in (Variable.SMOKER, *_GOALS)}
    assessed = triage.assess(known.inputs([each.inputs for each in asked]), models, goals)
    for row, each in enumerate(asked):
        yield _found(each, assessed, row, used)


def _found(asked: Asked, assessed: triage.Assessment, row: int, used: Used) -> Found:
    chart = asked.chart
    told = assessed.triage(row, gaps=asked.gaps, red_flags=asked.flags, on=chart.as_of.on)
    foretold = assessed.foretold(row)
    models, scores = assessed.models, assessed.scores
    if models is None or scores is None:
        raise RuntimeError("scores are made with a release of models")
    kept = stored.Kept(
        inputs=asked.inputs_kept,
        answers=[stored.answer_kept(each, assessed.choices[each.question].reason(row)) for each in told.answers],
        models=[stored.model_kept(each, _level(models, each, used)) for each in foretold],
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
        tier=None if assessed.choices[Question.CVD].is_unfit(row) else first.tier_of(row),
        out_of_range=bool(int(first.flags[row]) & _BEYOND),
        missing=list(cvd.missing),
        equations=served.equations(),
        release=models.release.id,
        mode=models.mode,
        kept=kept,
        cause=asked.cause,
    )


def _level(models: triage.Models, foretold: Foretold, used: Used) -> LocalLevel | None:
    return used.levels.get(models.release.scorer.models[foretold.task, foretold.tier].id) if used.levels else None


def _rank(rank: Column, row: int) -> float:
    return -1.0 if np.isnan(rank[row]) else round(float(rank[row]), 6)


def _goals(targets: Targets) -> dict[Variable, float]:
    """Levels to show "what if" for: no smoking, and the person's own targets of pressure and cholesterol."""
    found = {Variable.SMOKER: NON_SMOKER}
    for variable, quantity in _GOALS.items():
        target = targets.for_quantity(quantity)
        if target is not None and target.high is not None:
            found[variable] = float(target.high.value)
    return found


def _northern(used: Used, chart: Chart) -> float | None:
    place = used.regions.get(chart.clinic_id)
    return None if place is None else known.north(place.code)


def _mode(used: Used, chart: Chart) -> Mode:
    place = used.regions.get(chart.clinic_id)
    return Mode.SHADOW if place is None else used.modes.get(place.region_id, Mode.SHADOW)
