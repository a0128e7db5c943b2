"""From the survey to a release: every task in every tier with its refits, usual values, frozen vectors, hashes.

Bit-reproducible: one seed, one thread of arithmetic, people in the order of the file, numbers rounded to nine digits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import sklearn

from cmc.core.operating import OperatorError
from cmc.core.progress import Progress
from cmc.risk.equations.equation import Used
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models import profiles
from cmc.risk.models.model import DEATHS, TIERS, Model, Task
from cmc.risk.models.release import json_of, usual_of, vectors_of
from cmc.risk.models.scoring import Scorer
from cmc.risk.models.terms import TERMS, Tier, constrained, design, needs, width
from cmc.risk.models.tiers import AGES_FROM, READ, Usual, completed
from cmc.risk.training.cohort import Cohort, Mask, complete, outcomes
from cmc.risk.training.fit import DIGITS, REFITS, RIDGE, fit, refits

SEED: Final = 20261122
LAST_YEAR_OF_DEATHS: Final = 2013  # later cycles were seen for less than five years
VECTORS: Final = 50
PERCENTILES: Final = (10, 50, 90)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is made of; the same plan on the same file gives the same bytes."""

    name: str
    version: str
    data_sha256: str
    seed: int = SEED
    refits: int = REFITS


def made(cohort: Cohort, plan: Plan, progress: Progress) -> dict[str, str]:
    """The files of a release by name; the manifest is the last. Raises OperatorError when there are too few people."""
    every = [(task, tier) for task, tiers in TIERS.items() for tier in tiers]
    models: dict[tuple[Task, Tier], Model] = {}
    counts: dict[str, dict[str, int]] = {}
    for done, (task, tier) in enumerate(every):
        progress("models", done, len(every))
        models[task, tier], counts[models[task, tier].id] = trained(eligible(cohort, task), task, tier, plan)
    progress("models", len(every), len(every))
    usual = usual_values(cohort.people)
    scorer = Scorer(MappingProxyType(models), usual_of(usual))
    frozen = {name: _given(column) for name, column in profiles.with_gaps(VECTORS, plan.seed).items()}
    files = {f"{model.id}.json": _text(json_of(model)) for model in models.values()}
    files |= {"usual.json": _text(usual), "vectors.json": _text(vectors_of(scorer, frozen))}
    return {**files, "manifest.json": _text(_manifest(plan, counts, files))}


def eligible(cohort: Cohort, task: Task) -> Cohort:
    """Whom a task is made in: of deaths those of the cycles that were seen for long enough."""
    return cohort.take(cohort.years(0, LAST_YEAR_OF_DEATHS)) if task in DEATHS else cohort


def trained(cohort: Cohort, task: Task, tier: Tier, plan: Plan) -> tuple[Model, dict[str, int]]:
    """One model with its refits, made in the people of whom everything in the tier is known; and their numbers."""
    known = outcomes(cohort, task)
    rows: Mask = complete(cohort.people, tier) & known.known
    chosen, labels = cohort.take(rows), known.take(rows)
    if labels.events < width(TERMS[tier]):
        raise OperatorError(f"{task.key} happened {labels.events} times in tier {tier.value}: too few to make a model.")
    columns = np.ascontiguousarray(columns_of(chosen.people, tier).T)
    bounds = constrained(TERMS[tier])
    seed = (plan.seed, list(TIERS).index(task), list(Tier).index(tier))
    again = (
        refits(columns, labels.label, labels.weight, bounds, seed=seed, count=plan.refits)
        if plan.refits
        else np.empty((0, columns.shape[1] + 1))
    )
    middle = fit(columns, labels.label, labels.weight, bounds)
    numbers = {"people": int(rows.sum()), "events": labels.events, "columns": columns.shape[1]}
    return Model(plan.version, task, tier, TERMS[tier], middle, again), numbers


def columns_of(people: Inputs, tier: Tier) -> Column:
    """The design of a tier: columns × people."""
    return design(TERMS[tier], admitted(people, tier))


def admitted(people: Inputs, tier: Tier) -> Used:
    """The inputs of a tier as the models take them: clamped, and what follows from other answers filled in."""
    known = completed(people)
    return {need.variable: need.admit(known.get(need.variable))[0] for need in needs(tier)}


def usual_values(people: Inputs) -> dict[str, list[list[list[float]]]]:
    """Percentiles of every input that may be filled in, by sex and age band; of everybody where a cell is empty."""
    known = completed(people)
    male, age = known.get(Variable.MALE), known.get(Variable.AGE)
    band = np.searchsorted(AGES_FROM, age, side="right") - 1
    found = {}
    for variable in READ:
        if variable in {Variable.AGE, Variable.MALE}:
            continue
        value = admitted(people, Tier.T2)[variable]
        cells = [
            [_percentiles(value[(male == sex) & (band == place)], value) for place in range(len(AGES_FROM))]
            for sex in (0, 1)
        ]
        found[variable.value] = cells
    return found


def usual(people: Inputs) -> Usual:
    """The same, ready to be used."""
    return usual_of(usual_values(people))


def write(files: Mapping[str, str], where: Path) -> None:
    """Write the files of a release into a folder, which is made. Raises OperatorError when that cannot be done."""
    try:
        where.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (where / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"{where} cannot be written: {error.strerror}.") from error


def _percentiles(cell: Column, everybody: Column) -> list[float]:
    some = cell[~np.isnan(cell)]
    if not some.size:
        some = everybody[~np.isnan(everybody)]
    found = np.percentile(some, PERCENTILES, method="nearest")
    return [float(f"{value:.{DIGITS - 1}e}") for value in found]


def _given(column: Column) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in column]


def _manifest(plan: Plan, counts: Mapping[str, Mapping[str, int]], files: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": plan.name,
        "version": plan.version,
        "seed": plan.seed,
        "refits": plan.refits,
        "ridge": RIDGE,
        "data_sha256": plan.data_sha256,
        "made_with": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
        "models": counts,
        "files": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())},
    }


def _text(content: Mapping[str, Any]) -> str:
    """JSON with one key a line: small, and what differs between two versions can be read."""
    lines = (f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in content.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"
