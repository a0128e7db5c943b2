"""People, scores, outcomes and levels as files, for the commands that work without the database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import polars as pl

from cmc.core.operating import OperatorError
from cmc.risk.equations.equation import Flag
from cmc.risk.equations.inputs import Column, Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models.release import Release
from cmc.risk.models.scoring import PART_OF, Score
from cmc.risk.models.tiers import READ
from cmc.risk.monitoring import Baseline, Spread
from cmc.risk.recalibration import Basis, LocalLevel

PERSON: Final = "person"
_KEYWORDS: Final = {variable.value for variable in Variable}


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Rows of a file: whose they are, and the inputs."""

    ids: Sequence[str]
    inputs: Inputs


@dataclass(frozen=True, slots=True, eq=False)
class LocalOutcomes:
    """Raw risks of a model with what came of them: `happened` 0 or 1 within the horizon; weight 0 where not known."""

    raw: Column
    happened: Column
    weight: Column


def read_people(path: Path) -> People:
    """People from CSV: a column `person`, and inputs named by their keywords (which name the unit); empty: not known.

    Raises OperatorError for a column that is no input, or a value that is no number.
    """
    frame = _csv(path, {PERSON})
    strange = sorted(set(frame.columns) - _KEYWORDS - {PERSON})
    if strange:
        raise OperatorError(f"{path.name}: no model or equation reads {', '.join(strange)}.")
    columns = {name: _numbers(frame, name, path) for name in frame.columns if name != PERSON}
    return People(frame[PERSON].to_list(), Inputs.of(**columns))


def score_table(people: People, release: Release, levels: Mapping[str, LocalLevel]) -> pl.DataFrame:
    """One row per person and task: raw number, band, number at the local level, tier, what was filled in, flags."""
    tables = []
    scores = release.scorer.score(people.inputs)
    every = {task: _models_of(score, release) for task, score in scores.items()}
    at_level = {task: _local(score, every[task], levels) for task, score in scores.items()}
    for part, whole in PART_OF:  # levels are made apart: what cannot be is lowered, as in the raw numbers
        at_level[part] = np.minimum(at_level[part], at_level[whole])
    for task, score in scores.items():
        ids = every[task]
        filled = [score.filled_of(row) for row in range(people.inputs.size)]
        tables.append(
            pl.DataFrame(
                {
                    PERSON: people.ids,
                    "model": ids,
                    "task": [task.key] * people.inputs.size,
                    "version": [release.version] * people.inputs.size,
                    "level": [levels[name].version if name in levels else 0 for name in ids],
                    "raw": score.risk,
                    "low": score.low,
                    "high": score.high,
                    "local": at_level[task],
                    "filled": [None if each is None else each.value for each in filled],
                    "flags": [_words(int(flags)) for flags in score.flags],
                },
                schema_overrides={"filled": pl.String},
            ).with_columns(pl.col(pl.Float64).fill_nan(None))
        )
    return pl.concat(tables)


def _models_of(score: Score, release: Release) -> list[str]:
    """The model behind each one's number; empty without a tier."""
    tiers = [score.tier_of(row) for row in range(score.tier.size)]
    return ["" if tier is None else release.scorer.models[score.task, tier].id for tier in tiers]


def _local(score: Score, ids: Sequence[str], levels: Mapping[str, LocalLevel]) -> Column:
    local = score.risk.copy()
    for name in set(ids) & set(levels):
        here = np.array([each == name for each in ids])
        local[here] = levels[name].apply(score.risk[here])
    return local


def read_outcomes(path: Path) -> LocalOutcomes:
    """Outcomes from CSV: `raw`, `happened`, and `weight` (1 when there is no such column).

    Raises OperatorError for a risk outside 0–1 (percent), or a weight below 0.
    """
    frame = _csv(path, {"raw"})
    ones = np.ones(frame.height)
    happened = _numbers(frame, "happened", path) if "happened" in frame.columns else np.full(frame.height, np.nan)
    weight = _numbers(frame, "weight", path) if "weight" in frame.columns else ones
    raw = _numbers(frame, "raw", path)
    if ((raw < 0) | (raw > 1)).any():
        raise OperatorError(f"{path.name}: raw holds something that is no share of 0–1.")
    if (weight < 0).any():
        raise OperatorError(f"{path.name}: weight holds something below 0.")
    return LocalOutcomes(raw, happened, weight)


