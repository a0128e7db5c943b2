"""The whole validation as one value, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from cmc.core.progress import Progress
from cmc.risk.models.model import TIERS
from cmc.risk.models.scoring import Scorer
from cmc.risk.models.terms import Tier
from cmc.risk.training import gates, olmsted, validation
from cmc.risk.training.cohort import Cohort
from cmc.risk.training.comparators import COMPARATORS, numbers
from cmc.risk.training.gates import Gate
from cmc.risk.training.metrics import calibration_bins, net_benefit
from cmc.risk.training.validation import BOTH, EVERYBODY, Row, Settings, Temporal, groups

THRESHOLDS: Final = tuple(round(0.01 * step, 2) for step in range(1, 21))
CURVE_OF: Final = "cv_death-10y"
_DIGITS: Final = 6
_READING: Final = (
    "O/E is observed over expected: below 1 the model foretells too much. The slope is below 1 when high risks are "
    "foretold too high and low ones too low. Scaled Brier: 0 knows nothing, 1 knows all. Empty: it foretells something "
    "else, only its ranking is compared.\n"
)
_SAME: Final = {each.name for each in COMPARATORS if each.same_outcome}


@dataclass(frozen=True, slots=True)
class Report:
    """Rows of all tables, calibration by tenths (task, group → points), decision curves (name → benefits), gates."""

    data_sha256: str
    samples: int
    rows: tuple[Row, ...]
    calibration: Mapping[str, list[tuple[float, float, float]]]
    decision: Mapping[str, list[float]]
    gates: tuple[Gate, ...]

    @property
    def passed(self) -> bool:
        """Whether every gate holds."""
        return all(gate.passed for gate in self.gates)


def of(
    cohort: Cohort, scorer: Scorer, settings: Settings, progress: Progress, *, data_sha256: str, external: bool
) -> Report:
    """Validate: temporal on the cohort, the release's own properties, and Olmsted County when asked for."""
    rows: list[Row] = []
    calibration: dict[str, list[tuple[float, float, float]]] = {}
    decision: dict[str, list[float]] = {}
    for found, some in validation.temporal(cohort, settings, progress):
        rows += some
        calibration |= _calibration(found)
        if found.task.key == CURVE_OF:
            decision = decision_curves(found)
    if external:
        rows += olmsted.external(olmsted.installed(), scorer, settings)
    held = (*gates.of_rows(rows, external=external), *gates.of_release(scorer, seed=settings.seed))
    return Report(data_sha256, settings.samples, tuple(rows), calibration, decision, held)


def _calibration(found: Temporal) -> dict[str, list[tuple[float, float, float]]]:
    fullest = TIERS[found.task][-1]
    risk, outcomes = found.risks[fullest.value], found.outcomes
    told = {}
    for name, mask in groups(found.people).items():
        if name in {EVERYBODY, BOTH}:
            here = mask & ~np.isnan(risk)
            told[f"{found.task.key}, {name}"] = calibration_bins(
                risk[here], outcomes.label[here], outcomes.weight[here]
            )
    return told


def decision_curves(found: Temporal) -> dict[str, list[float]]:
    """Net benefit by threshold in diabetes or hypertension, for those to whom PREVENT gives a number."""
    prevent, *_ = COMPARATORS
    published = numbers(prevent, found.people.people)
    here = groups(found.people)[BOTH] & found.outcomes.known & ~np.isnan(published)
    known = found.outcomes.take(here)
    risks = {name: found.risks[name][here] for name in (Tier.T2.value, Tier.T0.value)}
    risks |= {prevent.name: published[here], "everybody": np.ones(int(here.sum()))}
    return {
        name: [net_benefit(risk, known.label, known.weight, threshold) for threshold in THRESHOLDS]
        for name, risk in risks.items()
    }


def as_json(report: Report) -> str:
    """All of it, numbers to six decimals; a limit that is infinite is null."""
    return json.dumps(_plain(asdict(report)), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def as_markdown(report: Report) -> str:
    """The tables, for people."""
    held = sum(gate.passed for gate in report.gates)
    parts = dict.fromkeys(row.part for row in report.rows)
    return "\n".join(
        [
            "# Validation\n",
            f"Written by `cmc risk validate`; data {report.data_sha256}; 95 % intervals, {report.samples} samples.\n",
            _READING,
            f"## Gates: {held} of {len(report.gates)} hold\n",
            table(("gate", "found", "limits", ""), (_gate(gate) for gate in report.gates)),
            *(f"## {part[:1].upper()}{part[1:]}\n\n{_part(report.rows, part)}" for part in parts),
        ]
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def line(row: Row) -> tuple[str, ...]:
    """A row in words; O/E and slope stay empty for an equation that foretells something else."""
    other = foretells_otherwise(row)
    calibration = ("", "", "") if other else tuple(map(str, _calibration_of(row)))
    return (
        row.task,
        row.model,
        row.group,
        str(row.judged.people),
        str(row.judged.events),
        str(row.judged.auc),
        *calibration,
    )


def foretells_otherwise(row: Row) -> bool:
    """Whether the row is of an equation for another outcome, so that its level says nothing."""
    return row.part == f"against {row.model}" and not (row.model in _SAME and row.task.startswith("death"))


HEAD: Final = ("outcome", "model", "group", "people", "events", "AUC", "O/E", "slope", "scaled Brier")


def _calibration_of(row: Row) -> tuple[object, ...]:
    return row.judged.observed_expected, row.judged.slope, row.judged.scaled_brier


def _part(rows: Sequence[Row], part: str) -> str:
    return table(HEAD, (line(row) for row in rows if row.part == part))


def _gate(gate: Gate) -> tuple[str, ...]:
    high = "" if np.isinf(gate.most) else f"{gate.most:g}"
    return gate.name, f"{gate.found:.4g}", f"{gate.least:g}–{high}", "holds" if gate.passed else "**fails**"


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return round(float(value), _DIGITS) if np.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
