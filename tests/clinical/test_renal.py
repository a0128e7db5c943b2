"""Kidney function."""

from decimal import Decimal, localcontext

import pytest

from cmc.clinical.codes import Sex
from cmc.clinical.renal import EgfrFormula, a_stage, egfr, g_stage, uacr_mg_g
from cmc.clinical.units import round_half_up

OLD, NEW = EgfrFormula


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "formula", "expected"),
    [
        (106, 60, Sex.M, OLD, "65.4"),
        (180, 72, Sex.M, OLD, "31.7"),
        (62, 55, Sex.F, NEW, "101.8"),
        (62, 55, Sex.F, OLD, "97.3"),
        (106, 60, Sex.M, NEW, "69.3"),
    ],
)
def test_filtration_rate(creatinine: int, age: int, sex: Sex, formula: EgfrFormula, expected: str) -> None:
    value = egfr(Decimal(creatinine), age, sex, formula)
    assert round_half_up(value, Decimal("0.1")) == Decimal(expected)


@pytest.mark.parametrize(
    ("value", "stage"),
    [
        ("90", "G1"),
        ("89.9", "G2"),
        ("60", "G2"),
        ("59.99", "G3a"),
        ("45", "G3a"),
        ("44.9", "G3b"),
        ("30", "G3b"),
        ("29.9", "G4"),
        ("15", "G4"),
        ("14.9", "G5"),
    ],
)
def test_filtration_stage_at_its_limits(value: str, stage: str) -> None:
    assert g_stage(Decimal(value)) == stage


@pytest.mark.parametrize(("value", "stage"), [("29.9", "A1"), ("30", "A2"), ("300", "A2"), ("300.1", "A3")])
def test_albumin_stage_at_its_limits(value: str, stage: str) -> None:
    assert a_stage(Decimal(value)) == stage


def test_albumin_ratio_converts_from_mg_per_mmol() -> None:
    assert uacr_mg_g(Decimal("0.113")) == 1
    assert a_stage(uacr_mg_g(Decimal("3.39"))) == "A2"


@pytest.mark.parametrize(
    ("creatinine", "age", "sex"),
    [("0", 60, Sex.M), ("-1", 60, Sex.M), ("NaN", 60, Sex.M), ("80", 17, Sex.M), ("80", 60, Sex.U)],
)
def test_what_the_formulas_are_not_made_for_is_refused(creatinine: str, age: int, sex: Sex) -> None:
    with pytest.raises(ValueError, match=r"creatinine|adults|sex"):
        egfr(Decimal(creatinine), age, sex, OLD)


def test_a_callers_coarse_decimal_context_changes_nothing() -> None:
    with localcontext(prec=3):
        value = egfr(Decimal(106), 60, Sex.M, OLD)
    assert value == egfr(Decimal(106), 60, Sex.M, OLD)
