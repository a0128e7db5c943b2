"""One input of a score with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from cmc.risk.codes import InputSource
from cmc.risk.equations.variables import Variable


@dataclass(frozen=True, slots=True)
class Known:
    """The value of an input in its unit, the day it is of (None: it has none) and where it comes from."""

    value: float
    on: date | None
    source: InputSource


Knowns: TypeAlias = Mapping[Variable, Known]
