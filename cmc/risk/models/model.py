"""One model: a logistic regression on the columns of a tier, with 30 refits for its band; served by NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from cmc.core.text import Text
from cmc.risk.equations.coefficients import expit
from cmc.risk.equations.equation import Equation, Outcome, Used, one_output
from cmc.risk.equations.inputs import Column
from cmc.risk.equations.variables import Variable
from cmc.risk.models.terms import Monotone, Term, Tier, design, needs, width

BAND_Z: Final = 1.2815515655446004  # the middle 80 % of a normal distribution
_POPULATION: Final = Text("美国成人30–79岁，NHANES 1999–2014", "American adults of 30–79, NHANES 1999–2014")
CAVEAT: Final = Text(
    "由美国数据建立；仅用于排序，不用于诊断或用药。",
    "Made in American data; for ordering who is seen first, not for diagnosis or medicines.",
)
"""To be shown beside every number; whether it is validated here is told apart (`recalibration.NOT_VALIDATED`)."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a model foretells: outcome and years; None years means now, if it were tested."""

    outcome: Outcome
    horizon_years: float | None

    @property
    def key(self) -> str:
        """The stable name, e.g. `cv_death-10y` or `kidney_damage-now`."""
        return (
            f"{self.outcome.value}-now"
            if self.horizon_years is None
            else f"{self.outcome.value}-{self.horizon_years:g}y"
        )


DEATHS: Final = tuple(Task(outcome, years) for years in (10.0, 5.0) for outcome in (Outcome.DEATH, Outcome.CV_DEATH))
KIDNEY_NOW: Final = (Task(Outcome.KIDNEY_DAMAGE, None), Task(Outcome.SEVERE_KIDNEY_DAMAGE, None))
TIERS: Final[Mapping[Task, tuple[Tier, ...]]] = MappingProxyType(
    {**dict.fromkeys(DEATHS, tuple(Tier)), **dict.fromkeys(KIDNEY_NOW, (Tier.T0, Tier.T1))}
)
"""Which tiers each task has: what foretells kidney damage may not read the tests that find it."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Coefficients of one task in one tier.

    `coefficients`: intercept and one for each column. `refits`: k × (1 + columns), made on people drawn anew. `free`:
    the inputs whose risk may fall or rise.
    """

    version: str
    task: Task
    tier: Tier
    terms: tuple[Term, ...]
    coefficients: Column
    refits: Column
    equation: Equation = field(init=False)
    free: frozenset[Variable] = field(init=False)

    def __post_init__(self) -> None:
        columns = width(self.terms) + 1
        if self.coefficients.shape != (columns,) or self.refits.ndim != 2 or self.refits.shape[1] != columns:
            raise ValueError(f"{self.id} needs {columns} coefficients")
        object.__setattr__(self, "equation", self._equation())
        free = frozenset(term.variable for term in self.terms if term.monotone is Monotone.FREE)
        object.__setattr__(self, "free", free)

    @property
    def id(self) -> str:
        """The name of the model and of its file."""
        return f"risk-{self.task.key}-{self.tier.value}"

    def log_odds(self, columns: Column) -> Column:
        """Log-odds (n) of a design (columns × n)."""
        return np.asarray(self.coefficients[1:] @ columns + self.coefficients[0])

    def risk(self, used: Used) -> Column:
        """Probabilities (n) of admitted inputs."""
        return expit(self.log_odds(design(self.terms, used)))

    def _equation(self) -> Equation:
        """The model in the form of a published equation, so that reasons and parts are computed as for those."""
        admitted = needs(self.tier)
        outcome = self.task.outcome
        return Equation(
            id=self.id,
            version=self.version,
            title=Text(f"本系统模型：{outcome.text.zh}", f"own model: {outcome.text.en}"),
            source="cmc, trained on NHANES with linked mortality; see its model card",
            population=_POPULATION,
            horizon_years=self.task.horizon_years,
            needs=admitted,
            outputs=one_output(outcome, admitted),
            formula=lambda used, _: MappingProxyType({outcome: self.risk(used)}),
            caveat=CAVEAT,
        )


def spreading(refits: Column) -> Column:
    """Coefficients (k × 1 + columns) whose log-odds, squared and summed, are the squared half-width of the band."""
    return np.asarray((refits - refits.mean(axis=0)) * (BAND_Z / np.sqrt(len(refits) - 1)))