def read_months(path: Path) -> tuple[list[int], list[float]]:
    """Months from CSV: `observed` events and `expected` ones, the earliest first.

    Raises OperatorError for what is unknown, below 0, or a part of an event that was observed.
    """
    frame = _csv(path, {"observed", "expected"})
    observed, expected = _numbers(frame, "observed", path), _numbers(frame, "expected", path)
    if not (
        np.isfinite([observed, expected]).all() and min(observed, default=0) >= 0 and min(expected, default=0) >= 0
    ):
        raise OperatorError(f"{path.name}: observed and expected are numbers from 0 on, every month.")
    if (observed % 1 != 0).any():
        raise OperatorError(f"{path.name}: observed are whole events.")
    return [int(each) for each in observed], [float(each) for each in expected]


def read_levels(path: Path) -> tuple[LocalLevel, ...]:
    """Every version of every level, oldest first; nothing when there is no file yet."""
    if not path.exists():
        return ()
    return tuple(
        LocalLevel(**{**each, "on": date.fromisoformat(each["on"]), "basis": Basis(each["basis"])})
        for each in _json(path)["levels"]
    )


def write_levels(levels: Sequence[LocalLevel], path: Path) -> None:
    """Write every version; older ones stay."""
    told = [{**asdict(level), "on": level.on.isoformat(), "basis": level.basis.value} for level in levels]
    _write(path, json.dumps({"levels": told}, ensure_ascii=False, indent=1) + "\n")


def current(levels: Sequence[LocalLevel]) -> dict[str, LocalLevel]:
    """The latest version of each model's level by the model's id."""
    return {level.model_id: level for level in sorted(levels, key=lambda level: level.version)}


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write what later months are compared with."""
    told = {
        name: {key: asdict(spread) for key, spread in getattr(baseline, name).items()} for name in ("inputs", "scores")
    }
    rest = {"tiers": dict(baseline.tiers), "out_of_range": baseline.out_of_range}
    _write(path, json.dumps({**told, **rest}, indent=1) + "\n")


def read_baseline(path: Path) -> Baseline:
    """The baseline that `write_baseline` wrote. Raises OperatorError for another one."""
    found = _json(path)
    try:
        spreads = {
            name: MappingProxyType(
                {key: Spread(tuple(each["edges"]), tuple(each["shares"])) for key, each in found[name].items()}
            )
            for name in ("inputs", "scores")
        }
        if set(spreads["inputs"]) != {variable.value for variable in READ}:
            raise OperatorError(f"{path.name} is of models that read other inputs.")
        return Baseline(spreads["inputs"], spreads["scores"], found["tiers"], found["out_of_range"])
    except (KeyError, TypeError) as error:
        raise OperatorError(f"{path.name} is no baseline.") from error


def write_csv(table: pl.DataFrame, path: Path) -> None:
    """Write a table. Raises OperatorError when that cannot be done."""
    _write(path, table.write_csv())


def _csv(path: Path, wanted: set[str]) -> pl.DataFrame:
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise OperatorError(f"{path.name} is no readable CSV file.") from error
    missing = sorted(wanted - set(frame.columns))
    if missing:
        raise OperatorError(f"{path.name} lacks the column {', '.join(missing)}.")
    return frame


def _numbers(frame: pl.DataFrame, name: str, path: Path) -> Column:
    try:
        values = frame[name].str.strip_chars().replace("", None).cast(pl.Float64)
    except pl.exceptions.PolarsError as error:
        raise OperatorError(f"{path.name}: {name} holds something that is no number.") from error
    return np.asarray(values.to_numpy(), dtype=np.float64)


def _words(flags: int) -> str:
    return " ".join(flag.name.lower() for flag in Flag if flag & flags and flag.name)


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OperatorError(f"{path.name} cannot be read.") from error
    return found


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from error
