"""The people whose risk is asked for, as columns of one length; NaN means not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cmc.risk.equations.variables import Variable

Column: TypeAlias = NDArray[np.float64]

_PARTS_OF_CVD = (Variable.PRIOR_MI, Variable.PRIOR_IHD, Variable.PRIOR_STROKE)


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Columns of the variables that are known of anybody; `size` people each, in the order they were given."""

    columns: Mapping[Variable, Column]
    size: int

    @classmethod
    def of(cls, **values: ArrayLike | None) -> Self:
        """People by keyword, e.g. `Inputs.of(age_years=[55, 62], male=[1, 0], sbp_mmhg=[150, None])`.

        A keyword is the value of a `Variable` and names the unit. One number stands for everybody; None and NaN are
        not known. Earlier infarction, ischaemic heart disease or stroke make `prior_cvd` true; pressure
        above 140/90 or treatment make `hypertension` true where it is not given (the wording of CKD-PC). Raises
        ValueError for an unknown keyword, more than one dimension, or columns of different length.
        """
        columns = {_variable(name): _column(value) for name, value in values.items() if value is not None}
        lengths = {column.size for column in columns.values() if column.ndim}
        if len(lengths) > 1:
            raise ValueError(f"columns of different length: {sorted(lengths)}")
        size = lengths.pop() if lengths else 1
        full = {variable: np.broadcast_to(column, (size,)) for variable, column in columns.items()}
        _derive_prior_cvd(full)
        _derive_hypertension(full)
        return cls(MappingProxyType(full), size)

    def get(self, variable: Variable) -> Column:
        """The column of a variable; all NaN when nobody's is known."""
        column = self.columns.get(variable)
        return np.full(self.size, np.nan) if column is None else column

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """The people of some rows, in that order."""
        columns = {variable: column[rows] for variable, column in self.columns.items()}
        size = int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else int(rows.size)
        return type(self)(MappingProxyType(columns), size)

    def with_columns(self, changed: Mapping[Variable, Column]) -> Self:
        """The same people with some columns put in; nothing is derived from them."""
        return type(self)(MappingProxyType({**self.columns, **changed}), self.size)


def _variable(name: str) -> Variable:
    try:
        return Variable(name)
    except ValueError:
        raise ValueError(f"no equation knows {name}") from None


def _column(value: ArrayLike) -> Column:
    column = np.asarray(value, dtype=np.float64)
    if column.ndim > 1:
        raise ValueError("a column has one dimension")
    return column


def _derive_prior_cvd(columns: dict[Variable, Column]) -> None:
    parts = [columns[each] for each in _PARTS_OF_CVD if each in columns]
    if not parts:
        return
    had = np.logical_or.reduce([part == 1 for part in parts])
    size = parts[0].size
    given = columns.get(Variable.PRIOR_CVD, np.full(size, np.nan))
    columns[Variable.PRIOR_CVD] = np.where(had & ~(given > 1), 1.0, given)


def _derive_hypertension(columns: dict[Variable, Column]) -> None:
    given = columns.get(Variable.HYPERTENSION)
    sbp, dbp, treated = (columns.get(each) for each in (Variable.SBP, Variable.DBP, Variable.BP_TREATED))
    if sbp is None or treated is None:
        return
    raised = (sbp > 140) | (treated == 1)
    if dbp is not None:
        raised |= dbp > 90
    known = raised | ~(np.isnan(sbp) | np.isnan(treated))
    derived = np.where(known, raised.astype(np.float64), np.nan)
    columns[Variable.HYPERTENSION] = derived if given is None else np.where(np.isnan(given), derived, given)
