"""The published risk equations, one pure module per publication. A new one: a file, its data file, a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cmc.risk.equations import (
    advance_2011,
    chime_2021,
    china_par,
    ckd_epi,
    ckd_pc_2019,
    framingham_2008,
    hk_dmcx_2018,
    kfre,
    pce_2013,
    prevent_2023,
    recode_2017,
    who_2019,
)
from cmc.risk.equations.equation import Equation

EQUATIONS: Final[tuple[Equation, ...]] = (
    *china_par.EQUATIONS,
    *who_2019.EQUATIONS,
    *prevent_2023.EQUATIONS,
    *framingham_2008.EQUATIONS,
    *pce_2013.EQUATIONS,
    *ckd_epi.EQUATIONS,
    *kfre.EQUATIONS,
    *ckd_pc_2019.EQUATIONS,
    *chime_2021.EQUATIONS,
    *recode_2017.EQUATIONS,
    *hk_dmcx_2018.EQUATIONS,
    *advance_2011.EQUATIONS,
)
_BY_ID: Final[Mapping[str, Equation]] = MappingProxyType({equation.id: equation for equation in EQUATIONS})


def by_id(equation_id: str) -> Equation:
    """The equation of an id as stored beside a score. Raises KeyError when there is none."""
    return _BY_ID[equation_id]
