"""People scored per second: all models with their bands, against one NumPy product of the size of the largest tier."""

import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.load import table_line
from cmc.risk.models import profiles, release
from cmc.risk.models.model import DEATHS
from cmc.risk.models.scoring import Scorer
from cmc.risk.models.terms import TERMS, Tier, design
from cmc.risk.switch import Mode
from cmc.risk.training.train import admitted
from cmc.risk.triage import Models, assess

ROUNDS = 5


def scored(people: int) -> list[str]:
    """Return the table lines: models alone, and models with the published equations and levels."""
    shipped = release.shipped()
    drawn = profiles.people(people, 1)
    deaths = Scorer(
        {key: model for key, model in shipped.scorer.models.items() if key[0] in DEATHS}, shipped.scorer.usual
    )
    stacked = np.concatenate(
        [
            np.vstack([model.coefficients, model.refits])[:, 1:]
            for key, model in deaths.models.items()
            if key[1] is Tier.T2
        ]
    )
    columns = np.ascontiguousarray(design(TERMS[Tier.T2], admitted(drawn, Tier.T2)))
    found = _per_second(
        people,
        {
            "product": lambda: stacked @ columns,
            "alone": lambda: deaths.score(drawn),
            "everything": lambda: assess(drawn, Models(shipped, Mode.SHADOW, {})),
        },
    )
    peer = f"NumPy product, {columns.shape[0]} columns x {stacked.shape[0]}"
    return [
        table_line("risk models, 4 outcomes with bands", found["alone"], "people/s", peer, found["product"]),
        table_line("models, equations and levels", found["everything"], "people/s", peer, found["product"]),
    ]


def _per_second(people: int, work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Of each the best round, on one thread, in turn, so that a busy machine is busy for all."""
    best = dict.fromkeys(work, float("inf"))
    with threadpool_limits(limits=1):
        for _ in range(ROUNDS):
            for name, each in work.items():
                started = time.perf_counter()
                each()
                best[name] = min(best[name], time.perf_counter() - started)
    return {name: people / seconds for name, seconds in best.items()}
