"""The monotone challenger: boosted trees without interactions on the raw values: what does the logistic form lose?."""

from __future__ import annotations

from typing import Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.models.model import Task
from cmc.risk.models.terms import TERMS, Monotone, Tier
from cmc.risk.training.cohort import Cohort, complete, outcomes
from cmc.risk.training.train import admitted

_DIRECTION: Final = {Monotone.FREE: 0, Monotone.RISING: 1, Monotone.FALLING: -1}


def challenged(train: Cohort, test: Inputs, task: Task, tier: Tier, *, seed: int) -> Column:
    """The challenger's probabilities for the people of the test; made in the people complete for the tier."""
    known = outcomes(train, task)
    rows = complete(train.people, tier) & known.known
    chosen, labels = train.take(rows), known.take(rows)
    model = HistGradientBoostingClassifier(
        monotonic_cst=[_DIRECTION[term.monotone] for term in TERMS[tier]],
        interaction_cst="no_interactions",
        max_leaf_nodes=5,
        learning_rate=0.06,
        max_iter=250,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(limits=1):
        model.fit(_raw(chosen.people, tier), labels.label, sample_weight=labels.weight)
        return np.asarray(model.predict_proba(_raw(test, tier))[:, 1], dtype=np.float64)


def _raw(people: Inputs, tier: Tier) -> Column:
    used = admitted(people, tier)
    return np.stack([used[term.variable] for term in TERMS[tier]], axis=1)
