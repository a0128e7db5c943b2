"""A release of models on disk: one JSON file each, their hashes, usual values and frozen vectors; checked when read.

manifest.json   name, version, tool versions, hash of the training data, hash of every file
risk-<outcome>-<years>-<tier>.json   terms with knots, coefficients, refits
usual.json      usual values by sex and age, for single gaps
vectors.json    made-up people and what the models said of them when they were made
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from cmc.risk.equations.equation import Outcome
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models.model import TIERS, Model, Task
from cmc.risk.models.scoring import Scorer
from cmc.risk.models.terms import TERMS, Monotone, Shape, Term, Tier
from cmc.risk.models.tiers import Usual

NAME: Final = "nhanes"
VERSION: Final = "1.0.0"
MANIFEST_SHA256: Final = "e644c1dc2200cba8471b9a6296c5cd6f147f3f363f61d5dcdc88bbb6a5236ad8"
TOLERANCE: Final = 1e-9
_PACKAGE: Final = Path(__file__).resolve().parents[2]


class BrokenRelease(ValueError):
    """A file is missing, changed, or computes something else than when it was made."""


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """Checked models with their manifest."""

    name: str
    version: str
    manifest: Mapping[str, Any]
    scorer: Scorer

    @property
    def id(self) -> str:
        """What a switch and a stored score call it, e.g. `nhanes 1.0.0`."""
        return f"{self.name} {self.version}"


def folder(name: str = NAME, version: str = VERSION) -> Path:
    """Where a release lies: `models/` beside the package in a checkout, `cmc/_models` in an installed wheel.

    Raises BrokenRelease when it is in neither.
    """
    for root in (_PACKAGE.parent / "models", _PACKAGE / "_models"):
        if (root / name / version / "manifest.json").is_file():
            return root / name / version
    raise BrokenRelease(f"there are no models {name} {version}")


def sha256(path: Path) -> str:
    """The hash of a file, in hexadecimal. Raises BrokenRelease when it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BrokenRelease(f"{path.name} cannot be read") from error


def shipped() -> Release:
    """The release that this version of cmc comes with; its manifest has to be the very file that it was tested with."""
    return load(folder(), manifest_sha256=MANIFEST_SHA256)


def load(where: Path, *, manifest_sha256: str | None = None) -> Release:
    """Read and check a release: hashes, shapes, and every frozen vector. Raises BrokenRelease."""
    if manifest_sha256 is not None and sha256(where / "manifest.json") != manifest_sha256:
        raise BrokenRelease("manifest.json is not the one that was released")
    manifest = _json(where, "manifest.json")
    files = manifest["files"]
    wanted = {f"{_id(task, tier)}.json" for task, tiers in TIERS.items() for tier in tiers}
    missing = (wanted | {"usual.json", "vectors.json"}) - set(files)
    if missing:
        raise BrokenRelease(f"the manifest lacks {', '.join(sorted(missing))}")
    for name, expected in files.items():
        if sha256(where / name) != expected:
            raise BrokenRelease(f"{name} was changed")
    models = {
        (task, tier): model_of(_json(where, f"{_id(task, tier)}.json"))
        for task, tiers in TIERS.items()
        for tier in tiers
    }
    release = Release(
        manifest["name"], manifest["version"], manifest, Scorer(models, usual_of(_json(where, "usual.json")))
    )
    check_vectors(release.scorer, _json(where, "vectors.json"))
    return release


def model_of(found: Mapping[str, Any]) -> Model:
    """A model from its JSON. Raises BrokenRelease when it was made for other columns than this version of cmc has."""
    tier = Tier(found["tier"])
    terms = tuple(
        Term(
            Variable(each["variable"]),
            Shape(each["shape"]),
            Monotone(each["monotone"]),
            tuple(each["knots"]),
            each["step"],
        )
        for each in found["terms"]
    )
    if terms != TERMS[tier]:
        raise BrokenRelease(f"{found['id']} was made for other terms")
    task = Task(Outcome(found["outcome"]), found["horizon_years"])
    return Model(found["version"], task, tier, terms, np.array(found["coefficients"]), np.array(found["refits"]))


def json_of(model: Model) -> dict[str, Any]:
    """The JSON of a model; `model_of` reads it back to the same numbers."""
    return {
        "id": model.id,
        "version": model.version,
        "outcome": model.task.outcome.value,
        "horizon_years": model.task.horizon_years,
        "tier": model.tier.value,
        "terms": [
            {
                "variable": term.variable.value,
                "shape": term.shape.value,
                "monotone": term.monotone.value,
                "knots": list(term.knots),
                "step": term.step,
            }
            for term in model.terms
        ],
        "coefficients": model.coefficients.tolist(),
        "refits": model.refits.tolist(),
    }


def usual_of(found: Mapping[str, Any]) -> Usual:
    """Usual values from their JSON."""
    return Usual(MappingProxyType({Variable(name): np.array(table) for name, table in found.items()}))


def vectors_of(scorer: Scorer, people: Mapping[str, Sequence[float | None]]) -> dict[str, Any]:
    """Frozen vectors: the people as given and what the models say of them now; None where they say nothing."""
    columns = {name: np.array(column, dtype=np.float64) for name, column in people.items()}
    scores = scorer.score(Inputs.of(**columns))
    told = {
        score.task.key: {name: _rounded(getattr(score, name)) for name in ("risk", "low", "high")}
        | {"tier": score.tier.tolist(), "flags": score.flags.tolist()}
        for score in scores.values()
    }
    return {"people": {name: list(column) for name, column in people.items()}, "scores": told}


def check_vectors(scorer: Scorer, vectors: Mapping[str, Any]) -> None:
    """Compare what the models say of the frozen people with what they said. Raises BrokenRelease at a difference."""
    now = vectors_of(scorer, vectors["people"])["scores"]
    for key, told in vectors["scores"].items():
        for name, expected in told.items():
            here = np.array(now[key][name], dtype=np.float64)
            then = np.array(expected, dtype=np.float64)
            if not np.allclose(here, then, rtol=0, atol=TOLERANCE, equal_nan=True):
                raise BrokenRelease(f"{key} gives another {name} than when it was released")


def _rounded(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 10) for value in column]


def _id(task: Task, tier: Tier) -> str:
    return f"risk-{task.key}-{tier.value}"


def _json(where: Path, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((where / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenRelease(f"{name} cannot be read") from error
    return found
