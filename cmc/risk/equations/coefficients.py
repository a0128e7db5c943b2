"""Coefficients from the data files of this package, each read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np

from cmc.risk.equations.inputs import Column


@cache
def published(name: str) -> Mapping[str, Any]:
    """The file `data/<name>.json`; it names its source. Raises FileNotFoundError when there is none."""
    text = resources.files(__package__).joinpath("data", f"{name}.json").read_text(encoding="utf-8")
    return MappingProxyType(json.loads(text))


class BySex:
    """Coefficients of men and women side by side: `sex["ln_age"]` is each person's own."""

    def __init__(self, male: Column, table: Mapping[str, Mapping[str, float]]) -> None:
        self._men, self._women = table["men"], table["women"]
        self._male = male == 1

    def __getitem__(self, term: str) -> Column:
        return np.where(self._male, self._men.get(term, 0.0), self._women.get(term, 0.0))

    def sum(self, terms: Mapping[str, Column]) -> Column:
        """The linear predictor: every term times each person's coefficient; a term both lack is not touched."""
        total: Column = np.zeros(self._male.shape)
        for term, value in terms.items():
            if self._men.get(term, 0.0) or self._women.get(term, 0.0):
                total = total + self[term] * value
        return total


def cox(linear: Column, mean: Column | float, baseline_survival: Column | float) -> Column:
    """Risk of a proportional-hazards model: 1 − S0^exp(linear − mean)."""
    return np.asarray(-np.expm1(np.log(baseline_survival) * np.exp(linear - mean)))


def expit(linear: Column) -> Column:
    """The logistic function, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * linear)))
