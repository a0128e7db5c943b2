"""Every table of the validation: out of time, as served, without laboratory values, against the published equations.

Temporal: made in the earlier cycles, judged in the later ones; nothing of the later ones is used in the making. All
tiers are judged in the same people, those of whom everything is known; "as served" judges everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from cmc.core.progress import Progress
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models.model import DEATHS, KIDNEY_NOW, TIERS, Task
from cmc.risk.models.scoring import Scorer
from cmc.risk.models.terms import Tier
from cmc.risk.models.tiers import completed
from cmc.risk.training.challenger import challenged
from cmc.risk.training.cohort import Cohort, Mask, Outcomes, complete, outcomes
from cmc.risk.training.comparators import COMPARATORS, numbers
from cmc.risk.training.metrics import SAMPLES, Judged, judged
from cmc.risk.training.train import Plan, trained, usual

COMPARED_YEARS: Final = 10.0  # the horizon of the published equations
LEAST_EVENTS: Final = 10  # in a group with fewer nothing is said
LABORATORY: Final = (Variable.HBA1C, Variable.TC, Variable.HDL, Variable.EGFR, Variable.UACR)
EVERYBODY, DIABETES, BOTH = "all", "diabetes", "diabetes or hypertension"
AS_SERVED, BLANKED, CHALLENGER = "as served", "laboratory values blanked", "monotone trees"


@dataclass(frozen=True, slots=True)
class Split:
    """Cycles by the year they began in: made in the first span, judged in the second."""

    train: tuple[int, int]
    test: tuple[int, int]


SPLITS: Final[Mapping[Task, Split]] = MappingProxyType(
    {task: Split((1999, 2003), (2005, 2009)) for task in DEATHS if task.horizon_years == 10}
    | {task: Split((1999, 2007), (2009, 2013)) for task in DEATHS if task.horizon_years == 5}
    | dict.fromkeys(KIDNEY_NOW, Split((1999, 2009), (2011, 2015)))
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `model` is a tier, an equation's name or one of the names above."""

    part: str
    task: str
    model: str
    group: str
    judged: Judged


@dataclass(frozen=True, slots=True, eq=False)
class Temporal:
    """One task out of time: the people of the test who are complete, their outcomes, the risk by each model."""

    task: Task
    people: Cohort
    outcomes: Outcomes
    risks: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Settings:
    """Seed and number of samples of the intervals."""

    seed: int
    samples: int = SAMPLES


def groups(cohort: Cohort) -> dict[str, Mask]:
    """The groups that are looked at: disease, sex, age, earlier disease, origin as the survey names it."""
    age = cohort.people.get(Variable.AGE)
    diabetes, prior = cohort.has(Variable.DIABETES), cohort.has(Variable.PRIOR_CVD)
    found = {
        EVERYBODY: np.ones(cohort.size, dtype=np.bool_),
        BOTH: diabetes | cohort.has(Variable.HYPERTENSION),
        DIABETES: diabetes,
        "men": cohort.has(Variable.MALE),
        "women": ~cohort.has(Variable.MALE),
        "30–54 years": age < 55,
        "55–79 years": age >= 55,
        "no earlier CVD": ~prior,
        "earlier CVD": prior,
    }
    return found | {str(origin): cohort.group == origin for origin in np.unique(cohort.group)}


def temporal(cohort: Cohort, settings: Settings, progress: Progress) -> Iterator[tuple[Temporal, list[Row]]]:
    """Every task out of time, with its rows."""
    for done, (task, split) in enumerate(SPLITS.items()):
        progress("validation", done, len(SPLITS))
        train, later = cohort.take(cohort.years(*split.train)), cohort.take(cohort.years(*split.test))
        found, extra = _of_task(task, train, later, settings)
        rows = [
            row
            for name, risk in found.risks.items()
            for row in _rows("temporal", found, name, risk, _shown(found.people, name, task), settings)
        ]
        yield found, [*rows, *extra, *_against(found, settings)]
    progress("validation", len(SPLITS), len(SPLITS))


def _of_task(task: Task, train: Cohort, later: Cohort, settings: Settings) -> tuple[Temporal, list[Row]]:
    plan = Plan("temporal", "0", "", seed=settings.seed, refits=2)  # two refits: the band is not judged here
    models = {(task, tier): trained(train, task, tier, plan)[0] for tier in TIERS[task]}
    fullest = TIERS[task][-1]
    test = later.take(complete(later.people, fullest))
    scorer = Scorer(MappingProxyType(models), usual(train.people))
    risks = {tier.value: _risk(scorer, test.people, task, tier) for tier in TIERS[task]}
    risks[CHALLENGER] = challenged(train, test.people, task, fullest, seed=settings.seed)
    blanked = test.people.with_columns({each: np.full(test.size, np.nan) for each in LABORATORY})
    risks[BLANKED] = scorer.score(blanked)[task].risk
    found = Temporal(task, test, outcomes(test, task), MappingProxyType(risks))
    served = scorer.score(later.people)[task].risk
    everybody = Temporal(task, later, outcomes(later, task), MappingProxyType({AS_SERVED: served}))
    return found, _rows("temporal", everybody, AS_SERVED, served, _main(later), settings)


def _risk(scorer: Scorer, people: Inputs, task: Task, tier: Tier) -> Column:
    return scorer.models[task, tier].equation.estimate(completed(people), (task.outcome,)).values[task.outcome]


def _shown(people: Cohort, name: str, task: Task) -> dict[str, Mask]:
    """All groups for the fullest tier, the main ones for the rest."""
    return groups(people) if name == TIERS[task][-1].value else _main(people)


def _main(people: Cohort) -> dict[str, Mask]:
    return {name: mask for name, mask in groups(people).items() if name in {EVERYBODY, BOTH, DIABETES}}


def _against(found: Temporal, settings: Settings) -> list[Row]:
    """Our fullest tier and each published equation in the same people: those for whom the equation gives a number."""
    if found.task.horizon_years != COMPARED_YEARS:
        return []
    rows = []
    own = found.risks[Tier.T2.value]
    for comparator in COMPARATORS:
        risk = numbers(comparator, found.people.people)
        given = ~np.isnan(risk)
        for name, mask in _main(found.people).items():
            if comparator.same_outcome and name != DIABETES:
                continue
            group = {name: mask & given}
            part = f"against {comparator.name}"
            rows += _rows(part, found, comparator.name, risk, group, settings)
            rows += _rows(part, found, Tier.T2.value, own, group, settings)
    return rows


def _rows(
    part: str, found: Temporal, name: str, risk: Column, shown: Mapping[str, Mask], settings: Settings
) -> list[Row]:
    rows = []
    for group, mask in shown.items():
        here = mask & found.outcomes.known & ~np.isnan(risk)
        known = found.outcomes.take(here)
        if LEAST_EVENTS <= known.events < int(here.sum()):
            figures = judged(risk[here], known.label, known.weight, seed=settings.seed, samples=settings.samples)
            rows.append(Row(part, found.task.key, name, group, figures))
    return rows
