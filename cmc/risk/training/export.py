"""The same models as scikit-learn estimators in one `.skops` file, read by whitelist only.

The estimators take the columns of `terms.design`. The service never reads this file: it computes from the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED

import numpy as np
import skops.io
from sklearn.linear_model import LogisticRegression

from cmc.core.operating import OperatorError
from cmc.risk.models.model import Model
from cmc.risk.models.release import sha256
from cmc.risk.models.scoring import Models

FILE: Final = "models.skops"
HASHES: Final = "models.skops.sha256"
TRUSTED: Final[tuple[str, ...]] = ()
"""Types beyond those that skops itself holds harmless. A logistic regression needs none."""


def estimator(model: Model) -> LogisticRegression:
    """A fitted estimator with the coefficients of a model; its input is people × columns."""
    made = LogisticRegression()
    made.classes_ = np.array([0.0, 1.0])
    made.coef_ = model.coefficients[None, 1:].copy()
    made.intercept_ = model.coefficients[:1].copy()
    made.n_features_in_ = model.coefficients.size - 1
    made.n_iter_ = np.array([0], dtype=np.int32)
    return made


def write(models: Models, where: Path) -> Path:
    """Write every estimator by its model's name, and the hash of the file beside it."""
    found = {model.id: estimator(model) for model in models.values()}
    path = where / FILE
    path.write_bytes(skops.io.dumps(found, compression=ZIP_DEFLATED, compresslevel=9))
    (where / HASHES).write_text(f"{sha256(path)}  {FILE}\n", encoding="utf-8")
    return path


def read(where: Path) -> Mapping[str, LogisticRegression]:
    """The estimators by name. Raises OperatorError for another hash, or a type that is not on the whitelist."""
    path = where / FILE
    expected = (where / HASHES).read_text(encoding="utf-8").split()[0]
    if sha256(path) != expected:
        raise OperatorError(f"{FILE} is not the file that was exported.")
    content = path.read_bytes()
    foreign = sorted(set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED))
    if foreign:
        raise OperatorError(f"{FILE} holds types that are not trusted: {', '.join(foreign)}.")
    found: Mapping[str, LogisticRegression] = skops.io.loads(content, trusted=list(TRUSTED))
    return found
