"""What every number is made of, worked out for everybody of one equation or model at once when it is first asked for.

Asked for one person at a time, the same arithmetic costs a hundred times as much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cmc.risk.equations.choice import Candidate, Choice, Question
from cmc.risk.equations.contributions import Contributions, contributions
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.equations.what_if import ALLOWED, what_if
from cmc.risk.models.model import Task
from cmc.risk.models.scoring import Score, Scorer
from cmc.risk.models.terms import Tier

Goals: TypeAlias = Mapping[Variable, Column]
"""The level of each person that an input is to be shown at; NaN where nothing is to be shown."""
_Places: TypeAlias = NDArray[np.intp]


class Explained:
    """Parts and what-ifs of the numbers of some people, in rows as `people` has them."""

    def __init__(self, people: Inputs, choices: Mapping[Question, Choice], goals: Goals) -> None:
        self._people, self._choices, self._goals = people, choices, goals
        self._parts: dict[tuple[Question, int], tuple[_Places, Contributions]] = {}
        self._of_models: dict[tuple[Task, Tier], tuple[_Places, Contributions]] = {}
        self._at_goals: dict[tuple[Question, int], Column] = {}

    def parts(self, question: Question, row: int) -> tuple[Contributions, int]:
        """The parts of the number that one person has for a question, and the place in them; for who has a number."""
        choice = self._choices[question]
        used = int(choice.used[row])
        if (question, used) not in self._parts:
            places, people = self._some(choice.used == used)
            candidate = choice.candidates[used]
            found = contributions(candidate.equation, candidate.outcome, people)
            self._parts[question, used] = (places, found)
        places, found = self._parts[question, used]
        return found, int(places[row])

    def at_goals(self, question: Question, row: int) -> float | None:
        """The number at the goals that the equation may be asked about; None when nothing would be lower."""
        choice = self._choices[question]
        used = int(choice.used[row])
        if (question, used) not in self._at_goals:
            self._at_goals[question, used] = at_goals(choice.candidates[used], self._people, self._goals)
        found = float(self._at_goals[question, used][row])
        return None if np.isnan(found) else found

    def of_model(self, scorer: Scorer, score: Score, tier: Tier, row: int) -> tuple[Contributions, int]:
        """The parts of a model's number of one person, and the place in them."""
        key = (score.task, tier)
        if key not in self._of_models:
            places, people = self._some(score.tier == list(Tier).index(tier))
            self._of_models[key] = (places, scorer.contributions(people, score.task, tier))
        places, found = self._of_models[key]
        return found, int(places[row])

    def _some(self, here: NDArray[np.bool_]) -> tuple[_Places, Inputs]:
        places = np.cumsum(here) - 1
        return places, self._people if here.all() else self._people.take(np.flatnonzero(here))


def at_goals(used: Candidate, people: Inputs, goals: Goals) -> Column:
    """The numbers at those goals that the equation may be asked about; NaN where nothing would be lower."""
    asked = {variable: goal for variable, goal in goals.items() if variable in ALLOWED.get(used.equation.id, _NOTHING)}
    if not asked:
        return np.full(people.size, np.nan)
    return what_if(used.equation, used.outcome, people, asked)


_NOTHING: Final[frozenset[Variable]] = frozenset()
