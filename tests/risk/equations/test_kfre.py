"""KFRE against the package of that name on PyPI (MIT), which its author checked against the published calculator."""

from __future__ import annotations

import builtins
import contextlib
import io

import numpy as np
import pytest

from cmc.risk.equations import by_id
from cmc.risk.equations.equation import Outcome
from cmc.risk.equations.inputs import Inputs

_help = builtins.help
with contextlib.redirect_stdout(io.StringIO()):
    from kfre import RiskPredictor
builtins.help = _help  # the package puts its own in place of the built-in one


@pytest.mark.parametrize("years", [2, 5])
@pytest.mark.parametrize(("region", "north_american"), [("elsewhere", False), ("north_america", True)])
def test_kfre_gives_what_the_package_gives(years: int, region: str, north_american: bool) -> None:
    random = np.random.default_rng(9)
    age, male = random.uniform(20, 90, 60).round(), random.integers(0, 2, 60)
    egfr, uacr = random.uniform(10, 59.9, 60).round(1), np.exp(random.uniform(0, 8, 60)).round(1)
    found = by_id(f"kfre_{region}_{years}y").estimate(
        Inputs.of(age_years=age, male=male, egfr_ml_min=egfr, uacr_mg_g=uacr)
    )
    expected = [
        RiskPredictor().kfre_person(
            age=a, is_male=bool(m), eGFR=e, uACR=u, is_north_american=north_american, years=years
        )
        for a, m, e, u in zip(age, male, egfr, uacr, strict=True)
    ]
    np.testing.assert_allclose(found.values[Outcome.KIDNEY_FAILURE], expected, atol=5e-5)
